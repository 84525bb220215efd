"""A session in another country or on another device than its proof: what asks for a fresh proof asks for a new one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel import clock, networks
from kernel.db import Database
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import PASSWORD, csrf_of, make_org, make_persona, sign_in
from web.elsewhere import has_moved, is_away, is_other_device
from workforce.models import Annotator

CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
HOME, ABROAD, NOWHERE = "198.51.100.7", "203.0.113.7", "192.0.2.7"
SECURE = "/account/second-factor"


@pytest.mark.parametrize(
    ("before", "now", "is_other"),
    [
        (CHROME.format("129.0"), CHROME.format("130.0"), False),
        (CHROME.format("130.0"), FIREFOX, True),
        (CHROME.format("130.0"), CHROME.format("130.0").replace("Windows NT 10.0", "Linux"), True),
        (CHROME.format("130.0"), "curl/8.1", True),
        ("tool/1.0", "tool/2.0", False),
        ("tool/1.0", "other/1.0", True),
        ("", FIREFOX, True),
        (FIREFOX, "", True),
        ("", "", False),
        ("", "/1.0", True),
    ],
)
def test_another_browser_or_system_is_another_device(before: str, now: str, is_other: bool) -> None:
    assert is_other_device(before, now) is is_other


@pytest.mark.parametrize(
    ("before", "now", "homes", "away", "moved"),
    [
        ("KE", "KE", {"KE"}, False, False),
        ("KE", "DE", {"KE"}, True, True),
        ("DE", "KE", {"KE"}, False, False),
        ("KE", "DE", set(), False, True),
        ("KE", None, {"KE"}, False, True),
        (None, "DE", {"KE"}, True, True),
        (None, "KE", {"KE"}, False, False),
        (None, None, {"KE"}, False, False),
        ("KE", "DE", {"KE", "DE"}, False, False),
    ],
)
def test_another_country_counts_but_home(
    before: str | None, now: str | None, homes: set[str], away: bool, moved: bool
) -> None:
    assert (is_away(now, homes), has_moved(before, now, homes)) == (away, moved)


@pytest.fixture
def countries(tmp_path: Path) -> Iterator[None]:
    table = tmp_path / "countries.csv"
    table.write_text("198.51.100.0/24,KE\n203.0.113.0/24,DE\n")
    networks.use_countries(table)
    yield
    networks.use_countries(None)


def begin(client: FlaskClient, **proof: str) -> int:
    """Ask for what only a fresh proof opens."""
    return client.post(SECURE, data={"csrf_token": csrf_of(client, "/account"), **proof}).status_code


def test_from_elsewhere_a_proof_is_asked_for_anew(app: Flask, db: Database, countries: None) -> None:
    person = make_persona(db, make_org(db, "vendor", "Baraza"), Role.ANNOTATOR, "amina@one.example")
    client = app.test_client()
    client.environ_base |= {"REMOTE_ADDR": HOME, "HTTP_USER_AGENT": CHROME.format("130.0")}
    client.environ_base["HTTP_X_FORWARDED_FOR"] = ABROAD  # nobody in front of us says so
    assert sign_in(client, person.email) == 303
    assert begin(client) == 303
    client.environ_base["REMOTE_ADDR"] = ABROAD
    assert client.get("/account").status_code == 200, "what is not sensitive goes on"
    assert begin(client) == 403
    assert begin(client, proof_password="not this one") == 422
    assert begin(client, proof_password=PASSWORD) == 303
    assert begin(client) == 303, "proven from there"
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    assert begin(client) == 403, "a copied cookie in another browser"
    for name, nothing, before in (("HTTP_USER_AGENT", "", CHROME.format("130.0")), ("REMOTE_ADDR", NOWHERE, ABROAD)):
        client.environ_base[name] = nothing
        assert begin(client) == 403, "who says nothing, or comes from no known country, is elsewhere too"
        assert begin(client, proof_password=PASSWORD) == 303
        assert begin(client) == 303, "proven there"
        client.environ_base[name] = before
        assert begin(client) == 403, "compared with that from now on"
        assert begin(client, proof_password=PASSWORD) == 303

    with db.transaction(Scope.system("test")) as session:
        profile = session.query(Annotator).filter_by(account_id=person.account_id).one()
        profile.country, profile.identity_verified_at = "KE", clock.now()
    traveller = app.test_client()
    traveller.environ_base["REMOTE_ADDR"] = ABROAD
    assert sign_in(traveller, person.email) == 303
    assert begin(traveller) == 403, "signing in from abroad is no proof for it"
    assert begin(traveller, proof_password=PASSWORD) == 303
    traveller.environ_base["REMOTE_ADDR"] = HOME
    assert begin(traveller) == 303, "home again"

    # Whoever is cleared for restricted data has one session, which ends abroad and after a quarter of an hour.
    office = app.test_client()
    office.environ_base["REMOTE_ADDR"] = HOME
    assert sign_in(office, person.email) == 303
    now = clock.now() + timedelta(minutes=1)
    with db.transaction(Scope.system("test")) as session:
        profile = session.query(Annotator).filter_by(account_id=person.account_id).one()
        profile.clearance, profile.clearance_until = 2, now + timedelta(days=1)
    with clock.use_clock(lambda: now):
        assert traveller.get("/account").status_code == 303, "an earlier session, from the next request on"
        assert office.get("/account").status_code == 200
    now += timedelta(minutes=14)
    with clock.use_clock(lambda: now):
        assert office.get("/account").status_code == 200
    now += timedelta(minutes=15)
    with clock.use_clock(lambda: now):
        assert office.get("/account").status_code == 303
        for client in (traveller, office):
            assert sign_in(client, person.email) == 303
        assert (traveller.get("/account").status_code, office.get("/account").status_code) == (303, 200)
        office.environ_base["REMOTE_ADDR"] = ABROAD
        assert office.get("/account").status_code == 303
        office.environ_base["REMOTE_ADDR"] = HOME
        assert office.get("/account").status_code == 303, "it was ended, not put aside"
