"""Invariants of the trail: what must be told in the log is told there, and jobs have one end."""

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from admin.invariants.rule import rows_of
from calibration.models import GoldKey
from kernel.models import AuditEvent, OutboxEvent
from marketplace.models import Assignment
from payouts.models import PayoutRun, Rate


def jobs_with_two_ends(session: Session) -> int:
    """Jobs that are done and dead, or done and still claimed."""
    two = or_(OutboxEvent.dead_at.is_not(None), OutboxEvent.claimed_until.is_not(None))
    return rows_of(session, select(OutboxEvent.id).where(OutboxEvent.done_at.is_not(None), two))


def rates_untold(session: Session) -> int:
    """Lanes with more rates than events that tell of one."""
    rates = (
        select(Rate.org_id, Rate.lane_id, func.count().label("rates")).group_by(Rate.org_id, Rate.lane_id).subquery()
    )
    told = (
        select(func.count())
        .where(
            AuditEvent.org_id == rates.c.org_id,
            AuditEvent.object_type == "lane",
            AuditEvent.object_ref == rates.c.lane_id,
            AuditEvent.action == "rate.set",
        )
        .scalar_subquery()
    )
    return rows_of(session, select(rates.c.lane_id).where(told < rates.c.rates))


def runs_untold(session: Session) -> int:
    """Payout runs of whose making nothing is told."""
    told = exists().where(
        AuditEvent.org_id == PayoutRun.org_id,
        AuditEvent.object_type == "payout_run",
        AuditEvent.object_ref == PayoutRun.id,
    )
    return rows_of(session, select(PayoutRun.id).where(~told))


def gold_untold(session: Session) -> int:
    """Gold sets with keys of which nothing is told."""
    told = exists().where(
        AuditEvent.org_id == GoldKey.org_id,
        AuditEvent.object_type == "gold_set",
        AuditEvent.object_ref == GoldKey.gold_set_id,
    )
    return rows_of(session, select(GoldKey.org_id, GoldKey.gold_set_id).distinct().where(~told))


def leases_untold(session: Session) -> int:
    """Assignments whose handing out is not told: the decision that was made then left no trace."""
    told = exists().where(
        and_(
            AuditEvent.org_id == Assignment.org_id,
            AuditEvent.object_type == "assignment",
            AuditEvent.object_ref == Assignment.id,
            AuditEvent.action == "unit.taken",
        )
    )
    return rows_of(session, select(Assignment.id).where(~told))
