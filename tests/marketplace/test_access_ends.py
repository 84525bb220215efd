"""The end of a vendor's access and of a standing, through the browser's and the program's door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from kernel import clock
from kernel.config import Settings
from kernel.money import to_text
from kernel.policy import Actor, Role, system_actor
from tests.marketplace.desk import RATE, Desk, open_desk
from tests.marketplace.orders import Market
from tests.workforce.browser import Program, Visitor
from workforce.operations.accounts import add_membership, create_account, set_locale
from wsgi import create_app


@pytest.fixture
def db(db_sqlite):  # type: ignore[no-untyped-def]
    """Pages are the same on either database; what they stand on is tested on both elsewhere."""
    return db_sqlite


@pytest.fixture
def app(market: Market, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        environment="test", database_url=str(market.db.url), redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    app = create_app(settings, market.db)
    with clock.use_clock(lambda: market.now):
        yield app


@pytest.fixture
def desk(market: Market) -> Desk:
    return open_desk(market, people=2, unit_count=2, overlap=1)


def _member(market: Market, account_id: str | None, org_id: str, role: Role) -> Actor:
    """The actor with a membership; of a new account where there is none."""
    machine = system_actor("test")
    with market.system() as session:
        if account_id is None:
            account_id = create_account(session, machine, email="pm@client.example", name="Mina").id
        member = add_membership(session, machine, account_id=account_id, org_id=org_id, role=role)
    return Actor(account_id, org_id, role, member, org_kind="client" if org_id == market.client else "vendor")


def _annotator(desk: Desk, person: int) -> Actor:
    return _member(desk.market, desk.people[person].account_id, desk.market.vendor, Role.ANNOTATOR)


def test_a_client_ends_the_access_of_its_vendor_and_what_was_typed_is_kept(app: Flask, desk: Desk) -> None:
    market = desk.market
    browser, program = (Visitor(app, desk.db, _annotator(desk, 0)), Program(app, desk.db, _annotator(desk, 1)))
    mine, theirs = desk.take(0), desk.take(1)
    assert mine is not None and theirs is not None
    project_id = desk.assignments()[0].project_id
    path = f"/projects/{project_id}"
    token = browser.text(f"/work/{mine.assignment_id}").split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    client = Visitor(app, desk.db, _member(market, None, market.client, Role.CLIENT_PM))
    assert f"{path}/grant/revocation" in client.text(path)
    assert client.post(f"{path}/grant/revocation", on=path).status_code == 303
    ended = client.text(path)
    assert f"{path}/grant/revocation" not in ended and "Give access again" in ended
    assert desk.slots() == {"free": 2}

    assert browser.get(f"/work/{mine.assignment_id}").status_code == 404
    assert program.send("GET", f"/assignments/{theirs.assignment_id}").status_code == 404
    typed = {"choice": "refund", "csrf_token": token}
    assert browser.client.post(f"/work/{mine.assignment_id}/answer", data=typed).status_code == 303
    sent = program.send("POST", f"/assignments/{theirs.assignment_id}/answer", {"answer": {"choice": "refund"}})
    assert (sent.status_code, sent.get_json()["is_late"]) == (202, True)
    assert [judgment.is_late for judgment in desk.judgments()] == [True, True]
    stranger = program.send("POST", f"/assignments/{mine.assignment_id}/answer", {"answer": {"choice": "refund"}})
    assert stranger.status_code == 404, "nobody answers what was another's"
    market.later(minutes=1)
    assert client.post(f"{path}/grant", {"rights": "unit:import"}, on=path).status_code == 303
    assert "sees this project again" in client.text(path)


def test_a_program_of_the_client_ends_the_access_as_well(app: Flask, desk: Desk) -> None:
    desk.take(0)
    project_id = desk.assignments()[0].project_id
    program = Program(app, desk.db, _member(desk.market, None, desk.market.client, Role.CLIENT_ADMIN))
    assert program.send("POST", f"/projects/{project_id}/grant/revocation").status_code == 200
    again = program.send("POST", f"/projects/{project_id}/grant/revocation")
    assert (again.status_code, again.get_json()["code"]) == (409, "grant.over")
    assert desk.slots() == {"free": 2}


def test_who_is_suspended_is_not_shown_the_unit_and_does_not_lose_what_was_typed(app: Flask, desk: Desk) -> None:
    program = Program(app, desk.db, _annotator(desk, 0))
    task = desk.take(0)
    assert task is not None
    path = f"/assignments/{task.assignment_id}"
    assert program.send("GET", path).get_json()["content"] == task.content
    with desk.market.system() as session:
        set_locale(session, desk.people[0], desk.people[0].account_id or "", "es")
    (lane,) = program.send("GET", "/lanes").get_json()["items"]
    assert {each["reason"]: each["told"] for each in lane["conditions"]}[
        "NOT_QUALIFIED"
    ] == "Su proveedor le ha admitido"
    assert (lane["rate"], lane["rate_micros"]) == (to_text(RATE), RATE)
    desk.stand(0, "suspended")
    refused = program.send("GET", path)
    assert (refused.status_code, task.content["text"] in refused.text) == (404, False)
    sent = program.send("POST", f"{path}/answer", {"answer": {"choice": "refund"}})
    assert (sent.status_code, sent.get_json()["is_late"]) == (202, True)


def test_a_page_whose_lease_ran_out_says_so_and_shows_nothing(app: Flask, desk: Desk) -> None:
    browser = Visitor(app, desk.db, _annotator(desk, 0))
    desk.change_lane(lease_minutes=5)
    task = desk.take(0)
    assert task is not None
    path = f"/work/{task.assignment_id}"
    assert task.content["text"] in browser.text(path)
    desk.market.later(minutes=6)
    over = browser.client.get(path, follow_redirects=True)
    assert task.content["text"] not in over.text and "no longer in your hands" in over.text
