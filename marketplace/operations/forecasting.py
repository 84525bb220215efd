"""Forecasts: when the rest of a lane is done, from what its people did on each of the last days; once a day."""

from datetime import UTC, date, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from calibration.models import TrackDay
from kernel import ids
from kernel.db import now_of
from kernel.policy import Actor
from marketplace.models import Lane, LaneProgress
from marketplace.rules.forecast import Seen, forecast

LOOKED_BACK = 14
PEOPLE_MOST = 100
"""Drawn one by one; of more, the busiest stand for all."""


def foresee(session: Session, actor: Actor, lane: Lane, row: LaneProgress) -> bool:
    """Reckon a lane's forecast anew, unless today's is there already; returns whether it did."""
    today = now_of(session).astimezone(UTC).date()
    if row.forecast_on == today:
        return False
    left = max(0, row.units - row.settled - row.review) * lane.overlap
    people = seen_of(session, lane.id, today)
    answered = sum(each.answered for each in people)
    drawn = sorted(people, key=lambda each: -each.answered)[:PEOPLE_MOST]
    share = sum(each.answered for each in drawn) / answered if answered else 1.0
    due = None if lane.deadline_at is None else (lane.deadline_at.astimezone(UTC).date() - today).days
    seed = ids.repeatable(f"forecast:{lane.id}:{today}").getrandbits(31)
    found = forecast(round(left * share), drawn, seed=seed, due_days=due)
    row.forecast_on, row.finish_chance = today, found.chance if left and people else None
    row.finish_middle, row.finish_likely, row.finish_sure = (
        today + timedelta(days=days) if days is not None and left else None
        for days in (found.middle, found.likely, found.nearly_sure)
    )
    return True


def seen_of(session: Session, lane_id: str, today: date) -> list[Seen]:
    """What each person who worked of late did in the days before today, by days of work."""
    since = today - timedelta(days=LOOKED_BACK)
    is_recent = TrackDay.day >= since
    rows = session.execute(
        select(
            func.min(TrackDay.day),
            func.max(TrackDay.day),
            func.sum(case((is_recent, 1), else_=0)),
            func.sum(case((is_recent, TrackDay.judged), else_=0)),
        )
        .where(TrackDay.lane_id == lane_id, TrackDay.day < today, TrackDay.judged > 0)
        .group_by(TrackDay.annotator_id)
        .order_by(TrackDay.annotator_id)
    )
    return [
        Seen(min(LOOKED_BACK, (today - first).days), int(worked), int(answered), (today - last).days - 1)
        for first, last, worked, answered in rows
        if worked
    ]
