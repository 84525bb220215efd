"""Invariants of the trail: what must be told in the log is told there, and jobs have one end."""

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from admin.invariants.rule import rows_of
from calibration.models import GoldKey
from kernel.models import AccessGrant, AuditEvent, OutboxEvent
from marketplace.models import Assignment, CoverageRequest, Quote
from payouts.models import Invoice, PayoutRun, Rate


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


def invoices_untold(session: Session) -> int:
    """Invoices of whose issue, or of whose payment, nothing is told."""

    def told(action: str) -> ColumnElement[bool]:
        return exists().where(
            AuditEvent.org_id == Invoice.vendor_org_id,
            AuditEvent.object_type == "invoice",
            AuditEvent.object_ref == Invoice.id,
            AuditEvent.action == action,
        )

    paid_untold = and_(Invoice.paid_at.is_not(None), ~told("invoice.received"))
    return rows_of(session, select(Invoice.id).where(or_(~told("invoice.issued"), paid_untold)))


def grants_untold(session: Session) -> int:
    """Grants on a project whose opening, by its request or anew, or whose end before its time is not told."""
    opened = exists().where(
        CoverageRequest.project_id == AccessGrant.subject_id,
        AuditEvent.org_id == AccessGrant.org_id,
        AuditEvent.object_type == "coverage_request",
        AuditEvent.object_ref == CoverageRequest.id,
        AuditEvent.action == "request.sent",
    )
    ended = exists().where(
        AuditEvent.org_id == AccessGrant.org_id,
        AuditEvent.object_type == "project",
        AuditEvent.object_ref == AccessGrant.subject_id,
        AuditEvent.action == "grant.revoked",
    )
    ended_untold = and_(AccessGrant.revoked_at.is_not(None), ~ended)
    earlier = aliased(AccessGrant)
    is_anew = exists().where(earlier.subject_id == AccessGrant.subject_id, earlier.from_at < AccessGrant.from_at)
    renewed = exists().where(
        AuditEvent.org_id == AccessGrant.org_id,
        AuditEvent.object_type == "access_grant",
        AuditEvent.object_ref == AccessGrant.id,
        AuditEvent.action == "grant.renewed",
    )
    return rows_of(session, select(AccessGrant.id).where(or_(~opened, ended_untold, and_(is_anew, ~renewed))))


def rights_untold(session: Session) -> int:
    """Accepted quotes, which give the vendor its rights, of which nothing is told."""
    told = exists().where(
        AuditEvent.org_id == Quote.org_id,
        AuditEvent.object_type == "quote",
        AuditEvent.object_ref == Quote.id,
        AuditEvent.action == "quote.accepted",
    )
    return rows_of(session, select(Quote.id).where(Quote.state == "accepted", ~told))


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
