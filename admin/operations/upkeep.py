"""Upkeep: what is over is removed after its time, and figures are counted so that no page has to."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session

from admin.queries import machinery
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.jobs import PERIODIC
from kernel.models import Idempotency, OutboxEvent, OutgoingMail, RateBucket
from kernel.policy import Actor
from workforce.models import AccountLink

KEEP = timedelta(days=7)
KEEP_PERIODIC = timedelta(days=1)  # the schedule's own rows: thousands a day, and nobody asks for them
PORTION = 2000


def prune(session: Session, actor: Actor, limit: int = PORTION) -> dict[str, int]:
    """Remove one portion of answers to old keys, jobs that are done, windows that are over, and traces of letters."""
    return {
        "keys": _prune_keys(session, limit),
        "jobs": _prune_jobs(session, limit),
        "windows": _prune_windows(session, limit),
        "letters": _prune_letters(session, limit),
    }


def _prune_keys(session: Session, limit: int) -> int:
    key = tuple_(Idempotency.actor_id, Idempotency.route, Idempotency.key)
    old = (
        select(Idempotency.actor_id, Idempotency.route, Idempotency.key)
        .where(Idempotency.created_at < now_of(session) - KEEP)
        .limit(limit)
    )
    return _delete(session, delete(Idempotency).where(key.in_(old)))


def _prune_jobs(session: Session, limit: int) -> int:
    now = now_of(session)
    old = (
        select(OutboxEvent.id)
        .where(
            OutboxEvent.done_at < now - KEEP_PERIODIC,
            or_(OutboxEvent.done_at < now - KEEP, OutboxEvent.job.in_(list(PERIODIC))),
        )
        .limit(limit)
    )
    return _delete(session, delete(OutboxEvent).where(OutboxEvent.id.in_(old)))


def _prune_windows(session: Session, limit: int) -> int:
    old = select(RateBucket.key).where(RateBucket.window_ends_at < now_of(session) - KEEP_PERIODIC).limit(limit)
    return _delete(session, delete(RateBucket).where(RateBucket.key.in_(old)))


def _prune_letters(session: Session, limit: int) -> int:
    """That letters have left, and the addresses that stood in them."""
    before = now_of(session) - KEEP
    sent = select(OutgoingMail.id).where(OutgoingMail.sent_at < before).limit(limit)
    over = select(AccountLink.id).where(AccountLink.expires_at < before).limit(limit)
    return max(
        _delete(session, delete(OutgoingMail).where(OutgoingMail.id.in_(sent))),
        _delete(session, delete(AccountLink).where(AccountLink.id.in_(over))),
    )


def _delete(session: Session, statement: Any) -> int:
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return changed_rows(done)


def measure(session: Session, actor: Actor) -> dict[str, Any]:
    """Count what the operator's home page shows."""
    return {
        "judgments": machinery.judgments_by_day(session),
        "jobs": machinery.jobs_by_day(session),
        "organizations": machinery.organizations_by_kind(session),
        "people": machinery.people_by_status(session),
        "accounts": machinery.live_accounts(session),
    }
