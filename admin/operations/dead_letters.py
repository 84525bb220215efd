"""Dead letters: jobs that failed as often as they may are tried again, or given up, by a person and on the record."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.policy import Action, job_resource
from admin.queries.machinery import dead_job
from admin.values import DeadJob
from i18n import _
from kernel import audit
from kernel.db import after_commit, now_of
from kernel.errors import Conflict
from kernel.guard import not_found, require
from kernel.models import OutboxEvent
from kernel.policy import Actor
from kernel.queue import send


def retry_job(session: Session, actor: Actor, event_id: str) -> DeadJob:
    """Give a dead job all its attempts again, at once; a long one goes on from the place it has kept."""
    row = _dead(session, actor, event_id)
    told = dead_job(row)
    row.dead_at, row.claimed_until, row.attempts, row.available_at = None, None, 0, now_of(session)
    session.flush()
    after_commit(session, lambda: _hand_over(told))
    _tell(session, actor, "job.retried", told)
    return told


def discard_job(session: Session, actor: Actor, event_id: str) -> DeadJob:
    """Give a dead job up: it counts as over from now on, without an effect."""
    row = _dead(session, actor, event_id)
    told = dead_job(row)
    row.done_at, row.dead_at, row.result = now_of(session), None, {"discarded": True}
    session.flush()
    _tell(session, actor, "job.discarded", told)
    return told


def _dead(session: Session, actor: Actor, event_id: str) -> OutboxEvent:
    row = session.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id).with_for_update()).one_or_none()
    if row is None:
        raise not_found()
    require(session, actor, Action.JOB_MANAGE, job_resource(row.id, row.org_id))
    if row.dead_at is None:
        raise Conflict("job.not_dead", _("This job is not waiting for a decision any more."))
    return row


def _hand_over(told: DeadJob) -> None:
    send(told.queue, told.id, 0)


def _tell(session: Session, actor: Actor, action: str, told: DeadJob) -> None:
    details = {"job": told.job, "attempts": told.attempts, "error": told.last_error[:200]}
    audit.record(session, actor, action, "job", told.id, org_id=told.org_id, details=details)
