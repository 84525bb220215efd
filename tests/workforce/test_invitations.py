"""Invitations, one at a time and by a roster, and addresses that their owners confirm."""

import re
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from kernel.db import Base, Database
from kernel.jobs import drain, progress
from kernel.mail import use_mail
from kernel.models import AuditEvent
from kernel.policy import Actor
from kernel.tenancy import Scope
from tests.support import scale
from tests.support.letterbox import Box
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import Time, World
from workforce import operations, queries
from workforce.models import Account, AccountLink, Annotator, Invitation, Roster
from workforce.operations.addresses import change_address
from workforce.rules.rosters import MOST_LETTERS_A_DAY, MOST_LINES
from workforce.values import InvitationState, Standing

PASSWORD = "purple otter drums at noon"


@pytest.fixture
def box() -> Box:
    box = Box()
    use_mail(box)
    return box


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def sent(program: Program, method: str, path: str, body: Any = None) -> Any:
    """What the API answers."""
    return program.send(method, path, body).json


def _form(**changes: object) -> dict[str, object]:
    return {
        "name": "Nia Otieno", "password": PASSWORD, "locale": ["sw-KE", ""], "proficiency": ["native", ""],
        "modes": ["1-read", "1-write"],
        "country": "KE", "time_zone": "Africa/Nairobi", "weekly_hours": "12", **changes,
    }  # fmt: skip


def test_an_invitation_brings_one_person_in_once_and_in_their_language(
    app: Flask, world: World, box: Box, time: Time
) -> None:
    manager = Visitor(app, world.db, world.manager)
    asked = {"pool_id": world.pool_id, "email": "Nia@Example.org", "locale": "sw-KE", "note": "We met in Kisumu."}
    assert manager.post("/invitations", {**asked, "locale": "xx-YY"}, on="/invitations").status_code == 422
    assert manager.post("/invitations", asked, on="/invitations").status_code == 303
    again = manager.post("/invitations", {**asked, "email": "nia@EXAMPLE.org"}, on="/invitations")
    assert again.status_code == 422 and "invited into this pool before" in again.get_data(as_text=True)
    with world.db.transaction(world.vendor) as session:  # an invitation does not wait for the pool to open
        operations.change_pool(session, world.manager, world.pool_id, name="East Africa", about={}, is_open=False)
    drain(world.db)
    assert [letter.to for letter in box.letters] == ["Nia@Example.org"]
    path = box.address("Nia@Example.org")
    guest = Visitor(app, world.db)
    shown = guest.text(path)
    assert 'lang="sw"' in shown and "We met in Kisumu." in shown and 'value="sw-KE"' in shown
    wrong = guest.post(path, _form(password="short", name="A\u202enna"))
    assert wrong.status_code == 422 and 'id="name-error"' in wrong.get_data(as_text=True)
    came = guest.post(path, _form())
    assert (came.status_code, came.headers["Location"]) == (303, "/me")
    with world.db.reading(Scope.system("test")) as session:
        account = queries.find_account(session, "nia@example.org")
        assert account is not None and account.email_confirmed_at is not None and account.locale == "sw"
        person = queries.annotator_of(session, account.id, world.vendor_id)
        assert person is not None and person.status is Standing.ACTIVE
        (row,) = session.scalars(select(Invitation))
        assert (row.annotator_id, row.invited_by) == (person.id, world.manager.account_id)
    twice = Visitor(app, world.db).post(path, _form(), on="/sign-in")
    assert twice.status_code == 409
    other = app.test_client().post(f"/api/v1{path}", json={
        "name": "Eve", "password": PASSWORD,
        "languages": [{"locale": "sw-KE", "proficiency": "native", "modes": ["read"]}],
        "country": "KE", "time_zone": "UTC", "weekly_hours": 1,
    })  # fmt: skip
    assert (other.status_code, (other.json or {})["code"]) == (409, "invitation.worthless")
    with world.db.reading(Scope.system("test")) as session:
        assert "Eve" not in session.scalars(select(Account.name)).all()
    place = manager.post("/invitations/file", {"state": "accepted"}, on="/invitations").headers["Location"]
    drain(world.db)
    assert "nia@example.org" in manager.post(f"{place}/content", {}, on=place).get_data(as_text=True).lower()
    with world.db.reading(Scope.system("test")) as session:
        taken = session.scalars(select(AuditEvent).where(AuditEvent.action == "invitations.exported")).one()
        assert (taken.actor_ref, taken.details["rows"]) == (world.manager.account_id, 1)
        assert taken.details["asked"] == {"state": "accepted"}


def test_the_database_holds_nothing_of_what_invited_people_are_called_or_were_told(app: Flask, world: World) -> None:
    program, manager = Program(app, world.db, world.manager), Visitor(app, world.db, world.manager)
    asked = {"email": "nyangoma@example.org", "locale": "en", "name": "Nyangoma Otieno", "note": "Karibu!"}
    program.send("POST", "/invitations", {**asked, "pool_id": world.pool_id})
    file = BytesIO(b"email,locale,name,note\nomar@example.org,en,Omar Said,Marhaba\n")
    sent = {"pool_id": world.pool_id, "file": (file, "p.csv")}
    place = manager.post("/rosters", sent, on="/invitations").headers["Location"]
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        session.get_one(Annotator, person.id).about = "I live in Kisumu."
    program.send("POST", "/team/offers", {"email": "Lelapalesa@example.org", "role": "reviewer"})
    own = world.manager.account_id or ""
    with world.db.transaction(Scope.system("test")) as session:
        change_address(session, Actor(own, None, None), own, "other@example.org", lambda secret: secret)
    drain(world.db)
    with world.db.transaction(Scope.system("test")) as session:
        every = {table: repr(session.execute(text(f"SELECT * FROM {table}")).all()) for table in Base.metadata.tables}
    said = (  # none so short that an id of random letters holds it now and then
        "nyangoma", "otieno", "Karibu", "Omar Said", "Marhaba", "Kisumu", "Wanjiru", "Vera Manager", "lelapalesa",
        "example.org",
    )  # fmt: skip
    found = {(table, each) for table, stored in every.items() for each in said if each.casefold() in stored.casefold()}
    assert found == set()
    stored = every["invitation"] + every["roster_line"] + every["annotator"] + every["role_offer"]
    assert stored.count("v2|") == 9, "each under the key of its vendor"
    assert "Omar Said" in manager.text(place) and "Marhaba" in manager.text(place)
    assert "Nyangoma Otieno" in manager.text("/invitations") and "Kisumu" in manager.text(f"/people/{person.id}")


def test_an_invitation_is_found_by_its_whole_address(app: Flask, world: World) -> None:
    program, manager = Program(app, world.db, world.manager), Visitor(app, world.db, world.manager)
    for name in ("Nia", "nina", "omar"):
        program.send("POST", "/invitations", {"pool_id": world.pool_id, "email": f"{name}@example.org", "locale": "en"})

    def found(address: str) -> list[str]:
        items = (program.send("GET", f"/invitations?address={address}").json or {})["items"]
        shown = re.findall(
            r'<th scope="row"><span class="ltr">([^<]+)</span>', manager.text(f"/invitations?address={address}")
        )
        assert sorted(shown) == sorted(one["email"] for one in items)
        return sorted(one["email"].lower() for one in items)

    assert found("NIA@EXAMPLE.org") == ["nia@example.org"]
    assert found("omar@example.org") == ["omar@example.org"] and found("ni@example.org") == []
    assert len(found("")) == 3
    other = Program(app, world.db, world.stranger)
    assert (other.send("GET", "/invitations?address=nia@example.org").json or {})["items"] == []
    part = program.send("GET", "/invitations?address=nia")
    assert part.status_code == 422 and "address" in str(part.json)
    page = manager.get("/invitations?address=nia")
    assert page.status_code == 422 and "This is not an e-mail address." in page.text and "Nia@" not in page.text


def test_an_address_in_other_letters_is_typed_invited_and_signs_in(app: Flask, world: World, box: Box) -> None:
    manager, address = Visitor(app, world.db, world.manager), "Júlia.Ñandú@example.org"
    asked = {"pool_id": world.pool_id, "email": address, "locale": "pt-BR"}
    for path, name in (("/invitations", "email"), ("/team", "email"), ("/account/address", "new_email")):
        (field,) = re.findall(rf'<input[^>]* id="{name}"[^>]*>', manager.text(path))
        assert 'type="text"' in field and 'inputmode="email"' in field, "browsers refuse such addresses in type=email"
    assert manager.post("/invitations", asked, on="/invitations").status_code == 303
    drain(world.db)
    (path,) = (found[0] for letter in box.letters if (found := re.search(r"/invitation/[\w-]+", str(letter))))
    joined = Visitor(app, world.db).post(path, _form(), on=path)
    assert joined.status_code == 303
    form = {"email": "JÚLIA.ñandú@EXAMPLE.org", "password": PASSWORD}
    assert Visitor(app, world.db).post("/sign-in", form, on="/sign-in").status_code == 303


def test_a_language_chosen_amid_an_invitation_or_an_offered_role_stays_and_so_does_what_was_typed(
    app: Flask, world: World, box: Box
) -> None:
    manager, asked = Visitor(app, world.db, world.manager), {"email": "nia@example.org"}
    program = Program(app, world.db, world.manager)
    program.send("POST", "/invitations", {**asked, "pool_id": world.pool_id, "locale": "sw"})
    program.send("POST", "/team/offers", {"email": "omar@example.org", "role": "reviewer"})
    drain(world.db)
    assert manager.get("/invitations").status_code == 200
    paths = [found[0] for letter in box.letters if (found := re.search(r"/(?:invitation|role)/[\w-]+", str(letter)))]
    assert len(paths) == 2
    for path in paths:
        visitor = Visitor(app, world.db)
        response = visitor.post(path, {"name": "Typed Name", "password": "x" * 20, "shown_in": "es"}, on=path)
        shown = response.get_data(as_text=True)
        assert (response.status_code, '<html lang="es"' in shown, 'value="Typed Name"' in shown) == (200, True, True)
        assert "x" * 20 not in shown and '<html lang="es"' in visitor.text(path)


def test_an_invitation_is_taken_back_sent_again_and_bound_to_its_address(
    app: Flask, world: World, box: Box, time: Time
) -> None:
    program = Program(app, world.db, world.manager)
    sven, manager = "sven.stranger@example.org", "vera.manager@example.org"
    made = program.send("POST", "/invitations", {"pool_id": world.pool_id, "email": sven, "locale": "en"}).json or {}
    drain(world.db)
    first = box.address(sven)
    assert sent(program, "POST", f"/invitations/{made['id']}/again")["code"] == "invitation.too_often"
    assert sent(program, "POST", f"/invitations/{made['id']}/revoke")["state"] == "revoked"
    assert "taken this invitation back" in Visitor(app, world.db).text(first)
    time.now += timedelta(hours=2)
    assert sent(program, "POST", f"/invitations/{made['id']}/again")["state"] == "waiting"
    drain(world.db)
    second = box.address(sven)
    assert "belongs to no invitation" in Visitor(app, world.db).text(first)
    assert "Sign in with it, and accept then" in Visitor(app, world.db).text(second)
    assert "signed in with another address" in Visitor(app, world.db, world.colleague).text(second)
    refused = Visitor(app, world.db, world.colleague).post(second, _form())
    assert refused.status_code == 422
    stranger = Program(app, world.db, world.stranger)
    for path in (f"/invitations/{made['id']}/revoke", f"/invitations/{made['id']}/again"):
        assert stranger.send("POST", path).status_code == 404
    token = second.rpartition("/")[2]
    came = stranger.send("POST", f"/account/invitations/{token}", {
        "languages": [{"locale": "en", "proficiency": "native", "modes": ["read"]}], "country": None,
        "time_zone": "UTC", "weekly_hours": 1,
    })  # fmt: skip
    assert came.status_code == 201, came.json
    program.send("POST", "/invitations", {"pool_id": world.pool_id, "email": manager, "locale": "en"})
    drain(world.db)
    oneself = Visitor(app, world.db, world.manager).post(box.address(manager), _form())
    assert oneself.status_code == 303
    with world.db.reading(world.vendor) as session:  # nobody admits themselves
        own = queries.annotator_of(session, world.manager.account_id or "", world.vendor_id)
        assert own is not None and own.status is Standing.APPLIED
    late = program.send("POST", "/invitations", {"pool_id": world.pool_id, "email": "late@example.org", "locale": "en"})
    drain(world.db)
    time.now += timedelta(days=15)
    assert "has expired" in Visitor(app, world.db).text(box.address("late@example.org"))
    with world.db.reading(world.vendor) as session:
        assert queries.count_invitations(session)[InvitationState.EXPIRED] == 1
    assert late.status_code == 201


def test_a_roster_is_shown_line_by_line_and_invites_nobody_twice(
    app: Flask, world: World, box: Box, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_LETTERS_A_DAY >= MOST_LINES, "the largest roster is sent on one day"
    monkeypatch.setattr(sys.modules["workforce.queries.invitations"], "MOST_LETTERS_A_DAY", 1)
    world.applicant("Amina Wanjiru")
    file = "\n".join(
        ["email;locale;name;note", "a@example.org;Swahili;Ada;Karibu", "b@example.org;xx-YY;;", "no address;en;;",
         "A@EXAMPLE.org;en;;", "amina.wanjiru@example.org;sw-KE;;", "c@example.org;en;=cmd();",
         f"d@example.org;en;{'x' * 1_000_000};",
         "e@example.org;en;\u0410nna;", "f@example.org;ar;\u0646\u0648\u0631;"]
    )  # fmt: skip
    manager = Visitor(app, world.db, world.manager)

    def upload() -> str:
        sent = {"pool_id": world.pool_id, "file": (BytesIO(file.encode()), "../people\u202e.csv")}
        response = manager.post("/rosters", sent, on="/invitations")
        assert response.status_code == 303, response.get_data(as_text=True)
        return response.headers["Location"]

    place = upload()
    program = Program(app, world.db, world.manager)
    told = sent(program, "GET", place)
    assert (told["roster"]["name"], told["roster"]["counts"]) == (
        "people.csv", {"wrong": 5, "twice": 1, "member": 1, "invite": 2},
    )  # fmt: skip
    lines = [(line["number"], line["outcome"], [one["column"] for one in line["faults"]]) for line in told["items"]]
    assert lines == [
        (2, "invite", []), (3, "wrong", ["locale"]), (4, "wrong", ["email"]), (5, "twice", ["email"]),
        (6, "member", []), (7, "wrong", ["name"]), (8, "wrong", [""]), (9, "wrong", ["name"]), (10, "invite", []),
    ]  # fmt: skip
    assert (told["items"][0]["locale"], told["items"][0]["note"]) == ("sw", "Karibu") and "Karibu" in manager.text(
        place
    )
    assert "Invite 2 people" in manager.text(place) and "1 letter can leave today" in manager.text(place)
    assert told["letters_left"] == 1
    for wrong in (f"{place}?outcome=nope", "/invitations?state=nope"):
        assert manager.get(wrong).status_code == 422
    assert manager.post("/invitations/file", {"state": "nope"}, on="/invitations").status_code == 422
    assert drain(world.db) == 0 and box.letters == []
    assert Program(app, world.db, world.stranger).send("GET", place).status_code == 404
    for _time in range(2):
        assert manager.post(f"{place}/send", on=place).status_code == 303
    for hours, letters in ((0, 1), (2, 1), (24, 2)):  # the letters of a day are limited; the rest waits for the next
        time.now += timedelta(hours=hours)
        drain(world.db)
        assert len(box.letters) == letters
    manager, program = Visitor(app, world.db, world.manager), Program(app, world.db, world.manager)
    assert {letter.to for letter in box.letters} == {"a@example.org", "f@example.org"} and len(box.letters) == 2
    assert sent(program, "GET", place)["roster"]["counts"]["invited"] == 2
    other = upload()
    assert sent(program, "GET", other)["roster"]["counts"] == {"wrong": 5, "twice": 1, "member": 1, "known": 2}
    assert sent(program, "POST", f"{other}/send")["code"] == "roster.nobody"
    drain(world.db)
    assert len(box.letters) == 2
    assert program.send("POST", f"{other}/drop").status_code == 204
    assert program.send("GET", other).status_code == 404
    with world.db.reading(world.vendor) as session:
        assert session.scalar(select(func.count()).select_from(Roster)) == 2
    unread = program.send("POST", "/rosters", {"pool_id": world.pool_id, "name": "x.csv", "content": "AAAA"})
    assert (unread.status_code, (unread.json or {})["code"]) == (422, "roster.unreadable")


@pytest.mark.soak
def test_a_roster_of_ten_thousand_lines_is_shown_and_invites_each_once_though_its_job_breaks(
    app: Flask, world: World, box: Box, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = scale(12, MOST_LINES - 2)
    monkeypatch.setattr(sys.modules["workforce.operations.rosters"], "AT_ONCE", scale(5, 100))
    people = [f"person{number}@example.org" for number in range(size)]
    lines = [f"{email},{('sw-KE', 'ar-EG', 'en')[at % 3]},Zo\u00eb {at}" for at, email in enumerate(people)]
    file = "\n".join(["email,locale,name", "nobody,en,", "PERSON0@example.org,en,", *lines])
    manager, program = Visitor(app, world.db, world.manager), Program(app, world.db, world.manager)

    def upload() -> str:
        sent = {"pool_id": world.pool_id, "file": (BytesIO(file.encode()), "people.csv")}
        response = manager.post("/rosters", sent, on="/invitations")
        assert response.status_code == 303, response.get_data(as_text=True)
        return response.headers["Location"]

    place = upload()
    assert sent(program, "GET", place)["roster"]["counts"] == {"wrong": 1, "twice": 1, "invite": size}
    job = sent(program, "POST", f"{place}/send")["job_id"]
    assert sent(program, "POST", f"{place}/send")["job_id"] == job
    invite_next, broken = sys.modules["workforce.operations.rosters"].invite_next, iter((False, False, True))

    def break_once(*asked: Any) -> int:
        count: int = invite_next(*asked)
        if next(broken, False):
            raise OSError("the machine stops, with a third portion written")
        return count

    monkeypatch.setattr(sys.modules["workforce.jobs"], "invite_next", break_once)
    box.refused = {people[1]}
    drain(world.db)
    with world.db.reading(world.vendor) as session:
        half = progress(session, job)
    assert half is not None and (half.state, half.total) == ("working", size)
    assert 0 < half.done == len(box.letters) + 1 < size
    box.refused = set()
    time.now += timedelta(minutes=1)
    drain(world.db)
    assert sorted(letter.to.lower() for letter in box.letters) == sorted(people)
    assert len({letter.id for letter in box.letters}) == size
    assert len({one.text[one.text.index("http") :].split()[0] for one in box.letters}) == size
    with world.db.reading(world.vendor) as session:
        done = progress(session, job)
    assert done is not None and (done.state, done.done, done.result["invited"]) == ("done", size, size)
    assert len(world.audit("person.invited")) == size
    other = upload()
    assert sent(program, "GET", other)["roster"]["counts"] == {"wrong": 1, "twice": 1, "known": size}
    for again in (place, other):
        program.send("POST", f"{again}/send")
    drain(world.db)
    assert len(box.letters) == size


def test_an_address_is_confirmed_by_a_letter_and_changed_by_two(app: Flask, world: World, box: Box, time: Time) -> None:
    guest = Visitor(app, world.db)
    assert guest.post(f"/apply/{world.pool_id}", _form(email="nia@example.org")).status_code == 303
    assert "Not confirmed yet" in guest.text("/account/address")
    drain(world.db)
    path = box.address("nia@example.org")
    assert "nia@example.org" in Visitor(app, world.db).text(path)  # looking confirms nothing
    assert "Not confirmed yet" in guest.text("/account/address")
    assert Visitor(app, world.db).post(path).status_code == 303
    assert "Not confirmed yet" not in guest.text("/account/address")
    assert (app.test_client().post(f"/api/v1{path}").json or {})["code"] == "link.worthless"
    assert guest.post("/account/address", {"new_email": "NIA@example.org"}).status_code == 422
    for new in ("vera.manager@example.org", "otieno@example.org"):  # whether somebody has it is not told
        assert guest.post("/account/address", {"new_email": new}).status_code == 303
    drain(world.db)
    assert [letter.to for letter in box.letters] == ["nia@example.org", "otieno@example.org"]
    assert "nia@example.org" in guest.text("/account/address")
    assert guest.post(box.address("otieno@example.org")).status_code == 303
    drain(world.db)
    assert box.letters[-1].to == "nia@example.org" and guest.get("/me").status_code == 303  # told, and signed out
    with world.db.reading(Scope.system("test")) as session:
        account = queries.find_account(session, "otieno@example.org")
        assert account is not None and queries.find_account(session, "nia@example.org") is None
        assert session.scalar(select(func.count()).select_from(AccountLink)) == 3
