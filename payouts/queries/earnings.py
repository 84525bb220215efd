"""Earnings, read: one person's lines, newest first, and what is due."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from kernel.paging import Paging
from payouts.models import Earning
from payouts.values import UNIT, EarningState, EarningView

MOST = 200
_NEWEST = Paging("earnings", Earning.earned_at, Earning.id, newest_first=True)
COLUMNS = (
    Earning.id, Earning.org_id, Earning.cause_id, Earning.annotator_id, Earning.lane_id, Earning.project_id,
    Earning.micros, Earning.currency, Earning.state, Earning.memo, Earning.earned_at, Earning.due_at,
    Earning.approved_at, Earning.paid_at, Earning.receipt_id, Earning.payout_line_id,
)  # fmt: skip


def view(row: Row[Any]) -> EarningView:
    """An earning as others see it, from a row of COLUMNS."""
    values = row._asdict()
    values["judgment_id"] = values.pop("cause_id")
    values["state"] = EarningState(values["state"])
    return EarningView(**values)


def earning_of(session: Session, judgment_id: str) -> EarningView | None:
    """The earning of a judgment."""
    row = session.execute(
        select(*COLUMNS).where(Earning.cause_kind == UNIT, Earning.cause_id == judgment_id)
    ).one_or_none()
    return view(row) if row else None


def earnings_of(
    session: Session, annotator_id: str, *, state: EarningState | None = None, after: str | None = None, limit: int = 50
) -> tuple[list[EarningView], str | None]:  # fmt: skip
    """A page of a person's earnings, newest first, and the cursor of the next one."""
    limit = max(1, min(limit, MOST))
    found = select(*COLUMNS).where(Earning.annotator_id == annotator_id, *_NEWEST.after(after))
    if state is not None:
        found = found.where(Earning.state == state)
    rows, next_after = _NEWEST.cut(session.execute(found.order_by(*_NEWEST.order()).limit(limit + 1)).all(), limit)
    return [view(row) for row in rows], next_after


def due_judgments(session: Session, org_id: str, now: datetime, limit: int) -> list[str]:
    """Judgments of a vendor whose pay has waited for as long as it may."""
    return list(
        session.scalars(
            select(Earning.cause_id)
            .where(Earning.org_id == org_id, Earning.state == EarningState.PENDING, Earning.due_at <= now)
            .order_by(Earning.due_at, Earning.id)
            .limit(limit)
        )
    )


def earned_in(session: Session, project_id: str) -> list[tuple[str, str, str, int]]:
    """What each person has earned for answers in each lane of a project: (lane, annotator, currency, micro-units).

    What was rejected is none of it. System scope: earnings are the vendor's.
    """
    rows = session.execute(
        select(Earning.lane_id, Earning.annotator_id, Earning.currency, func.sum(Earning.micros))
        .where(Earning.project_id == project_id, Earning.cause_kind == UNIT, Earning.state != "rejected")
        .group_by(Earning.lane_id, Earning.annotator_id, Earning.currency)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]
