"""Payout methods, read: masked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.models import PayoutMethod
from payouts.values import MethodKind, MethodView


def method_of(session: Session, annotator_id: str) -> MethodView | None:
    """How a person is paid, as it may be shown; None where they have not said yet."""
    row = session.execute(
        select(
            PayoutMethod.id, PayoutMethod.annotator_id, PayoutMethod.kind, PayoutMethod.mask, PayoutMethod.changed_at
        ).where(PayoutMethod.annotator_id == annotator_id)
    ).one_or_none()
    return MethodView(row.id, row.annotator_id, MethodKind(row.kind), row.mask, row.changed_at) if row else None
