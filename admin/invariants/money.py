"""Invariants of money: paid once, to the author, for what was done; the books prove the rest themselves."""

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from admin.invariants.rule import rows_of
from calibration.models import Attempt, Judgment
from payouts.models import Earning, Transfer
from payouts.values import UNIT, Code


def paid_to_somebody_else(session: Session) -> int:
    """Earnings of another person, or another vendor, than the judgment's."""
    other = or_(
        Judgment.annotator_id != Earning.annotator_id,
        Judgment.account_id != Earning.account_id,
        Judgment.vendor_org_id != Earning.org_id,
    )
    return rows_of(
        session,
        select(Earning.id).join(Judgment, Judgment.id == Earning.cause_id).where(Earning.cause_kind == UNIT, other),
    )


def paid_twice(session: Session) -> int:
    """Judgments with more than one earning, be it of two vendors."""
    return rows_of(
        session,
        select(Earning.cause_id)
        .where(Earning.cause_kind == UNIT)
        .group_by(Earning.cause_id)
        .having(func.count() > 1),
    )  # fmt: skip


def paid_without_judgment(session: Session) -> int:
    """Earnings for a judgment, or for an exam of the same person, that there is not."""
    judged = exists().where(Judgment.id == Earning.cause_id)
    examined = exists().where(
        Attempt.id == Earning.cause_id,
        Attempt.annotator_id == Earning.annotator_id,
        Attempt.account_id == Earning.account_id,
        Attempt.vendor_org_id == Earning.org_id,
    )
    return rows_of(session, select(Earning.id).where(Earning.cause_kind == UNIT, ~judged, ~examined))


def judged_without_earning(session: Session) -> int:
    """Judgments that nobody is ever paid for."""
    earned = exists().where(
        Earning.org_id == Judgment.vendor_org_id, Earning.cause_kind == UNIT, Earning.cause_id == Judgment.id
    )
    return rows_of(session, select(Judgment.id).where(Judgment.vendor_org_id.is_not(None), ~earned))


def bad_reversals(session: Session) -> int:
    """Reversals that turn nothing back, or something else."""
    first = aliased(Transfer)
    right = and_(
        first.id == Transfer.reverses_id,
        first.org_id == Transfer.org_id,
        first.debit_id == Transfer.credit_id,
        first.credit_id == Transfer.debit_id,
        first.micros == Transfer.micros,
        first.currency == Transfer.currency,
    )
    claims = or_(Transfer.code == Code.REVERSED, Transfer.reverses_id.is_not(None))
    return rows_of(session, select(Transfer.id).outerjoin(first, right).where(claims, first.id.is_(None)))
