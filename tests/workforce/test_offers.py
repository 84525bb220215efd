"""Roles in a team: offered by letter, given to whoever accepts, and telling nobody about anybody."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from kernel import clock, ids
from kernel.db import Database, now_of
from kernel.jobs import drain
from kernel.mail import use_mail
from kernel.policy import Actor
from kernel.tenancy import Scope
from tests.support.letterbox import Box
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import SYSTEM, Time, World
from tests.workforce.test_invitations import PASSWORD
from web.models import AuthSession
from workforce import operations, queries
from workforce.models import Account, Membership, RoleOffer
from workforce.queries.colleagues import colleagues_of

NEW = "new.hand@example.org"
TEST = Scope.system("test")


@pytest.fixture
def box() -> Box:
    box = Box()
    use_mail(box)
    return box


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def email_of(world: World, actor: Actor) -> str:
    with world.db.reading(TEST) as session:
        return session.get_one(Account, actor.account_id).email


def session_at(world: World, membership_id: str | None) -> str:
    """A browser of the reviewer in one of their places; the id of its session."""
    now = clock.now()
    later = now + timedelta(hours=1)
    with world.db.transaction(TEST) as session:
        row = AuthSession(
            id=ids.new_id(), secret_hash=ids.new_secret(32), account_id=world.reviewer.account_id or "",
            membership_id=membership_id, created_at=now, seen_at=now, idle_until=later, absolute_until=later,
            network="", agent="", epoch=0,
        )  # fmt: skip
        session.add(row)
        return row.id


def offer(program: Program, email: str, role: str = "reviewer") -> dict[str, str]:
    answer = program.send("POST", "/team/offers", {"email": email, "role": role})
    assert answer.status_code == 201, answer.json
    return dict(answer.json or {})


def test_a_role_is_held_by_nobody_until_the_letter_is_answered(app: Flask, world: World, box: Box) -> None:
    manager = Visitor(app, world.db, world.manager)
    assert manager.post("/team", {"email": NEW, "role": "reviewer"}).status_code == 303
    shown = manager.text("/team")
    assert NEW in shown and "Offered, and not accepted yet" in shown and "/role/" not in shown
    with world.db.reading(TEST) as session:
        assert queries.find_account(session, NEW) is None, "nobody makes an account for somebody else"
    drain(world.db)
    path = box.address(NEW)
    assert path not in shown
    newcomer = Visitor(app, world.db)
    assert "You are asked into the team of" in newcomer.text(path)
    assert newcomer.post(path, {"name": "New Hand", "password": "short"}).status_code == 422
    came = newcomer.post(path, {"name": "New Hand", "password": PASSWORD})
    assert (came.status_code, came.headers["Location"]) == (303, "/")
    assert "New Hand" in manager.text("/team") and NEW not in manager.text("/team").partition("Ask somebody in")[2]
    again = Visitor(app, world.db).post(path, {"name": "Eve", "password": PASSWORD}, on="/sign-in")
    assert again.status_code == 409
    with world.db.reading(TEST) as session:
        account = queries.find_account(session, NEW)
        assert account is not None and session.get_one(Account, account.id).email_confirmed_at is not None
        (held,) = session.scalars(select(Membership).where(Membership.account_id == account.id))
        assert (held.org_id, held.role) == (world.vendor_id, "reviewer")
    (told,) = world.audit("role.accepted")
    assert (told.actor_ref, told.details) == (account.id, {"role": "reviewer", "membership": held.id})
    drain(world.db)
    to = {letter.to for letter in box.letters if "new role" in letter.subject}
    assert to == {email_of(world, world.manager), email_of(world, world.colleague)}, (
        "those who run the vendor learn of it"
    )


def test_an_offer_answers_alike_whoever_has_an_account_and_gives_nobody_away(
    app: Flask, world: World, box: Box
) -> None:
    program = Program(app, world.db, world.manager)
    known, unknown = email_of(world, world.client_admin), "nobody.knows@example.org"
    first, second = (offer(program, email) for email in (known, unknown))
    assert first | {"id": "", "email": "", "offered_at": "", "expires_at": ""} == second | {
        "id": "", "email": "", "offered_at": "", "expires_at": "",
    }  # fmt: skip
    members = program.send("GET", "/team").json or {}
    assert str(world.client_admin.account_id) not in json.dumps(members)
    listed = (program.send("GET", "/team/offers").json or {})["items"]
    assert {one["email"] for one in listed} == {unknown, known}
    drain(world.db)
    path = box.address(known)
    assert "Sign in with it, and accept then" in Visitor(app, world.db).text(path)
    wrong = Visitor(app, world.db, world.colleague).post(path, {})
    assert wrong.status_code == 422 and "another address" in wrong.get_data(as_text=True)
    theirs = Program(app, world.db, world.client_admin)
    token = path.rpartition("/")[2]
    assert theirs.send("POST", f"/account/roles/{token}").status_code == 201
    assert theirs.send("POST", f"/account/roles/{token}").status_code == 409
    assert str(world.client_admin.account_id) in json.dumps(program.send("GET", "/team").json)


def test_an_offer_that_was_taken_back_renewed_or_outlived_leads_nowhere(
    app: Flask, world: World, box: Box, time: Time
) -> None:
    program = Program(app, world.db, world.manager)
    made = offer(program, NEW)
    too_often = program.send("POST", "/team/offers", {"email": NEW, "role": "reviewer"})
    assert (too_often.status_code, (too_often.json or {})["code"]) == (409, "offer.too_often")
    drain(world.db)
    first = box.address(NEW)
    time.now += timedelta(minutes=11)
    assert offer(program, NEW)["id"] == made["id"]
    drain(world.db)
    second = box.address(NEW)
    assert "belongs to no offer" in Visitor(app, world.db).text(first)
    for stranger in (world.stranger, world.client_admin):
        refused = Program(app, world.db, stranger).send("DELETE", f"/team/offers/{made['id']}")
        assert refused.status_code == 404
    assert program.send("DELETE", f"/team/offers/{made['id']}").status_code == 204
    assert "taken back" in Visitor(app, world.db).text(second)
    time.now += timedelta(minutes=11)
    offer(Program(app, world.db, world.manager), NEW)
    drain(world.db)
    third = box.address(NEW)
    time.now += timedelta(days=8)
    assert "has expired" in Visitor(app, world.db).text(third)
    assert app.test_client().get(f"/api/v1{third}").status_code == 404
    body = {"name": "Eve", "password": PASSWORD}
    assert app.test_client().post(f"/api/v1{third}", json=body).status_code == 409
    with world.db.reading(TEST) as session:
        assert "Eve" not in session.scalars(select(Account.name)).all()


def test_what_somebody_offered_who_may_no_longer_is_worth_nothing(app: Flask, world: World, box: Box) -> None:
    offer(Program(app, world.db, world.colleague), NEW, "vendor_manager")
    drain(world.db)
    with world.db.transaction(TEST) as session:
        operations.end_membership(session, world.manager, world.colleague.membership_id or "")
    answer = app.test_client().post(f"/api/v1{box.address(NEW)}", json={"name": "Eve", "password": PASSWORD})
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "offer.worthless")
    with world.db.reading(TEST) as session:
        assert session.scalars(select(RoleOffer.accepted_at)).one() is None, "nothing was used up"


@pytest.mark.parametrize("role", ["operator", "auditor", "client_admin", "annotator"])
def test_no_role_above_ones_own_and_none_to_oneself_is_offered(app: Flask, world: World, role: str) -> None:
    program = Program(app, world.db, world.manager)
    assert program.send("POST", "/team/offers", {"email": NEW, "role": role}).status_code in (403, 422)
    own = {"email": email_of(world, world.manager).upper(), "role": "finance"}
    refused = program.send("POST", "/team/offers", own)
    assert (refused.status_code, (refused.json or {})["code"]) == (403, "not_allowed.self_approval")
    assert Visitor(app, world.db, world.manager).post("/team", own).status_code == 422
    with world.db.reading(TEST) as session:
        assert session.scalar(select(func.count()).select_from(RoleOffer)) == 0


def test_two_who_accept_one_letter_at_once_are_one(app: Flask, world: World, box: Box, time: Time) -> None:
    offer(Program(app, world.db, world.manager), NEW)
    drain(world.db)
    path = f"/api/v1{box.address(NEW)}"

    def accept(number: int) -> int:
        with clock.use_clock(time):
            return app.test_client().post(path, json={"name": f"Hand {number}", "password": PASSWORD}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(accept, range(4))) == [201, 409, 409, 409]
    with world.db.reading(TEST) as session:
        assert sum(name.startswith("Hand") for name in session.scalars(select(Account.name))) == 1


def test_the_end_of_a_role_ends_its_own_sessions_and_those_of_no_other_place(world: World) -> None:
    account_id = world.reviewer.account_id or ""
    with world.db.transaction(TEST) as session:
        elsewhere = operations.add_membership(
            session, SYSTEM, account_id=account_id, org_id=world.client_id, role="client_qa"
        )
    here, there = session_at(world, world.reviewer.membership_id), session_at(world, elsewhere)
    with world.db.transaction(TEST) as session:
        operations.end_membership(session, world.client_admin, elsewhere)
    with world.db.reading(TEST) as session:
        assert session.get_one(AuthSession, here).revoked_at is None
        assert session.get_one(AuthSession, there).revoked_at is not None


def test_a_colleague_is_known_by_name_for_the_time_of_their_role_alone(world: World, time: Time) -> None:
    account_id, before = world.account("Amina Said"), time.now
    time.now += timedelta(days=1)
    with world.db.transaction(TEST) as session:
        held = operations.add_membership(session, SYSTEM, account_id=account_id, org_id=world.vendor_id, role="finance")
        since = now_of(session)
    time.now += timedelta(days=1)
    with world.db.transaction(TEST) as session:
        operations.end_membership(session, world.manager, held)
    with world.db.reading(TEST) as session:
        found = colleagues_of(session, world.vendor_id, [account_id, ids.new_id()])
        told = [found.name_at(account_id, at) for at in (before, since, since + timedelta(days=9))]
        assert told == ["", "Amina Said", ""] and found.name_at(None, since) == ""
