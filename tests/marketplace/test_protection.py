"""What each class of data asks of its reader at this moment, as a table of what is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kernel.errors import Invalid, Misuse
from kernel.networks import CountryTable, is_within
from kernel.policy import Reason
from kernel.presence import NOWHERE, Presence
from marketplace.rules.eligibility import demands_of_class
from marketplace.rules.protection import clean_protection, read_documents
from workforce.rules.clearances import LONGEST
from workforce.values import CLASS_DEMANDS, NOTHING_SET, PersonFacts, Protection, Standing, most_sensitive, rank_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
JUST = NOW - timedelta(minutes=5)
HERE = Presence("192.0.2.7", "KE", JUST, JUST)
SET = Protection((("nda", 2),), (("health", 1),), frozenset({"KE"}), ("192.0.2.0/24",))
PERSON = PersonFacts(
    "a", "b", "c", Standing.ACTIVE, "KE", (), frozenset(), frozenset(), clearance=3, identity_verified=True,
    signed={"nda": 2, "health": 1}, demanded=(),
)  # fmt: skip
EVERY = ("public", "internal", "confidential", "restricted-pii", "restricted-phi")


def missing(name: str, *, person: PersonFacts | None = PERSON, protection: Protection = SET, presence: Presence = HERE,
            is_vendor: bool = True) -> set[str]:  # fmt: skip
    found = demands_of_class(name, protection, person, presence, NOW, is_vendor=is_vendor)
    return {demand.reason.value for demand in found if not demand.met}


@pytest.mark.parametrize("name", EVERY)
def test_whoever_has_it_all_may_see_it(name: str) -> None:
    assert missing(name) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"person": replace(PERSON, clearance=0)}, {"CLEARANCE_LOW": "C I H"}),
        ({"person": replace(PERSON, clearance=1)}, {"CLEARANCE_LOW": "I H"}),
        ({"person": replace(PERSON, clearance=2)}, {"CLEARANCE_LOW": "H"}),
        ({"person": replace(PERSON, identity_verified=False)}, {"IDENTITY_UNVERIFIED": "C I H"}),
        ({"person": replace(PERSON, signed={"nda": 1, "health": 1})}, {"NDA_OUTDATED": "C I H"}),
        ({"person": replace(PERSON, signed={"nda": 2})}, {"NDA_MISSING": "H"}),
        ({"person": replace(PERSON, country="UG")}, {"COUNTRY_NOT_ALLOWED": "C I H"}),
        ({"person": None}, {"CLEARANCE_LOW": "C I H", "IDENTITY_UNVERIFIED": "C I H", "COUNTRY_NOT_ALLOWED": "C I H"}),
        ({"presence": replace(HERE, address="203.0.113.9", country="UG")},
         {"COUNTRY_NOT_ALLOWED": "C I H", "NETWORK_NOT_ALLOWED": "C I H"}),
        ({"presence": replace(HERE, address="203.0.113.9")}, {"NETWORK_NOT_ALLOWED": "C I H"}),
        ({"presence": replace(HERE, second_factor_at=None)}, {"MFA_MISSING": "C I"}),
        ({"presence": replace(HERE, passkey_at=None)}, {"MFA_MISSING": "H"}),
        ({"presence": replace(HERE, passkey_at=NOW - timedelta(minutes=31))}, {"MFA_STALE": "H"}),
        ({"presence": replace(HERE, second_factor_at=NOW - timedelta(hours=5))}, {"MFA_STALE": "I"}),
        ({"presence": replace(HERE, second_factor_at=NOW - timedelta(hours=13))}, {"MFA_STALE": "C I"}),
        ({"presence": replace(HERE, second_factor_at=NOW + timedelta(hours=1))}, {"MFA_STALE": "C I"}),
        ({"presence": replace(HERE, passkey_at=NOW + timedelta(hours=1))}, {"MFA_STALE": "H"}),
        ({"presence": NOWHERE},
         {"COUNTRY_NOT_ALLOWED": "C I H", "NETWORK_NOT_ALLOWED": "C I H", "MFA_MISSING": "C I H"}),
        # What the client has not set shuts, where the class asks for it.
        ({"protection": NOTHING_SET},
         {"NDA_MISSING": "C I H", "COUNTRY_NOT_ALLOWED": "I H", "NETWORK_NOT_ALLOWED": "H"}),
        ({"protection": replace(SET, annex=())}, {"NDA_MISSING": "H"}),
        ({"protection": replace(SET, networks=())}, {"NETWORK_NOT_ALLOWED": "H"}),
        # The client's own people need no clearance, and have to be there all the same.
        ({"is_vendor": False, "person": None}, {}),
        ({"is_vendor": False, "person": None, "presence": NOWHERE},
         {"COUNTRY_NOT_ALLOWED": "C I H", "NETWORK_NOT_ALLOWED": "C I H", "MFA_MISSING": "C I H"}),
    ],
)  # fmt: skip
def test_what_is_missing_shuts_the_classes_that_ask_for_it(change: dict, expected: dict[str, str]) -> None:
    shuts = {"C": "confidential", "I": "restricted-pii", "H": "restricted-phi"}
    wanted = {name: {reason for reason, marks in expected.items() if mark in marks} for mark, name in shuts.items()}
    assert {name: missing(name, **change) for name in EVERY} == wanted | {"public": set(), "internal": set()}


def test_a_class_that_nobody_knows_is_open_to_nobody_and_more_sensitive_than_all() -> None:
    assert missing("secret") == missing("secret", is_vendor=False) == {Reason.CLEARANCE_LOW.value}
    assert most_sensitive("restricted-phi", "secret") == "secret"
    assert most_sensitive("restricted-pii", "internal") == most_sensitive("restricted-pii", None) == "restricted-pii"
    assert sorted(EVERY, key=rank_of) == list(CLASS_DEMANDS)
    assert {level: most.days for level, most in LONGEST.items() if most} == {1: 180, 2: 90, 3: 30}


def test_what_a_client_asks_is_made_clean_or_told_by_field() -> None:
    found = clean_protection({"nda": 2}, {}, ["ke", "KE", ""], ["192.0.2.0/24", "2001:db8::/32", "192.0.2.0/24"])
    assert found == Protection((("nda", 2),), (), frozenset({"KE"}), ("192.0.2.0/24", "2001:db8::/32"))
    assert Protection.from_json(found.to_json()) == found and Protection.from_json(None) == NOTHING_SET
    with pytest.raises(Invalid) as refused:
        clean_protection({"N D A": 1}, {"health": 0}, ["XX"], ["192.0.2.1/24"])
    assert sorted(refused.value.fields) == ["agreements", "annex", "countries", "networks"]
    assert read_documents("nda 2\n\n health  x\nalone") == {"nda": 2, "health": 0, "alone": 0}


def test_addresses_are_in_networks_and_networks_in_countries(tmp_path: Path) -> None:
    table = tmp_path / "networks.csv"
    table.write_text("192.0.2.0/25,ke\n2001:db8::/32,TZ\n198.51.100.0/24,UG\n")
    found = CountryTable.read(table)
    wanted = {"192.0.2.1": "KE", "192.0.2.200": None, "2001:db8::1": "TZ", "::1": None, "10.0.0.1": None, "": None}
    assert {address: found.country_of(address) for address in wanted} == wanted
    assert not is_within(None, ["0.0.0.0/0"]) and is_within("192.0.2.9", ["2001:db8::/32", "192.0.2.9"])
    table.write_text("192.0.2.0/24,KE\nnonsense\n")
    with pytest.raises(Misuse, match="line 2"):
        CountryTable.read(table)
