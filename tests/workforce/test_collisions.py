"""Two acts about the same person at the same moment: each is done or refused in words, and neither stops the other."""

import random
import threading
import time as clocks
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from admin.operations.own_data import erase_person
from i18n import _
from kernel import ids
from kernel.db import Database
from kernel.errors import Problem
from kernel.tenancy import Scope
from marketplace.operations import returning, reviewing
from marketplace.operations.appeals import decide_appeal
from tests.workforce.conftest import NOW, Time, World
from tests.workforce.conftest import SYSTEM as MACHINE
from tests.workforce.decisions import appealed
from tests.workforce.test_documents import hand_in
from tests.workforce.test_two_at_once import beside
from workforce import leases, operations, queries
from workforce.models import Annotator, DataRequest, DecisionReceipt, LanguageEvidence
from workforce.operations import documents

SYSTEM = Scope.system("test")
Act = tuple[Scope, Callable[[Session], object]]
_LOCKING = ("FOR ", "UPDATE", "INSERT", "DELETE")


@pytest.fixture
def db(db_postgresql: Database) -> Database:
    """SQLite has one writer at a time."""
    return db_postgresql


@pytest.fixture(autouse=True)
def _ends_leases() -> Iterator[None]:
    leases.use_leases(returning.end_leases)
    leases.use_reviews(reviewing.end_reviews)
    yield


def at_once(database: Database, *acts: Act) -> list[str]:
    """What comes of acts that begin together and are slow: "done", or the code of the problem."""
    barrier = threading.Barrier(len(acts))

    def slow(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if any(word in statement for word in _LOCKING):
            clocks.sleep(random.uniform(0, 0.06))

    def run(act: Act) -> str:
        barrier.wait()
        try:
            with database.transaction(act[0]) as session:
                act[1](session)
        except Problem as problem:
            return problem.code
        return "done"

    event.listen(database.engine, "before_cursor_execute", slow)
    try:
        with ThreadPoolExecutor(len(acts)) as pool:
            return [each.result(timeout=60) for each in [pool.submit(copy_context().run, run, act) for act in acts]]
    finally:
        event.remove(database.engine, "before_cursor_execute", slow)


def test_of_two_who_pause_somebody_at_once_one_is_told_to_look_again(world: World) -> None:
    for name in ("Ada", "Bea", "Cleo", "Dan"):
        person, _actor = world.annotator(f"Amina {name}")

        def pause(session: Session, actor: Any, person_id: str = person.id) -> None:
            operations.change_standing(session, actor, person_id, status="paused", reason="A reason.")

        acts = [(world.vendor, lambda s, a=actor: pause(s, a)) for actor in (world.manager, world.colleague)]
        assert sorted(at_once(world.db, *acts)) == ["done", "standing.not_from_here"]


def test_two_rules_pause_somebody_in_two_lanes_at_once(world: World) -> None:
    person, _actor = world.annotator()
    told = _("Your work is paused.")

    def pause(session: Session, lane: str) -> None:
        operations.issue_receipt(
            session, MACHINE, annotator_id=person.id, kind="lane_paused", rule="gate", rule_version="1", what=told,
            why=told, way_back=told, cause_kind="gate", cause_id=lane, lane_id=lane,
        )  # fmt: skip
        leases.end_leases(session, MACHINE, person.id, lane_id=lane, cause="gate")

    for number in range(4):
        acts = [(SYSTEM, lambda s, lane=f"{side}{number}": pause(s, lane)) for side in "ab"]
        assert at_once(world.db, *acts) == ["done", "done"]


@pytest.mark.parametrize("way", ["verified", "stated again"])
def test_an_appeal_about_a_language_is_answered_while_the_language_moves(world: World, time: Time, way: str) -> None:
    for name in ("Ada", "Bea", "Cleo", "Dan"):
        person, actor = world.annotator(f"Amina {name}")
        claim_id = _claim(world, person.id)
        with world.db.transaction(world.vendor) as session:
            operations.reject_language(session, world.manager, claim_id, reason="It was machine made.")
            receipt_id = queries.receipts_of(session, person.id)[0][0].id
        appeal_id = appealed(world, actor, receipt_id)
        time.now += timedelta(days=40)

        def answer(session: Session, appeal_id: str = appeal_id) -> None:
            decide_appeal(session, world.colleague, appeal_id, outcome="overturned", answer="It was their own.")

        def move(session: Session, claim_id: str = claim_id, person: Any = person, actor: Any = actor) -> None:
            if way == "verified":
                operations.verify_language(session, world.manager, claim_id, evidence={"kind": "document"})
            else:
                operations.claim_language(session, actor, person.id, locale="sw-KE", proficiency="C1")

        assert at_once(world.db, (world.vendor, answer), (world.vendor, move)) == ["done", "done"]


def test_an_appeal_about_a_document_is_answered_while_the_document_is_taken_back(world: World) -> None:
    for name in ("Ada", "Bea", "Cleo", "Dan"):
        person, actor = world.annotator(f"Amina {name}")
        document_id = hand_in(world, person, actor)
        with world.db.transaction(world.vendor) as session:
            documents.look_at_document(session, world.manager, document_id, reason="To verify the identity")
            documents.decide_document(session, world.manager, document_id, is_accepted=False, reason="It is blurred.")
            receipt_id = queries.receipts_of(session, person.id)[0][0].id
        appeal_id = appealed(world, actor, receipt_id)

        def answer(session: Session, appeal_id: str = appeal_id) -> None:
            decide_appeal(session, world.colleague, appeal_id, outcome="overturned", answer="It can be read.")

        def withdraw(session: Session, document_id: str = document_id, actor: Any = actor) -> None:
            documents.withdraw_document(session, actor, document_id)

        assert at_once(world.db, (world.vendor, answer), (world.vendor, withdraw)) == ["done", "done"]


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("act", ["clearance", "standing", "language", "verified"])
def test_what_is_written_about_somebody_while_they_are_erased_goes_with_them(
    world: World, act: str, is_first: bool
) -> None:
    person, actor = world.annotator()
    claim_id, request_id = _claim(world, person.id), ids.new_id()
    with world.db.transaction(SYSTEM) as session:
        session.add(
            DataRequest(
                id=request_id, account_id=actor.account_id, kind="erasure", state="waiting", asked_at=NOW, due_at=NOW,
                held_up_by="", size=0,
            )
        )  # fmt: skip

    def write(session: Session) -> None:
        if act == "clearance":
            until = NOW + timedelta(days=30)
            operations.clearances.set_clearance(
                session, world.manager, person.id, level=2, until_at=until, reason="A secret."
            )
        elif act == "standing":
            operations.change_standing(session, world.manager, person.id, status="paused", reason="A secret.")
        elif act == "language":
            operations.reject_language(session, world.manager, claim_id, reason="A secret.")
        else:
            told = {"kind": "document", "ref": "call 7", "note": "A secret."}
            operations.verify_language(session, world.manager, claim_id, evidence=told)

    erase: Act = SYSTEM, lambda session: erase_person(session, MACHINE, request_id)
    if is_first:
        assert beside(world, (world.vendor, write), erase) == "done"
    else:
        refused = "standing.not_from_here" if act == "standing" else "person.erased"
        assert beside(world, erase, (world.vendor, write)) == refused
    with world.db.reading(SYSTEM) as session:
        row = session.get_one(Annotator, person.id)
        reasons = session.scalars(select(DecisionReceipt.why).where(DecisionReceipt.annotator_id == person.id)).all()
        notes = session.scalars(select(LanguageEvidence.note).where(LanguageEvidence.claim_id == claim_id)).all()
    assert (row.status, row.clearance, row.clearance_until) == ("left", 0, None)
    assert "secret" not in str(reasons) and "secret" not in str(notes)


def _claim(world: World, annotator_id: str) -> str:
    with world.db.reading(world.vendor) as session:
        claims = queries.claims_of(session, annotator_id)
    return next(one.id for one in claims if (one.locale, one.mode) == ("sw-KE", "write"))
