"""Appeals that nobody answers by their day, and decisions that are over before they are appealed or answered."""

import re
import threading
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event

from i18n import render
from kernel import clock
from kernel.config import Settings
from kernel.errors import Conflict
from kernel.jobs import drain, enqueue
from kernel.migrate import alembic_config, upgrade
from kernel.tenancy import Scope
from marketplace.jobs.appeals import hold_late_appeals
from marketplace.operations.appeals import hold_decision
from tests.workforce.browser import Program, Visitor
from tests.workforce.conftest import Time, World
from tests.workforce.decisions import RULE, appealed, letters, pause
from workforce import operations, queries
from workforce.models import Account, Annotator
from workforce.operations.standing import end_pauses
from workforce.pages import words
from workforce.queries.receipts import late_appeals
from workforce.values import AnnotatorView, ReceiptKind, ReceiptState, ReceiptView, Standing
from wsgi import create_app


def _stands(world: World, person: AnnotatorView, status: str, until_at: datetime | None = None) -> str:
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(
            session, world.manager, person.id, status=status, reason="A reason.", until_at=until_at
        )
        return queries.receipts_of(session, person.id)[0][0].id


def _held(world: World, appeal_id: str) -> bool:
    with world.db.transaction(Scope.system("test")) as session:
        return hold_decision(session, RULE, appeal_id)


def _answered(world: World, appeal_id: str, outcome: str) -> tuple[ReceiptState, Standing]:
    with world.db.transaction(world.vendor) as session:
        decision = operations.decide_appeal(session, world.colleague, appeal_id, outcome=outcome, answer="I looked.")
    with world.db.reading(world.vendor) as session:
        receipt = queries.receipt_of(session, decision.receipt_id)
        person = queries.annotator_by_id(session, decision.annotator_id)
    assert receipt is not None and person is not None
    return receipt.state, person.status


def test_a_receipt_ends_once_and_an_ended_one_is_appealed_within_thirty_days(world: World, time: Time) -> None:
    person, actor = world.annotator()
    receipt_id, other = pause(world, person), pause(world, person, "G2")
    time.now += timedelta(days=40)  # it held so long
    with world.db.transaction(world.vendor) as session:
        assert operations.end_receipt(session, RULE, receipt_id)
        assert not operations.end_receipt(session, RULE, receipt_id)
    with world.db.transaction(world.vendor) as session:
        operations.end_receipt(session, RULE, other)
    time.now += timedelta(days=30)
    appeal_id = appealed(world, actor, receipt_id)
    assert _answered(world, appeal_id, "upheld") == (ReceiptState.ENDED, Standing.ACTIVE), "what is over stays over"
    time.now += timedelta(microseconds=1)
    with pytest.raises(Conflict, match=r"appeal\.not_open"):
        appealed(world, actor, other)


def test_a_decision_that_is_over_while_its_appeal_waits_does_not_come_back(world: World, time: Time) -> None:
    person, actor = world.annotator()
    receipt_id = _stands(world, person, "paused")
    appeal_id = appealed(world, actor, receipt_id)
    time.now += timedelta(minutes=1)
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.manager, person.id, status="active", reason="It is all right.")
    assert _answered(world, appeal_id, "upheld") == (ReceiptState.ENDED, Standing.ACTIVE)


@pytest.mark.parametrize("status", ["paused", "suspended"])
@pytest.mark.parametrize(
    ("outcome", "after"), [("upheld", ReceiptState.IN_FORCE), ("overturned", ReceiptState.OVERTURNED)]
)
def test_a_standing_is_given_back_while_nobody_answers_by_the_day(
    world: World, time: Time, status: str, outcome: str, after: ReceiptState
) -> None:
    person, actor = world.annotator()
    receipt_id = _stands(world, person, status)
    appeal_id = appealed(world, actor, receipt_id)
    time.now = datetime(2026, 3, 11, 9, tzinfo=UTC)  # five working days on, to the minute
    assert not _held(world, appeal_id)
    time.now += timedelta(seconds=1)
    assert _held(world, appeal_id) and not _held(world, appeal_id), "once"
    (line,) = world.audit("appeal.held")
    assert (line.actor_ref, line.object_ref, line.details) == ("system:gates", appeal_id, {"receipt": receipt_id})
    with world.db.reading(world.vendor) as session:
        back = queries.annotator_by_id(session, person.id)
        told, decided = queries.receipts_of(session, person.id)[0]
    assert back is not None and back.status is Standing.ACTIVE
    assert (told.kind, told.rule, decided.state) == (ReceiptKind.RESTORED, "late_appeal", ReceiptState.APPEALED)
    assert "is on hold" in render(told.what, "en") and decided.appeal is not None
    assert decided.appeal.held_at == time.now
    time.now += timedelta(days=1)
    stands = Standing(status) if outcome == "upheld" else Standing.ACTIVE
    assert _answered(world, appeal_id, outcome) == (after, stands)


def test_a_pause_with_an_end_that_was_on_hold_and_holds_again_is_over_by_itself(world: World, time: Time) -> None:
    person, actor = world.annotator()
    receipt_id = _stands(world, person, "paused", until_at=time.now + timedelta(days=20))
    appeal_id = appealed(world, actor, receipt_id)
    time.now += timedelta(days=8)
    assert _held(world, appeal_id)
    time.now += timedelta(days=1)
    assert _answered(world, appeal_id, "upheld") == (ReceiptState.IN_FORCE, Standing.PAUSED)
    time.now += timedelta(days=11)
    with world.db.transaction(Scope.system("test")) as session:
        assert end_pauses(session, RULE) == 1
    with world.db.reading(world.vendor) as session:
        back, receipt = queries.annotator_by_id(session, person.id), queries.receipt_of(session, receipt_id)
    assert back is not None and receipt is not None
    assert (back.status, receipt.state) == (Standing.ACTIVE, ReceiptState.ENDED)


def test_what_was_decided_later_holds_whatever_becomes_of_a_late_appeal(world: World, time: Time) -> None:
    person, actor = world.annotator()
    appeal_id = appealed(world, actor, _stands(world, person, "paused"))
    time.now += timedelta(minutes=1)
    _stands(world, person, "suspended")
    time.now += timedelta(days=8)
    assert not _held(world, appeal_id), "nothing of the pause is in place"
    with world.db.reading(world.vendor) as session:
        back, receipt = queries.annotator_by_id(session, person.id), queries.receipts_of(session, person.id)[0][1]
    assert back is not None and back.status is Standing.SUSPENDED
    assert receipt.appeal is not None and receipt.appeal.held_at is None


def test_silence_opens_nothing_that_protects_the_data_of_others(world: World, time: Time) -> None:
    person, actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        for level in (2, 1):
            operations.set_clearance(
                session, world.manager, person.id, level=level, until_at=time.now + timedelta(days=60), reason="So."
            )
        (receipt,) = queries.receipts_of(session, person.id)[0]
    appeal_id = appealed(world, actor, receipt.id)
    time.now += timedelta(days=8)
    with world.db.reading(Scope.system("test")) as session:
        assert late_appeals(session) == []
        found = session.get_one(Annotator, person.id)
        assert found.clearance == 1
    assert not _held(world, appeal_id)


def _receipt(world: World, receipt_id: str) -> ReceiptView:
    with world.db.reading(world.vendor) as session:
        receipt = queries.receipt_of(session, receipt_id)
    assert receipt is not None
    return receipt


def _run_job(world: World, times: int = 1) -> None:
    with world.db.transaction(Scope.system("test")) as session:
        for _time in range(times):
            enqueue(session, hold_late_appeals)
    drain(world.db)


def test_the_job_holds_what_is_late_once_and_person_and_vendor_are_written_to(world: World, time: Time) -> None:
    person, actor = world.annotator()
    receipt_id = _stands(world, person, "suspended")
    appealed(world, actor, receipt_id)
    letters(world)
    time.now = datetime(2026, 3, 11, 9, 1, tzinfo=UTC)
    _run_job(world, times=2)
    _run_job(world)
    assert len(world.audit("appeal.held")) == 1
    with world.db.reading(world.vendor) as session:
        (told, decided), _after = queries.receipts_of(session, person.id)
        assert (told.kind, decided.state) == (ReceiptKind.RESTORED, ReceiptState.APPEALED)
    assert render(words.state_told(decided)[0], "en") == "Lifted until it is answered"
    found = letters(world)
    assert set(found) == {"amina.wanjiru", "carl.colleague", "otto.operator"}, "who decided does not answer"
    assert "1 decision about your work was made, with its reason and the way back." in found["amina.wanjiru"]
    for name in ("carl.colleague", "otto.operator"):
        assert "1 appeal was not answered by its day." in found[name]
        assert "Where such a decision took work, it is on hold until it is answered" in found[name]
    assert letters(world) == {}, "once"
    time.now += timedelta(hours=1)
    with world.db.reading(world.vendor) as session:
        (row,) = queries.appeals(session)[0]
    assert _answered(world, row.appeal.id, "upheld") == (ReceiptState.IN_FORCE, Standing.SUSPENDED)
    hold = words.hold_told(_receipt(world, receipt_id))
    assert hold is not None and "It holds again since this answer." in render(hold, "en")
    assert {name: "1 appeal of yours was answered." in text for name, text in letters(world).items()} == {
        "amina.wanjiru": True
    }


@pytest.mark.parametrize(
    ("outcome", "after"),
    [("upheld", (ReceiptState.IN_FORCE, Standing.PAUSED)), ("overturned", (ReceiptState.OVERTURNED, Standing.ACTIVE))],
)
def test_an_answer_that_comes_while_the_job_holds_waits_for_it(
    world: World, time: Time, outcome: str, after: tuple[ReceiptState, Standing]
) -> None:
    person, actor = world.annotator()
    receipt_id = _stands(world, person, "paused")
    appeal_id = appealed(world, actor, receipt_id)
    time.now += timedelta(days=8)
    found: list[tuple[ReceiptState, Standing]] = []
    answer = threading.Thread(
        target=copy_context().run, args=(lambda: found.append(_answered(world, appeal_id, outcome)),)
    )
    with world.db.transaction(Scope.system("test")) as session:
        assert hold_decision(session, RULE, appeal_id)
        answer.start()
        clock.rest(0.3)
        assert found == []
    answer.join(20)
    assert found == [after]


def test_a_job_that_comes_while_somebody_answers_holds_nothing(world: World, time: Time) -> None:
    person, actor = world.annotator()
    appeal_id = appealed(world, actor, _stands(world, person, "paused"))
    time.now += timedelta(days=8)
    held: list[bool] = []
    job = threading.Thread(target=copy_context().run, args=(lambda: held.append(_held(world, appeal_id)),))
    with world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.colleague, appeal_id, outcome="upheld", answer="I looked.")
        job.start()
        clock.rest(0.3)
        assert held == []
    job.join(20)
    assert held == [False]
    with world.db.reading(world.vendor) as session:
        back = queries.annotator_by_id(session, person.id)
    assert back is not None and back.status is Standing.PAUSED and not world.audit("appeal.held")


def test_a_decision_that_another_one_has_taken_the_place_of_while_it_was_on_hold_is_over(
    world: World, time: Time
) -> None:
    person, actor = world.annotator()
    receipt_id = _stands(world, person, "paused")
    appeal_id = appealed(world, actor, receipt_id)
    time.now += timedelta(days=8)
    assert _held(world, appeal_id)
    time.now += timedelta(minutes=1)
    later = _stands(world, person, "paused", until_at=time.now + timedelta(days=3))
    time.now += timedelta(minutes=1)
    assert _answered(world, appeal_id, "upheld") == (ReceiptState.ENDED, Standing.PAUSED)
    assert _receipt(world, later).state is ReceiptState.IN_FORCE
    time.now += timedelta(days=3)
    with world.db.transaction(Scope.system("test")) as session:
        assert end_pauses(session, RULE) == 1
    assert [_receipt(world, each).state for each in (receipt_id, later)] == [ReceiptState.ENDED] * 2


def test_who_left_while_a_decision_was_on_hold_stays_gone(world: World, time: Time) -> None:
    person, actor = world.annotator()
    appeal_id = appealed(world, actor, _stands(world, person, "suspended"))
    time.now += timedelta(days=8)
    assert _held(world, appeal_id)
    time.now += timedelta(minutes=1)
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, actor, person.id, status="left", reason="I found other work.")
    time.now += timedelta(minutes=1)
    assert _answered(world, appeal_id, "upheld") == (ReceiptState.ENDED, Standing.LEFT)


def test_of_somebody_who_was_erased_nothing_is_lifted(world: World, time: Time) -> None:
    person, actor = world.annotator()
    appeal_id = appealed(world, actor, _stands(world, person, "paused"))
    time.now += timedelta(days=8)
    for status, late in (("active", [appeal_id]), ("erased", [])):
        with world.db.transaction(Scope.system("test")) as session:
            session.get_one(Account, person.account_id).status = status
        with world.db.reading(Scope.system("test")) as session:
            assert late_appeals(session) == late


def test_late_appeals_stand_first_in_the_vendors_list(world: World, time: Time) -> None:
    made = []
    for name in ("Amina Wanjiru", "Nia Otieno", "Juma Kamau"):
        person, actor = world.annotator(name)
        made.append(appealed(world, actor, _stands(world, person, "paused")))
        time.now += timedelta(days=7)
    assert _held(world, made[1]) and _held(world, made[0])
    with world.db.reading(world.vendor) as session:
        rows, _after = queries.appeals(session)
    assert [(row.appeal.id, row.appeal.held_at is not None) for row in rows] == [
        (made[0], True), (made[1], True), (made[2], False),
    ]  # fmt: skip


def test_the_job_reads_what_is_late_and_walks_through_nothing(world: World) -> None:
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        sent.append((statement, parameters))

    with world.db.reading(Scope.system("test")) as session:
        event.listen(world.db.engine, "before_cursor_execute", note)
        late_appeals(session)
        event.remove(world.db.engine, "before_cursor_execute", note)
    statement, parameters = next(each for each in sent if "FROM appeal" in each[0])
    with world.db.engine.connect() as connection:
        if world.db.is_sqlite:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
    told = "\n".join(plan)
    assert "ix_appeal_late" in told and not re.search(r"SCAN (?!CONSTANT)|Seq Scan", told), told


def test_what_was_over_before_its_end_was_kept_is_over_since_its_own_end_or_the_day_it_was_made(
    world: World, time: Time
) -> None:
    person, _actor = world.annotator()
    made, until = time.now, time.now + timedelta(days=3)
    by_time, by_hand = _stands(world, person, "paused", until_at=until), pause(world, person)
    time.now += timedelta(days=5)
    with world.db.transaction(Scope.system("test")) as session:
        assert end_pauses(session, RULE) == 1
    with world.db.transaction(world.vendor) as session:
        operations.end_receipt(session, RULE, by_hand)
    holds = pause(world, person, "G2")
    assert [_receipt(world, each).ended_at for each in (by_time, by_hand, holds)] == [time.now, time.now, None]
    command.downgrade(alembic_config(world.db), "0058")
    upgrade(world.db)
    assert [_receipt(world, each).ended_at for each in (by_time, by_hand, holds)] == [until, made, None]


def test_pages_and_api_say_what_is_lifted_and_what_can_still_be_appealed(
    world: World, time: Time, tmp_path: Path
) -> None:
    settings = Settings(
        environment="test", database_url=str(world.db.url), redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    app = create_app(settings, world.db)
    person, actor = world.annotator()
    receipt_id, ended = _stands(world, person, "paused"), pause(world, person)
    appeal_id = appealed(world, actor, receipt_id)
    with world.db.transaction(world.vendor) as session:
        operations.end_receipt(session, RULE, ended)
    time.now += timedelta(days=8)
    assert _held(world, appeal_id)
    own, answers = Visitor(app, world.db, actor), Visitor(app, world.db, world.colleague)
    shown = own.text(f"/receipts/{receipt_id}")
    assert "Lifted until it is answered" in shown and "it is lifted until it is answered." in shown
    assert "Lifted until it is answered" in own.text("/receipts")
    asked = answers.text(f"/appeals/{appeal_id}")
    assert "it is lifted until it is answered." in asked
    assert not re.search(f"{world.manager.account_id}|Vera Manager", asked), "who answers does not see who decided"
    told = Program(app, world.db, actor).send("GET", f"/receipts/{receipt_id}").json
    assert told is not None and told["appeal"]["held_at"] == "2026-03-12T09:00:00Z" and told["ended_at"] is None
    assert "Appeal this decision" in own.text(f"/receipts/{ended}"), "it is over, and stays on the record"
    time.now = datetime(2026, 4, 3, 9, 0, 1, tzinfo=UTC)  # thirty days and a second after its end
    assert "Appeal this decision" not in Visitor(app, world.db, actor).text(f"/receipts/{ended}")
