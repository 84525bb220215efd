"""Backtests as they stand: what was asked, how far each is, what it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Backtest


@dataclass(frozen=True, slots=True)
class BacktestView:
    """One backtest; `result` is empty until it is done."""

    id: str
    lane_id: str
    rule: Mapping[str, Any]
    wide: bool
    people: int
    done: int
    result: Mapping[str, Any]
    asked_at: datetime
    finished_at: datetime | None


def backtests_of(session: Session, lane_id: str, limit: int = 10) -> list[BacktestView]:
    """Those of a lane, the newest first."""
    rows = session.scalars(
        select(Backtest).where(Backtest.lane_id == lane_id).order_by(Backtest.asked_at.desc()).limit(limit)
    )
    return [_view(row) for row in rows]


def backtest_of(session: Session, lane_id: str, backtest_id: str) -> BacktestView | None:
    """One of a lane's."""
    row = session.scalars(select(Backtest).where(Backtest.id == backtest_id, Backtest.lane_id == lane_id)).one_or_none()
    return None if row is None else _view(row)


def _view(row: Backtest) -> BacktestView:
    return BacktestView(
        row.id,
        row.lane_id,
        row.rule,
        row.wide,
        row.people,
        row.done,
        row.result,
        row.asked_at,
        row.finished_at,
    )
