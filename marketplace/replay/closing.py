"""The end of a replay: grading, consensus, review, pay, and a release that the client accepts."""

from collections.abc import Callable

from sqlalchemy import select

from calibration.operations import grading
from kernel import audit
from kernel.batch import keep_rows
from kernel.errors import Conflict
from kernel.jobs import enqueue
from kernel.models import OutboxEvent
from marketplace.jobs.work import settle_one_lane
from marketplace.operations import counting, releases, reviewing
from marketplace.replay.cast import ME, Stage
from marketplace.replay.ordering import CURRENCY, Order, carry
from payouts.operations import earnings, runs

Advance = Callable[[int], None]
_REVIEWS_AT_ONCE = 200
_AT_ONCE = 2_000
_DUE_AT_ONCE = 4_000


def grade(stage: Stage, advance: Advance) -> None:
    """Take up every judgment that waits."""
    more = True
    while more:
        with stage.system() as session:
            done = grading.grade_pending(session, ME, _AT_ONCE)
        more = done.more
        advance(done.judgments)


def settle(stage: Stage, order: Order, advance: Advance) -> None:
    """Infer and settle every lane, and count it for the pages."""
    for lane_id in order.lanes.values():
        with stage.system() as session:
            settling_job = enqueue(session, settle_one_lane, lane_id=lane_id)
        carry(stage, settling_job)
        with stage.system() as session:
            counting.count_lane(session, ME, lane_id, days=8)
        advance(1)


def review(stage: Stage, order: Order, advance: Advance) -> int:
    """Accept the consensus of every unit that waits for review; returns how many."""
    count = 0
    for lane_id in order.lanes.values():
        while done := _review_some(stage, lane_id):
            count += done
            advance(done)
    return count


def _review_some(stage: Stage, lane_id: str) -> int:
    with stage.acting("reviewer") as (session, actor):
        keep_rows(session)
        for number in range(_REVIEWS_AT_ONCE):
            task = reviewing.take_review(session, actor, lane_id)
            if task is None:
                return number
            reviewing.decide_review(session, actor, task.id, verdict="accept")
    return _REVIEWS_AT_ONCE


def approve(stage: Stage, advance: Advance) -> None:
    """Silence was acceptance: what nobody rejected within the hold is owed."""
    while True:
        with stage.acting("maker") as (session, actor):
            done = earnings.approve_due(session, actor, limit=_DUE_AT_ONCE)
        advance(done)
        if done < _DUE_AT_ONCE:
            return


def pay(stage: Stage) -> int:
    """A payout run by two people, settled; returns what was paid, in micro-units."""
    with stage.acting("maker") as (session, actor):
        run = runs.prepare_run(session, actor, currency=CURRENCY)
    with stage.acting("checker") as (session, actor):
        runs.approve_run(session, actor, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
    with stage.acting("maker") as (session, actor):
        runs.export_run(session, actor, run.id)
    with stage.acting("checker") as (session, actor):
        return runs.settle_run(session, actor, run.id).total_micros


def release(stage: Stage, order: Order) -> str:
    """Cut, build, accept and invoice a release; returns its checksum."""
    with stage.acting("pm") as (session, actor):
        ordered = releases.cut_release(session, actor, order.project_id)
    carry(stage, ordered.job_id)
    with stage.acting("pm") as (session, actor):
        accepted = releases.decide_release(session, actor, ordered.id, accept=True)
    with stage.system() as session:
        key = f"marketplace.invoice_release:{ordered.id}"
        invoicing = session.scalar(select(OutboxEvent.id).where(OutboxEvent.dedupe_key == key))
    carry(stage, invoicing)
    if accepted.sha256 is None:
        raise Conflict("replay.release", "the release has no checksum")
    return accepted.sha256


def link_log(stage: Stage, advance: Advance) -> None:
    """Link the events that were written without waiting for the head of their chain."""
    while True:
        with stage.system() as session:
            done = audit.link_pending(session, _AT_ONCE)
        advance(done)
        if not done:
            return
