"""Sealed fields: bound to the row that holds them, opened by every key of the ring, sealed by the first."""

import base64
from itertools import pairwise

import pytest
from sqlalchemy.orm import Session

from kernel import crypto
from kernel.crypto import CannotDecrypt, KeyRing, Sealed
from kernel.db import Database, now_of
from kernel.errors import Misuse
from kernel.tenancy import Scope
from payouts.models import PayoutMethod
from tests.support.words import address_of
from workforce.models import Account, Annotator, Organization, Pool

OLD = ("old", base64.urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").decode())
NEW = ("new", base64.urlsafe_b64encode(b"fedcba9876543210fedcba9876543210").decode().rstrip("="))
PLACE = "payout_method|details_sealed|row|org"


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealed, "ring", KeyRing([OLD]))


def method(session: Session) -> PayoutMethod:
    """A payout method of a new person."""
    now = now_of(session)
    session.add(Organization(id="org", kind="vendor", name="Baraza", name_key="baraza", created_at=now))
    address = "a@example.org"
    session.add(Account(id="account", email=address, email_key=address_of(address), name="Amina", created_at=now))
    session.flush()
    session.add(Pool(id="pool", org_id="org", name="All", about={}, created_at=now))
    session.flush()
    session.add(
        Annotator(
            id="person", org_id="org", account_id="account", pool_id="pool", pseudonym="heron", skills=[], domains=[],
            applied_at=now,
        )
    )  # fmt: skip
    session.flush()
    row = PayoutMethod(id="row", org_id="org", annotator_id="person", kind="bank", mask="••34", changed_at=now)
    row.details = "KE12 3456"
    session.add(row)
    session.flush()
    return row


def test_a_sealed_text_opens_where_it_was_sealed() -> None:
    sealed = KeyRing([OLD]).seal("KE12 3456", PLACE)
    assert KeyRing([OLD]).open(sealed, PLACE) == "KE12 3456"
    assert "KE12" not in sealed


def test_the_same_text_is_never_sealed_alike() -> None:
    assert KeyRing([OLD]).seal("x", PLACE) != KeyRing([OLD]).seal("x", PLACE)


@pytest.mark.parametrize("place", [PLACE.replace("row", "other"), PLACE.replace("org", "gro"), "", PLACE + "|"])
def test_a_sealed_text_that_was_moved_does_not_open(place: str) -> None:
    sealed = KeyRing([OLD]).seal("KE12 3456", PLACE)
    with pytest.raises(CannotDecrypt):
        KeyRing([OLD]).open(sealed, place)


@pytest.mark.parametrize("change", ["", "v1", "v1|old|x", "v2|old|AAAA|AAAA", "v1|gone|AAAA|AAAA", "v1|old|AAAA|AAAA"])
def test_what_was_not_sealed_here_does_not_open(change: str) -> None:
    with pytest.raises(CannotDecrypt):
        KeyRing([OLD]).open(change, PLACE)


def test_one_changed_letter_is_noticed() -> None:
    sealed = KeyRing([OLD]).seal("KE12 3456", PLACE)
    changed = sealed[:-3] + ("A" if sealed[-3] != "A" else "B") + sealed[-2:]
    with pytest.raises(CannotDecrypt):
        KeyRing([OLD]).open(changed, PLACE)


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    before, rotated = KeyRing([OLD]).seal("KE12 3456", PLACE), KeyRing([NEW, OLD])
    assert rotated.open(before, PLACE) == "KE12 3456"
    after = rotated.seal("KE12 3456", PLACE)
    assert (rotated.key_id_of(before), rotated.key_id_of(after)) == ("old", "new")
    with pytest.raises(CannotDecrypt):
        KeyRing([OLD]).open(after, PLACE)


def test_keys_are_turned_over_while_processes_of_two_rounds_run_side_by_side() -> None:
    rounds = [KeyRing([OLD]), KeyRing([OLD, NEW]), KeyRing([NEW, OLD])]
    for before, after in pairwise(rounds):  # some processes are restarted already, the others not yet
        for writer, reader in ((before, after), (after, before), (before, before), (after, after)):
            assert reader.open(writer.seal("KE12 3456", PLACE), PLACE) == "KE12 3456"
    assert [ring.primary for ring in rounds] == ["old", "old", "new"]
    with pytest.raises(CannotDecrypt):  # why one round is not enough
        rounds[0].open(rounds[2].seal("KE12 3456", PLACE), PLACE)
    # Once everything is sealed anew, the old key goes: whoever still has it and whoever does not understand each other.
    for writer, reader in ((rounds[2], KeyRing([NEW])), (KeyRing([NEW]), rounds[2])):
        assert reader.open(writer.seal("KE12 3456", PLACE), PLACE) == "KE12 3456"


@pytest.mark.parametrize("key", ["", "AAAA", base64.urlsafe_b64encode(b"x" * 31).decode()])
def test_a_key_has_32_bytes(key: str) -> None:
    with pytest.raises(Misuse):
        KeyRing([("short", key)])


def test_a_field_is_stored_sealed_and_read_open(db: Database) -> None:
    with db.transaction(Scope.tenant("org")) as session:
        method(session)
    with db.reading(Scope.tenant("org")) as session:
        row = session.get(PayoutMethod, "row")
        assert row is not None
        assert row.details == "KE12 3456"
        assert row.details_sealed is not None and "KE12" not in row.details_sealed
        assert row.holder is None


def test_a_field_copied_to_another_row_does_not_open(db: Database) -> None:
    with db.transaction(Scope.tenant("org")) as session:
        row = method(session)
        copy = PayoutMethod(id="copy", org_id="org", details_sealed=row.details_sealed)
        with pytest.raises(CannotDecrypt):
            _ = copy.details


def test_a_row_needs_its_id_before_a_field_is_sealed() -> None:
    with pytest.raises(Misuse):
        PayoutMethod(org_id="org").details = "KE12 3456"


def test_keys_for_different_purposes_differ() -> None:
    assert crypto.derive("secret", "sessions") == crypto.derive("secret", "sessions")
    assert crypto.derive("secret", "sessions") != crypto.derive("secret", "links")


def test_secrets_are_compared_whole() -> None:
    assert crypto.same("ä", "ä") and not crypto.same("a", "ab")
    assert crypto.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
