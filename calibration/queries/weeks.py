"""A lane's checked answers week by week, from the days that are kept: half a year, however long the lane has been."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from sqlalchemy import Over, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from calibration.models import TrackDay
from calibration.queries.lanes import is_told_exactly
from calibration.rules.blunting import blunt_counts
from calibration.rules.intervals import Interval, wilson
from kernel.db import now_of

WEEKS = 26
FIRST_WEEK, LAST_WEEK = date(2000, 1, 1), date(2999, 12, 31)
"""Days whose week may be asked for."""


@dataclass(frozen=True, slots=True)
class LaneWeek:
    """One week by its Monday: how many answers were checked, and which share was right."""

    monday: date
    checked: int
    accuracy: float
    interval: Interval

    @property
    def low(self) -> float:
        """The lower end of the range."""
        return self.interval.lower

    @property
    def high(self) -> float:
        """The upper end of the range."""
        return self.interval.upper


def weeks_of_lane(session: Session, lane_id: str, owner_id: str) -> tuple[LaneWeek, ...]:
    """The weeks with checks, the oldest first; who does not own the lane is told of those that are over, bluntly."""
    is_exact = is_told_exactly(session, [owner_id])
    today = now_of(session).astimezone(UTC).date()
    monday = monday_of(today)
    days = _by_day(session, lane_id, monday - timedelta(weeks=WEEKS - 1), today if is_exact else monday - timedelta(1))
    counts: dict[date, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for day, checked, right in days:
        before = counts[monday_of(day)]
        counts[monday_of(day)] = before[0] + checked, before[1] + right
    told = {start: count if is_exact else blunt_counts(*count) for start, count in counts.items()}
    return tuple(
        LaneWeek(start, checked, right / checked, wilson(right, checked))
        for start, (checked, right) in sorted(told.items())
        if checked
    )


def monday_of(day: date) -> date:
    """The day that a day's week began on."""
    return day - timedelta(days=day.weekday())


def _by_day(session: Session, lane_id: str, first: date, last: date) -> Iterable[tuple[date, int, float]]:
    """What each day added for everybody: its running counts less those of the person's day before it."""
    earlier = aliased(TrackDay)
    kept = (
        select(
            TrackDay.annotator_id, TrackDay.day, TrackDay.checked, TrackDay.right,
            _before(TrackDay.checked).label("checked_before"),
            _before(TrackDay.right).label("right_before"),
        )
        .where(TrackDay.lane_id == lane_id, TrackDay.day.between(first, last), TrackDay.graded_at.is_not(None))
        .subquery()
    )  # fmt: skip
    # Where a person's first day of these weeks has no day before it here, one step down the primary key finds it.
    at_start = (
        select(earlier)
        .where(
            earlier.lane_id == lane_id, earlier.annotator_id == kept.c.annotator_id, earlier.day < first,
            earlier.graded_at.is_not(None),
        )
        .order_by(earlier.day.desc())
        .limit(1)
        .correlate(kept)
    )  # fmt: skip
    rows = session.execute(
        select(
            kept.c.day, kept.c.checked, kept.c.right,
            func.coalesce(
                kept.c.checked_before, at_start.with_only_columns(earlier.checked).scalar_subquery(), 0
            ).label("checked_before"),
            func.coalesce(
                kept.c.right_before, at_start.with_only_columns(earlier.right).scalar_subquery(), 0.0
            ).label("right_before"),
        )
    ).all()  # fmt: skip
    return [(row.day, row.checked - row.checked_before, row.right - row.right_before) for row in rows]


def _before(column: InstrumentedAttribute[Any]) -> Over[Any]:
    """What stood there on the person's day before."""
    return func.lag(column).over(partition_by=TrackDay.annotator_id, order_by=TrackDay.day)
