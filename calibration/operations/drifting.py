"""Alarms of people's charts: whose work is to be looked at again, and from when on."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.models import Grade, Judgment, Track
from calibration.operations import tracks
from calibration.policy import GRADE_RUN
from calibration.rules import tracking
from kernel.guard import require
from kernel.policy import Actor


def drifted(session: Session, actor: Actor) -> list[str]:
    """Tracks with an alarm that nobody has followed up yet. System scope."""
    require(session, actor, GRADE_RUN)
    return list(session.scalars(select(Track.id).where(Track.alarms != Track.alarms_seen).order_by(Track.id)))


def follow_alarm(session: Session, actor: Actor, track_id: str) -> tuple[Track, datetime | None]:
    """Take a track's alarms as followed up; returns since when the person's answers are to be looked at again.

    That is when the answer was given with which the newest change began; None where a correction took the alarm back.
    """
    require(session, actor, GRADE_RUN)
    row = session.scalars(select(Track).where(Track.id == track_id).with_for_update()).one()
    seen, row.alarms_seen = row.alarms_seen, row.alarms
    events = tracks.events_of(session, row.lane_id, row.annotator_id)
    new = tracking.changes([(event.at, event.score) for event in events])[seen:]
    if not new:
        return row, None
    since = session.scalar(
        select(func.min(Judgment.answered_at))
        .join(Grade, (Grade.org_id == Judgment.org_id) & (Grade.judgment_id == Judgment.id))
        .where(Grade.lane_id == row.lane_id, Grade.annotator_id == row.annotator_id, Grade.at == new[0])
    )
    return row, since
