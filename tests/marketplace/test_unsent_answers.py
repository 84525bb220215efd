"""An answer that was not sent yet: sealed on the server, and from confidential data on nowhere else."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from kernel import clock, presence
from kernel.crypto import KeyRing, place_of
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.migrate import alembic_config
from kernel.policy import Actor, Role, system_actor
from marketplace.models import Assignment, Slot, Unit
from marketplace.operations import answers, returning
from marketplace.values.work import Task
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.web.conftest import test_settings as settings_in
from tests.workforce.browser import Visitor
from web.models import AuthSession
from workforce.models import Annotator
from workforce.operations.accounts import add_membership
from workforce.values import CLASSES, keeps_drafts_on_server_only
from wsgi import create_app

TYPED = {"choice": "other"}


@pytest.fixture
def app(market: Market, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_in(tmp_path), market.db)
    with clock.use_clock(lambda: market.now):
        yield app


@pytest.fixture
def desk(market: Market, app: Flask) -> Desk:
    return open_desk(market, people=2, unit_count=2, overlap=1)


def closed_to_others(desk: Desk, classification: str = "confidential") -> None:
    desk.protect(classification, countries=[], networks=[])
    desk.let_in(0, 3)


def taken(desk: Desk) -> Task:
    with presence.use(desk.present()):
        task = desk.take(0)
    assert task is not None
    return task


def save(desk: Desk, task: Task, person: int = 0) -> None:
    with desk.vendor() as session:
        answers.save_draft(session, desk.people[person], task.assignment_id, TYPED)


def kept(desk: Desk) -> list[str]:
    """What stands in the column itself."""
    with desk.market.system() as session:
        return list(session.scalars(select(Assignment.draft_sealed).where(Assignment.draft_sealed.is_not(None))))


def test_from_confidential_data_on_and_for_a_class_that_nobody_knows_the_server_alone_keeps_it() -> None:
    kept_by_browsers = [name for name in CLASSES if not keeps_drafts_on_server_only(name)]
    assert kept_by_browsers == ["public", "internal"] and keeps_drafts_on_server_only("secret")


def test_it_is_sealed_read_by_its_person_alone_and_gone_with_the_answer(desk: Desk) -> None:
    task = taken(desk)
    save(desk, task)
    (sealed,) = kept(desk)
    assert sealed.startswith("v1|") and "other" not in sealed
    assert desk.seen(0, task).draft == TYPED
    with pytest.raises((NotFound, Forbidden)):
        save(desk, task, person=1)
    with pytest.raises(NotFound):
        desk.seen(1, task)
    desk.answer(0, task)
    assert kept(desk) == []
    with pytest.raises(Conflict):
        save(desk, task)


@pytest.mark.parametrize("how", ["skipped", "returned", "taken back"])
def test_it_goes_with_what_is_given_back_of_any_class(desk: Desk, how: str) -> None:
    task = taken(desk)
    save(desk, task)
    if how == "skipped":
        desk.skip(0, task)
    elif how == "returned":
        with desk.vendor() as session:
            returning.give_back(session, desk.people[0], task.assignment_id)
    else:
        with desk.market.system() as session:
            returning.end_leases(session, system_actor("test"), desk.annotators[0], cause="standing:paused")
    assert kept(desk) == []
    with pytest.raises(Conflict):
        save(desk, task)


@pytest.mark.parametrize("whose", ["lane", "unit"])
def test_of_confidential_data_it_goes_with_the_lease_and_of_internal_data_it_waits_for_its_person(
    desk: Desk, whose: str
) -> None:
    task = taken(desk)
    save(desk, task)
    desk.market.later(days=1)
    assert desk.seen(0, task).draft == TYPED
    assert desk.expire() == 1 and len(kept(desk)) == 1
    save(desk, task)

    if whose == "lane":
        closed_to_others(desk)
    else:
        with desk.market.system() as session:
            session.execute(update(Unit).where(Unit.id == task.unit_id).values(classification="confidential"))
    assert desk.seen(0, task).draft is None, "the lease is over"
    with pytest.raises(Conflict):
        save(desk, task)
    _lease_again(desk, task)
    assert desk.expire() == 1 and kept(desk) == []


def _lease_again(desk: Desk, task: Task) -> None:
    """As it was before it was noted that the lease had run out."""
    before = desk.market.now - timedelta(hours=1)
    with desk.market.system() as session:
        session.execute(update(Assignment).values(state="leased", ended_at=None))
        session.execute(
            update(Slot)
            .where(Slot.assignment_id == task.assignment_id)
            .values(state="leased", back_at=None, lease_until=before)
        )


def test_it_is_kept_and_told_only_while_the_person_may_see_the_unit(desk: Desk) -> None:
    closed_to_others(desk)
    task = taken(desk)
    with presence.use(desk.present()):
        save(desk, task)
        assert desk.seen(0, task).draft == TYPED
    assert desk.seen(0, task).draft is None, "no second factor was shown"
    with pytest.raises(Conflict):
        save(desk, task)
    with desk.market.system() as session:
        session.get_one(Annotator, desk.annotators[0]).clearance = 0
    with presence.use(desk.present()), pytest.raises(Conflict):
        save(desk, task)


def test_what_was_typed_before_the_change_is_sealed_by_it_where_it_can_still_be_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ("old", "B" * 43)
    monkeypatch.setenv("FIELD_KEYS", ":".join(key))
    monkeypatch.setenv("POLYPHONY_ENV", "test")
    task = taken(desk)
    save(desk, task)
    command.downgrade(alembic_config(desk.db), "0051")
    with desk.db.engine.begin() as connection:
        _as_system(desk.db, connection)
        connection.execute(
            sa.text("UPDATE assignment SET draft = :draft WHERE id = :id"),
            {"draft": json.dumps(TYPED), "id": task.assignment_id},
        )
    command.upgrade(alembic_config(desk.db), "head")
    (sealed,) = kept(desk)
    with desk.market.system() as session:
        owner = session.get_one(Assignment, task.assignment_id).org_id
    place = place_of("assignment", "draft_sealed", task.assignment_id, owner)
    assert json.loads(KeyRing((key,)).open(sealed, place)) == TYPED


def _as_system(db: Database, connection: sa.Connection) -> None:
    if not db.is_sqlite:
        connection.execute(sa.text("SET LOCAL ROLE polyphony_system"))


Serve = Callable[[WSGIApplication], str]


def opened(app: Flask, desk: Desk, browser: Browser, live_server: Serve) -> tuple[Page, str]:
    """The first person's browser, whose second factor was just shown, and the address of the product."""
    market, account_id = desk.market, desk.people[0].account_id
    assert account_id is not None

    def at_its_time(environ: WSGIEnvironment, start_response: StartResponse) -> object:
        with clock.use_clock(lambda: market.now):
            return app(environ, start_response)

    address = live_server(at_its_time)  # type: ignore[arg-type]
    with market.system() as session:
        member = add_membership(
            session, system_actor("test"), account_id=account_id, org_id=market.vendor, role=Role.ANNOTATOR
        )
    page = browser.new_context(locale="en").new_page()
    visitor = Visitor(app, desk.db)
    agent = page.evaluate("navigator.userAgent")
    visitor.client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": "127.0.0.1"}
    secret = visitor._secret(Actor(account_id, market.vendor, Role.ANNOTATOR, member, org_kind="vendor"))
    with market.system() as session:
        session.execute(update(AuthSession).values(mfa_at=market.now, passkey_at=market.now, proven_at=market.now))
    page.context.add_cookies([{"name": "sid", "value": secret, "url": address}])
    return page, address


def stored(page: Page) -> int:
    return int(page.evaluate("sessionStorage.length + localStorage.length"))


def test_of_a_confidential_unit_the_browser_keeps_nothing_and_the_server_gives_it_back(
    app: Flask, desk: Desk, browser: Browser, live_server: Serve
) -> None:
    closed_to_others(desk)
    page, address = opened(app, desk, browser, live_server)
    task = taken(desk)
    page.goto(f"{address}/work/{task.assignment_id}")
    page.keyboard.press("1")
    assert stored(page) == 0
    told = page.locator("[data-draft]")
    expect(told).to_contain_text("Draft saved")
    page.context.set_offline(True)
    page.keyboard.press("2")
    expect(told).to_contain_text("kept in this open page alone")
    assert stored(page) == 0
    chosen = page.locator(".opt input:checked").get_attribute("value")
    page.context.set_offline(False)
    expect(told).to_contain_text("Draft saved")
    assert stored(page) == 0
    page.reload()
    assert page.locator(".opt input:checked").get_attribute("value") == chosen
    assert len(kept(desk)) == 1
    page.context.close()


def test_of_an_internal_unit_the_tab_keeps_it_while_the_line_is_lost(
    app: Flask, desk: Desk, browser: Browser, live_server: Serve
) -> None:
    page, address = opened(app, desk, browser, live_server)
    task = taken(desk)
    page.goto(f"{address}/work/{task.assignment_id}")
    page.context.set_offline(True)
    page.keyboard.press("2")
    expect(page.locator("[data-draft]")).to_contain_text("kept on this page")
    assert stored(page) == 1 and kept(desk) == []
    page.context.set_offline(False)
    expect(page.locator("[data-draft]")).to_contain_text("Draft saved")
    assert stored(page) == 0 and len(kept(desk)) == 1
    page.context.close()
