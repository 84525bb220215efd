"""A lane is taken from somebody, or given back, while their appeal is answered: neither act stops the other."""

import random
import threading
import time as clocks
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from calibration.operations import gates, qualifications, rulebook
from kernel import clock
from kernel.db import Database
from kernel.policy import Actor, Role
from kernel.tenancy import Scope
from marketplace.operations import returning
from marketplace.operations.appeals import decide_appeal
from tests.calibration_db.test_adverse_decisions import Story
from tests.calibration_db.test_attempts import answer, start
from tests.calibration_db.test_grading import answer_gold
from tests.calibration_db.world import GRADER, World
from workforce import leases
from workforce.models import DecisionReceipt
from workforce.operations import open_appeal


class Undone(Exception):
    """Rolls a transaction back, so that the same can be tried again."""


@pytest.fixture
def db(db_postgresql: Database) -> Database:
    """SQLite has one writer at a time."""
    return db_postgresql


def paused(db: Database) -> tuple[World, str, str]:
    """Somebody who passed a test and was paused by a rule; their id and the receipt of the pause."""
    leases.use_leases(returning.end_leases)
    world = Story(db, random.Random(1)).world
    view = start(world, "Asha")
    while view.is_live:
        view = answer(world, view, right=True, name="Asha").attempt
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=10, pause_days=30)
    answer_gold(world, "Asha", world.add_gold(12, "live"), rights=0)
    world.grade()
    with world.in_vendor() as session:
        return world, world.people["Asha"][0], session.scalars(select(DecisionReceipt.id)).one()


def undone_at_once(world: World, *acts: tuple[Scope, Callable[[Session], object]]) -> None:
    """Both are carried to their end, slowly, and undone; what stops one of them is raised."""
    barrier = threading.Barrier(len(acts))

    def slow(*_more: Any) -> None:
        clocks.sleep(0.01)

    def run(scope: Scope, act: Callable[[Session], object]) -> None:
        barrier.wait()
        with pytest.raises(Undone), world.db.transaction(scope) as session:
            act(session)
            session.flush()
            raise Undone

    event.listen(world.db.engine, "before_cursor_execute", slow)
    try:
        with clock.use_clock(lambda: world.now), ThreadPoolExecutor(len(acts)) as pool:
            for each in [pool.submit(copy_context().run, run, scope, act) for scope, act in acts]:
                each.result(timeout=60)
    finally:
        event.remove(world.db.engine, "before_cursor_execute", slow)


@pytest.mark.parametrize("case", ["closed again", "time over", "opened again"])
def test_an_appeal_about_a_lane_is_answered_while_the_lane_moves(db: Database, case: str) -> None:
    world, person, receipt_id = paused(db)
    vendor, manager = Scope.tenant(world.vendor), world.as_vendor()
    deputy = Actor("deputy", world.vendor, Role.VENDOR_MANAGER, org_kind="vendor")

    def revoke(session: Session) -> str:
        return qualifications.revoke(session, manager, world.lane, person, "A reason.")

    if case == "opened again":
        with world.in_vendor() as session:
            receipt_id = revoke(session)
    with world.in_vendor() as session:
        appeal_id = open_appeal(session, world.annotator("Asha"), receipt_id).id
    if case == "time over":
        world.later(days=31)
    other: dict[str, tuple[Scope, Callable[[Session], object]]] = {
        "closed again": (vendor, revoke),
        "time over": (Scope.system("test"), lambda session: gates.end_pauses(session, GRADER)),
        "opened again": (
            vendor, lambda session: qualifications.waive(session, manager, world.lane, person, "A reason."),
        ),
    }  # fmt: skip
    for _round in range(5):
        undone_at_once(
            world,
            (
                vendor,
                lambda session: decide_appeal(session, deputy, appeal_id, outcome="overturned", answer="I looked."),
            ),
            other[case],
        )
