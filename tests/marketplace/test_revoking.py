"""Somebody answers and takes work while the right to it ends: neither act stops the other, and nothing is half done."""

import threading
import time as clocks
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from kernel import clock, presence
from kernel.db import Database
from kernel.tenancy import Scope
from marketplace.operations import answers, taking
from marketplace.values.work import NoWork
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.marketplace.test_work_concurrency import assert_that_nothing_is_broken
from workforce.operations import change_standing
from workforce.operations.clearances import set_clearance


@pytest.fixture
def db(db_postgresql: Database) -> Database:
    """SQLite has one writer at a time."""
    return db_postgresql


def at_once(desk: Desk, *acts: Callable[[Session], object]) -> None:
    """Acts of the vendor's people that begin together and are slow; what stops one of them is raised."""
    barrier = threading.Barrier(len(acts))

    def slow(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if any(word in statement for word in ("FOR ", "UPDATE", "INSERT")):
            clocks.sleep(0.02)

    def run(act: Callable[[Session], object]) -> None:
        barrier.wait()
        with (
            presence.use(desk.present()), clock.use_clock(lambda: desk.market.now),
            desk.db.transaction(Scope.tenant(desk.market.vendor)) as session,
        ):  # fmt: skip
            act(session)

    event.listen(desk.db.engine, "before_cursor_execute", slow)
    try:
        with ThreadPoolExecutor(len(acts)) as pool:
            for each in [pool.submit(copy_context().run, run, act) for act in acts]:
                each.result(timeout=60)
    finally:
        event.remove(desk.db.engine, "before_cursor_execute", slow)


@pytest.mark.parametrize("right", ["standing", "clearance"])
def test_who_answers_while_their_right_ends_is_paid_and_gets_nothing_more(market: Market, right: str) -> None:
    desk = open_desk(market, people=4, unit_count=20, overlap=1)
    desk.protect("restricted-phi")
    for person in range(4):
        desk.let_in(person, 3)
        with presence.use(desk.present()):
            task = desk.take(person)
        assert task is not None

        def answer(session: Session, actor: Any = desk.people[person], held: str = task.assignment_id) -> None:
            answers.submit_answer(session, actor, held, {"choice": "refund"})

        def take(session: Session, actor: Any = desk.people[person]) -> None:
            taking.take_next(session, actor, desk.lane)

        def end(session: Session, annotator: str = desk.annotators[person]) -> None:
            if right == "standing":
                change_standing(session, market.manager, annotator, status="paused", reason="A reason.")
            else:
                set_clearance(session, market.manager, annotator, level=0, until_at=None, reason="A reason.")

        at_once(desk, answer, take, end)
        with desk.vendor() as session, presence.use(desk.present()):
            assert isinstance(taking.take_next(session, desk.people[person], desk.lane), NoWork)
    assert not [each for each in desk.assignments() if each.state == "leased"]
    assert len(desk.judgments()) == 4
    assert_that_nothing_is_broken(desk)
