"""Counting: how far each lane is, and what was done on each day, kept ready for pages by a job."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from calibration.models import Judgment, Qualification, Track
from calibration.queries import keyed_items
from calibration.queries.lanes import told_of_lane
from kernel.db import now_of
from kernel.policy import Actor
from marketplace.models import Lane, LaneDay, LaneProgress, Unit
from marketplace.operations import forecasting
from marketplace.operations.rework import count_rework
from marketplace.queries.lots import count_lot

ACTIVE_DAYS = 7


def count_lanes(session: Session, actor: Actor, *, days: int = 2) -> int:
    """Count every lane that is not done yet, and its last `days` days; returns how many lanes. System scope.

    A lane that was ended with units still on their way is counted until they have arrived, and once more where a new
    lot has begun.
    """
    moving = select(Unit.lane_id).where(Unit.state.in_(("full", "review")))
    moved = select(LaneProgress.lane_id).where(LaneProgress.full + LaneProgress.review > 0)
    begun = select(LaneProgress.lane_id).where(LaneProgress.lot_rest.is_(None))
    has_new_lot = and_(Lane.lot_limit.is_not(None), Lane.id.in_(begun))
    lanes = session.scalars(
        select(Lane).where(or_(Lane.state != "done", Lane.id.in_(moving), Lane.id.in_(moved), has_new_lot))
    ).all()
    for lane in lanes:
        count_lane(session, actor, lane.id, days=days)
    return len(lanes)


def count_lane(session: Session, actor: Actor, lane_id: str, *, days: int = 2) -> LaneProgress:
    """Count one lane anew."""
    lane, now = session.get_one(Lane, lane_id), now_of(session)
    row = session.get(LaneProgress, lane_id)
    if row is None:
        row = LaneProgress(**_owner(lane), counted_at=now)
        session.add(row)
    for name, value in _figures(session, lane, now).items():
        setattr(row, name, value)
    count_rework(session, actor, lane)
    count_lot(session, lane, row)
    _tell(session, row, (now - timedelta(days=1)).date())
    row.counted_at = now
    forecasting.foresee(session, actor, lane, row)
    for back in range(days):
        _count_day(session, lane, (now - timedelta(days=back)).date())
    session.flush()
    return row


def _tell(session: Session, row: LaneProgress, yesterday: date) -> None:
    """What the vendor may know of checks changes once a day, so that no answer moves it."""
    if row.told_to != yesterday:
        row.told_checked, row.told_right, _table = told_of_lane(session, row.lane_id)
        row.told_to = yesterday


def _owner(lane: Lane) -> dict[str, Any]:
    return {
        "lane_id": lane.id, "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id, "project_id": lane.project_id,
    }  # fmt: skip


def _figures(session: Session, lane: Lane, now: datetime) -> dict[str, Any]:
    counted = session.execute(
        select(Unit.state, func.count())
        .where(Unit.lane_id == lane.id, Unit.item_id.not_in(keyed_items(lane.id)))
        .group_by(Unit.state)
    )
    states = {row[0]: row[1] for row in counted}
    cancelled = states.pop("cancelled", 0)
    recent = now - timedelta(days=ACTIVE_DAYS)
    people = session.scalar(
        select(func.count(func.distinct(Judgment.annotator_id))).where(
            Judgment.lane_id == lane.id, Judgment.answered_at > recent
        )
    )
    able = session.scalar(
        select(func.count()).select_from(Qualification).where(
            Qualification.lane_id == lane.id, Qualification.revoked_at.is_(None)
        )
    )  # fmt: skip
    judged, checked, right = session.execute(
        select(func.sum(Track.judged), func.sum(Track.checked), func.sum(Track.right)).where(Track.lane_id == lane.id)
    ).one()
    return {
        "units": sum(states.values()), "open": states.get("open", 0), "full": states.get("full", 0),
        "review": states.get("review", 0), "settled": states.get("settled", 0), "cancelled": cancelled,
        "judgments": judged or 0, "people": people or 0, "able": able or 0,
        "checked": checked or 0, "right": right or 0.0,
    }  # fmt: skip


def _count_day(session: Session, lane: Lane, day: date) -> None:
    start = datetime.combine(day, time(), tzinfo=now_of(session).tzinfo)
    judgments, seconds, people = session.execute(
        select(
            func.count(), func.coalesce(func.sum(Judgment.seconds), 0), func.count(func.distinct(Judgment.annotator_id))
        ).where(
            Judgment.lane_id == lane.id, Judgment.answered_at >= start, Judgment.answered_at < start + timedelta(days=1)
        )
    ).one()
    row = session.get(LaneDay, (lane.id, day))
    if row is None:
        if not judgments:
            return
        row = LaneDay(**_owner(lane), day=day)
        session.add(row)
    row.judgments, row.seconds, row.people = judgments, int(seconds), people
