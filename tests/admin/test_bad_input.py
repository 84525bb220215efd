"""Hostile input, one by one through the front door: each gets a clear answer, and changes nothing."""

import io
import zipfile

import pytest

from kernel.db import Base, Database
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.admin.conftest import Office
from tests.web.conftest import csrf_of
from web.models import AuthSession
from workforce.models import Account, LanguageClaim, Membership

MANAGER, PERSON = Role.VENDOR_MANAGER, Role.ANNOTATOR


@pytest.fixture
def db(db_sqlite: Database) -> Database:
    """What is refused is refused before a database is asked, or by rules that are tested on both elsewhere."""
    return db_sqlite


def everything(office: Office) -> dict[str, int]:
    """How many rows each table has, but for what counts tries and notes refusals."""
    noted = {"audit_event", "audit_head", "rate_bucket", "account_token", "outbox"}
    with office.db.reading(Scope.system("test")) as session:
        return {
            table.name: len(session.execute(table.select()).all())
            for table in Base.metadata.sorted_tables
            if table.name not in noted
        }


def test_hostile_input_is_told_and_changes_nothing(office: Office) -> None:
    person, manager = office.person(PERSON), office.person(MANAGER)
    office.browser(PERSON), office.browser(MANAGER)
    before = everything(office)
    names = {
        "bidirectional": "Ann\u202ean", "zero width": "An\u200bna", "a megabyte": "n" * 1_000_000, "nul": "An\0na",
        "marks": "Z" + "\u0301" * 12, "control": "An\x1bna", "nothing": " \u3000 ",
    }  # fmt: skip
    for what, name in names.items():
        answer = office.post(PERSON, "/account", name=name, locale="en", time_zone="UTC")
        assert answer.status_code in (413, 422), what
    made = office.api(MANAGER, "POST", "/pools", json={"name": "Раyрal" + "\u2066", "about": {}})
    assert made.status_code == 422, made.get_data(as_text=True)
    body = {"locale": "xx-YY", "modes": ["read"], "proficiency": "native"}
    refused = office.api(PERSON, "POST", "/me/languages", json=body)
    assert refused.status_code == 422 and "xx-YY" in refused.get_data(as_text=True)
    # A role for oneself, by page and by program: nobody changes their own.
    for role in ("operator", "finance", "vendor_manager"):
        own = {"email": manager.email, "role": role}
        assert office.api(MANAGER, "POST", "/team", json=own | {"name": "Me"}).status_code in (403, 404, 409, 422), role
        assert office.api(PERSON, "POST", "/team", json=own | {"name": "Me"}).status_code in (403, 404), role
    # A form without the token of its session, or with another one's.
    client = office.browser(PERSON)
    for token in ("", "stale", csrf_of(office.app.test_client())):
        answer = client.post("/account", data={"csrf_token": token, "name": "Other", "locale": "en"})
        assert answer.status_code in (400, 403, 409, 422), token
    assert everything(office) == before
    with office.db.reading(Scope.system("test")) as session:
        assert session.get_one(Account, person.account_id).name == "Person annotator"
        assert session.query(LanguageClaim).count() == 0
        roles = {row.role for row in session.query(Membership).filter_by(account_id=manager.account_id)}
        assert roles == {MANAGER.value}


def test_files_that_are_not_what_they_say_are_refused_by_name_or_line(office: Office) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("units.csv", "text\n" + "0" * 5_000_000)
    project = "A" * 22  # what stands in an upload is looked at only by who may upload there at all
    files = {
        "picture.svg": b"<svg onload=alert(1)>", "page.html": b"<script>", "units.zip": bomb.getvalue(),
        "../../etc/passwd": b"text\none\n", "units.csv": b"\x00\x01text\n",
    }  # fmt: skip
    manager = Role.CLIENT_PM
    token = csrf_of(office.browser(manager), "/account")
    before = everything(office)
    for name, content in files.items():
        sent = {"csrf_token": token, "file": (io.BytesIO(content), name)}
        assert office.browser(manager).post(f"/projects/{project}/imports", data=sent).status_code in (404, 422), name
    assert everything(office) == before


def test_an_address_that_a_caller_forges_is_not_believed(office: Office) -> None:
    client = office.app.test_client()
    person = office.person(PERSON)
    token = csrf_of(client)
    data = {"csrf_token": token, "email": person.email, "password": "a quiet river under seven bridges"}
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    client.post("/sign-in", data=data, headers=forged)
    with office.db.reading(Scope.system("test")) as session:
        networks = {row.network for row in session.query(AuthSession).filter_by(account_id=person.account_id)}
    assert not any("203.0.113" in network for network in networks)
