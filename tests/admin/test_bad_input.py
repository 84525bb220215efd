"""Hostile input, one by one through the front door: each gets a clear answer, and changes nothing.

An invitation that is used twice is in `tests/workforce/test_invitations.py`, proxies that are named in
`tests/web/test_door.py`, every shape of a wrong workbook or document in `tests/workforce/test_roster_files.py` and
`test_documents.py`.
"""

import io
import zipfile

import pytest
from werkzeug.test import TestResponse

from kernel.db import Base, Database
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.admin.conftest import Office
from tests.marketplace.orders import Market
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
        "marks": "Z" + "\u0301" * 12,
        "lookalike": "Раypal", "override": "Ann\u2066a\u2069", "control": "An\x1bna", "nothing": " \u3000 ",
        "an empty letter": "\u3164", "another alphabet": "G\u0585\u0585gle", "a letter in a dress": "\U0001d400nn",
    }  # fmt: skip
    for what, name in names.items():
        answer = office.post(PERSON, "/account", name=name, locale="en", time_zone="UTC")
        assert answer.status_code in (413, 422), what
    made = office.api(MANAGER, "POST", "/pools", json={"name": "Раyрal" + "\u2066", "about": {}})
    assert made.status_code == 422, made.get_data(as_text=True)
    body = {"locale": "xx-YY", "modes": ["read"], "proficiency": "native"}
    refused = office.api(PERSON, "POST", "/me/languages", json=body)
    assert refused.status_code == 422 and "xx-YY" in refused.get_data(as_text=True)
    form = {"locale": "xx-YY", "modes": "read", "proficiency": "native"}
    claimed = office.post(PERSON, "/me/languages", **form)
    assert claimed.status_code == 422 and "xx-YY" in claimed.text
    # A role for oneself, by page and by program: nobody changes their own.
    for role in ("operator", "finance", "vendor_manager"):
        own = {"email": manager.email, "role": role}
        assert office.api(MANAGER, "POST", "/team/offers", json=own).status_code in (403, 404, 409, 422), role
        assert office.api(PERSON, "POST", "/team/offers", json=own).status_code in (403, 404), role
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


def bomb(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "text\n" + "0" * 5_000_000)
    return file.getvalue()


def upload(office: Office, role: Role, path: str, name: str, content: bytes, **more: str) -> TestResponse:
    """Send a file by the form of a page."""
    data = {"csrf_token": csrf_of(office.browser(role), "/account"), "file": (io.BytesIO(content), name), **more}
    return office.browser(role).post(path, data=data)


def test_files_that_are_not_what_they_say_are_refused_where_files_are_taken(office: Office) -> None:
    market = Market(office.db)
    market.found()
    office.orgs |= {"client": market.client, "vendor": market.vendor}
    project = market.order()
    office.browser(PERSON), office.browser(MANAGER), office.browser(Role.CLIENT_PM)
    before = everything(office)
    taken: list[tuple[Role, str, dict[str, str], dict[str, bytes]]] = [
        (Role.CLIENT_PM, f"/projects/{project}/imports", {}, {
            "picture.svg": b"<svg onload=alert(1)>", "page.html": b"<script>", "units.zip": bomb("units.csv"),
            "../../etc/passwd": b"text\none\n", "units.csv\0.svg": b"text\none\n",
            "units.xlsx": bomb("xl/workbook.xml"),
        }),
        (MANAGER, "/rosters", {"pool_id": market.pool}, {
            "people.xlsx": bomb("xl/media/x.png"), "people.svg": b"<svg/>", "macro.xlsx": bomb("xl/vbaProject.bin"),
            "people.csv": b"email,locale\na@example.org,\0en\n", "page.html": b"<html>",
        }),
        (PERSON, "/me/documents", {"kind": "identity"}, {
            "card.png": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
            "card.jpg": b"<!doctype html><script>",
            "card.svg": b"<svg/>", "card.html": b"<html>", "card.pdf": b"%PDF-1.7 <</JavaScript (x)>> %%EOF",
            "../../card.zip": bomb("card.png"),
        }),
    ]  # fmt: skip
    for role, path, more, files in taken:
        for name, content in files.items():
            answer = upload(office, role, path, name, content, **more)
            assert answer.status_code == 422 and 'role="alert"' in answer.text, (path, name, answer.status)
    assert everything(office) == before
    # A formula is refused by its line in a roster, and handed on as text in every file; a path is a name.
    roster = b"email,locale,name\n=1+1@example.org,en,Ann\nann@example.org,en,=HYPERLINK(1)\nbo@example.org,xx-YY,Bo\n"
    made = upload(office, MANAGER, "/rosters", "../../etc/people.csv", roster, pool_id=market.pool)
    shown = office.text(MANAGER, made.headers["Location"])
    assert "../" not in shown and "is a formula" in shown and "xx-YY" in shown
    assert office.post(MANAGER, made.headers["Location"] + "/send").status_code in (303, 409)
    guest = {"pool_id": market.pool, "email": "ann@example.org", "locale": "en", "name": "=HYPERLINK(1)"}
    assert office.post(MANAGER, "/invitations", **guest).status_code == 303
    place = office.post(MANAGER, "/invitations/file").headers["Location"]
    office.work()
    assert office.api(MANAGER, "POST", "/invitations/file", json={"state": "nope"}).status_code == 422
    assert office.api(MANAGER, "POST", "/invitations/file", json={"state": "waiting"}).status_code == 202
    file = office.post(MANAGER, f"{place}/content").get_data(as_text=True)
    assert file.count("\n") == 2 and ",'=HYPERLINK(1)," in file


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
