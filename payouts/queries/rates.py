"""Rates, read: what a unit of a lane earns at a moment, and what it earned before."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from kernel.hot import Hot, table_of
from payouts.models import Rate
from payouts.values import RateView

_COLUMNS = (Rate.id, Rate.lane_id, Rate.micros, Rate.currency, Rate.from_at, Rate.set_by)
# Every take asks for it, so that it is made once.
_R = table_of(Rate)
_IN_FORCE = Hot(
    select(_R.c.id, _R.c.lane_id, _R.c.micros, _R.c.currency, _R.c.from_at, _R.c.set_by)
    .where(_R.c.lane_id == bindparam("p_lane"), _R.c.from_at <= bindparam("p_now"))
    .order_by(_R.c.from_at.desc())
    .limit(1)
)


def _view(row: Any) -> RateView:
    return RateView(*row)


def rate_of(session: Session, lane_id: str, now: datetime) -> RateView | None:
    """The rate that is in force for a lane at `now`; None where the vendor has set none yet."""
    row = _IN_FORCE.run(session, p_lane=lane_id, p_now=now).one_or_none()
    return _view(row) if row else None


def rate_history(session: Session, lane_id: str, limit: int = 50) -> list[RateView]:
    """All rates of a lane, those to come first."""
    rows = session.execute(
        select(*_COLUMNS).where(Rate.lane_id == lane_id).order_by(Rate.from_at.desc()).limit(min(limit, 200))
    )
    return [_view(row) for row in rows]


def current_rates(session: Session, now: datetime, lane_ids: Collection[str]) -> dict[str, RateView]:
    """The rate in force of each of these lanes that has one, by lane."""
    newest = (
        select(Rate.lane_id, func.max(Rate.from_at).label("from_at"))
        .where(Rate.from_at <= now, Rate.lane_id.in_(lane_ids))
        .group_by(Rate.lane_id)
        .subquery()
    )
    rows = session.execute(
        select(*_COLUMNS).join(newest, (newest.c.lane_id == Rate.lane_id) & (newest.c.from_at == Rate.from_at))
    )
    return {row.lane_id: _view(row) for row in rows}
