"""The vendor's board: everything promised, by project and locale, and what needs somebody today. Ready-made counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from calibration.rules.intervals import wilson
from kernel.db import now_of
from marketplace.models import CoverageRequest, Lane, LaneDay, LaneProgress, Project, Review
from payouts.models import PayoutRun
from workforce.models import Annotator, Appeal

LANES_MOST = 200
COUNTED_TO = 100


@dataclass(frozen=True)
class BoardLane:
    """A lane's line on the board."""

    lane_id: str
    project_id: str
    project_name: str
    locale: str
    state: str
    units: int
    settled: int
    review: int
    people: int
    able: int
    checked: int  # in tens, of days that are over; nought while there are too few
    accuracy: float | None
    low: float
    high: float
    target: float
    deadline_at: datetime | None
    finish_on: date | None
    finish_middle: date | None
    chance: float | None

    @property
    def is_late(self) -> bool:
        return bool(self.finish_on and self.deadline_at and self.finish_on > self.deadline_at.date())


@dataclass(frozen=True)
class Waiting:
    """What needs somebody today: how many of each kind, counted up to a hundred."""

    requests: int
    applicants: int
    appeals: int
    late_appeals: int  # of these
    reviews: int
    payouts: int

    @property
    def total(self) -> int:
        return self.requests + self.applicants + self.appeals + self.reviews + self.payouts


def board_lanes(session: Session) -> Sequence[BoardLane]:
    """The lanes of projects that go on, with their figures and today's forecast of when they end.

    Before there is one, the speed of the last week says it.
    """
    rows = session.execute(
        select(Lane, Project.name, LaneProgress)
        .join(Project, Project.id == Lane.project_id)
        .outerjoin(LaneProgress, LaneProgress.lane_id == Lane.id)
        .where(Project.state.in_(("draft", "live", "paused")), Lane.state != "done")
        .order_by(Project.name, Lane.locale)
        .limit(LANES_MOST)
    ).all()
    speeds = _speeds(session, [lane.id for lane, _, _ in rows])
    today = now_of(session).date()
    return [_line(lane, name, progress, speeds.get(lane.id, 0.0), today) for lane, name, progress in rows]


def _speeds(session: Session, lane_ids: Sequence[str]) -> dict[str, float]:
    """Judgments a day over the last seven days."""
    since = now_of(session).date() - timedelta(days=7)
    rows = session.execute(
        select(LaneDay.lane_id, func.sum(LaneDay.judgments))
        .where(LaneDay.lane_id.in_(lane_ids), LaneDay.day > since)
        .group_by(LaneDay.lane_id)
    )
    return {lane_id: float(count) / 7 for lane_id, count in rows}


def _line(lane: Lane, name: str, progress: LaneProgress | None, speed: float, today: date) -> BoardLane:
    units, settled, review = (progress.units, progress.settled, progress.review) if progress else (0, 0, 0)
    checked, right = (progress.told_checked, progress.told_right) if progress else (0, 0.0)
    interval = wilson(right, checked) if checked else None
    left = max(0, units - settled - review) * lane.overlap
    foreseen = progress.finish_likely if progress and left else None
    finish = today + timedelta(days=min(3650, round(left / speed + 0.5))) if speed and left else None
    return BoardLane(
        lane.id, lane.project_id, name, lane.locale, lane.state, units, settled, review,
        progress.people if progress else 0, progress.able if progress else 0, checked,
        right / checked if checked else None, interval.lower if interval else 0.0, interval.upper if interval else 1.0,
        lane.quality_target, lane.deadline_at, foreseen or finish,
        progress.finish_middle if progress and foreseen else None,
        progress.finish_chance if progress and left else None,
    )  # fmt: skip


def throughput(session: Session, days: int = 14) -> list[tuple[date, int]]:
    """Judgments of each of the last days, over all lanes, oldest first; a day without any counts zero."""
    today = now_of(session).date()
    since = today - timedelta(days=days - 1)
    rows = session.execute(
        select(LaneDay.day, func.sum(LaneDay.judgments)).where(LaneDay.day >= since).group_by(LaneDay.day)
    )
    counts = {row[0]: int(row[1]) for row in rows}
    return [(day, counts.get(day, 0)) for day in (since + timedelta(days=back) for back in range(days))]


def waiting(session: Session) -> Waiting:
    """What waits for the vendor's people."""
    return Waiting(
        requests=_count(session, CoverageRequest.id, CoverageRequest.state == "sent"),
        applicants=_count(session, Annotator.id, Annotator.status == "applied"),
        appeals=_count(session, Appeal.id, Appeal.decided_at.is_(None)),
        late_appeals=_count(session, Appeal.id, Appeal.decided_at.is_(None), Appeal.due_at < now_of(session)),
        reviews=_count(session, Review.id, Review.state == "open"),
        payouts=_count(session, PayoutRun.id, PayoutRun.state == "draft"),
    )


def _count(session: Session, column: object, *conditions: object) -> int:
    rows = select(column).where(and_(*conditions)).limit(COUNTED_TO).subquery()  # type: ignore[call-overload,arg-type]
    return session.scalar(select(func.count()).select_from(rows)) or 0
