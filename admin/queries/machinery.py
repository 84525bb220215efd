"""Reads of the machinery: dead jobs, what waits, and the figures that a job has counted."""

from datetime import date, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from admin.values import DeadJob, FailingJob, Health, Measurement
from calibration.models import Judgment
from kernel.db import now_of
from kernel.jobs import PERIODIC
from kernel.models import AuditEvent, OutboxEvent
from kernel.paging import Paging
from marketplace.models import Lane
from workforce.models import Account, Annotator, Appeal, Organization

MOST = 200
DAYS = 14
MEASURE = "admin.measure"
FAILING_SHOWN = 50
FAILS_FROM = 2  # one failed attempt may be bad luck
_DEAD = Paging("dead-letters", OutboxEvent.id)


def dead_jobs(session: Session, *, after: str | None = None, limit: int = 50) -> tuple[list[DeadJob], str | None]:
    """Dead letters by their ids; `after` is the page before's cursor."""
    limit = min(limit, MOST)
    statement = (
        select(OutboxEvent)
        .where(OutboxEvent.done_at.is_(None), OutboxEvent.dead_at.is_not(None), *_DEAD.after(after))
        .order_by(*_DEAD.order())
        .limit(limit + 1)
    )
    rows, next_after = _DEAD.cut(session.scalars(statement).all(), limit)
    return [dead_job(row) for row in rows], next_after


def dead_job(row: OutboxEvent) -> DeadJob:
    """The value of a row that is dead."""
    assert row.dead_at is not None
    return DeadJob(
        row.id, row.job, row.queue, row.org_id, row.args, row.attempts, row.created_at, row.dead_at,
        (row.last_error or "").strip(),
    )  # fmt: skip


def health(session: Session) -> Health:
    """What waits, and since when."""
    now = now_of(session)
    dead = session.scalar(
        select(func.count())
        .select_from(OutboxEvent)
        .where(OutboxEvent.done_at.is_(None), OutboxEvent.dead_at.is_not(None))
    )
    due = session.scalar(
        select(func.min(OutboxEvent.available_at)).where(
            OutboxEvent.done_at.is_(None),
            OutboxEvent.dead_at.is_(None),
            OutboxEvent.available_at <= now,
            or_(OutboxEvent.claimed_until.is_(None), OutboxEvent.claimed_until < now),
        )
    )
    stuck = and_(
        OutboxEvent.done_at.is_(None), OutboxEvent.dead_at.is_(None), OutboxEvent.attempts >= FAILS_FROM,
        OutboxEvent.last_error.is_not(None),
    )  # fmt: skip
    failing = session.scalar(select(func.count()).select_from(OutboxEvent).where(stuck)) or 0
    oldest = session.scalars(select(OutboxEvent).where(stuck).order_by(OutboxEvent.created_at).limit(FAILING_SHOWN))
    waiting = session.execute(
        select(func.count().label("events"), func.min(AuditEvent.at).label("oldest")).where(
            AuditEvent.linked_at.is_(None)
        )
    ).one()
    late = session.scalar(select(func.count(Appeal.id)).where(Appeal.decided_at.is_(None), Appeal.due_at < now))
    return Health(
        dead or 0, due, waiting.oldest, waiting.events, tuple(_failing(row) for row in oldest) if failing else (),
        failing, late or 0,
    )  # fmt: skip


def _failing(row: OutboxEvent) -> FailingJob:
    return FailingJob(
        row.id, row.job, row.attempts, row.created_at, row.available_at, _last_line(row.last_error)
    )  # fmt: skip


def _last_line(trace: str | None) -> str:
    """What an error says in the end, of the trace that is kept with the job."""
    lines = (trace or "").strip().splitlines()
    return lines[-1][:300] if lines else ""


def measurement(session: Session) -> Measurement | None:
    """The newest figures."""
    row = session.execute(
        select(OutboxEvent.done_at, OutboxEvent.result)
        .where(OutboxEvent.done_at.is_not(None), OutboxEvent.job == MEASURE)
        .order_by(OutboxEvent.done_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None or not row.result:
        return None
    kept = row.result
    return Measurement(
        row.done_at, _days(kept["judgments"]), _days(kept["jobs"]), kept["organizations"], kept["people"],
        kept["accounts"],
    )  # fmt: skip


def _days(kept: dict[str, int]) -> dict[date, int]:
    return {date.fromisoformat(day): count for day, count in sorted(kept.items())}


def judgments_by_day(session: Session) -> dict[str, int]:
    """Judgments of the last days. Lane by lane, along an index, so that old ones are not looked at."""
    day = func.date(Judgment.answered_at)
    since = now_of(session) - timedelta(days=DAYS)
    recent = and_(Judgment.org_id == Lane.org_id, Judgment.lane_id == Lane.id, Judgment.answered_at >= since)
    rows = session.execute(
        select(day.label("day"), func.count().label("many")).select_from(Lane).join(Judgment, recent).group_by(day)
    )
    return {str(row.day): row.many for row in rows}


def jobs_by_day(session: Session) -> dict[str, int]:
    """Jobs that somebody's act has asked for; the schedule's own are left out."""
    day = func.date(OutboxEvent.done_at)
    since = now_of(session) - timedelta(days=7)
    rows = session.execute(
        select(day.label("day"), func.count().label("many"))
        .where(OutboxEvent.done_at >= since, OutboxEvent.job.not_in(list(PERIODIC)))
        .group_by(day)
    )
    return {str(row.day): row.many for row in rows}


def organizations_by_kind(session: Session) -> dict[str, int]:
    """How many vendors, clients and operators there are."""
    rows = session.execute(select(Organization.kind, func.count().label("many")).group_by(Organization.kind))
    return {row.kind: row.many for row in rows}


def people_by_status(session: Session) -> dict[str, int]:
    """How many annotators stand where."""
    rows = session.execute(select(Annotator.status, func.count().label("many")).group_by(Annotator.status))
    return {row.status: row.many for row in rows}


def live_accounts(session: Session) -> int:
    """How many people can sign in."""
    return session.scalar(select(func.count()).select_from(Account).where(Account.status == "active")) or 0
