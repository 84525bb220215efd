"""What checked answers say of people's languages, told to workforce once a week and for everybody alike, so that no
single answer can be seen in it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models.tracks import Track
from calibration.policy import GRADE_RUN
from kernel.guard import require
from kernel.policy import Actor
from workforce.operations.evidence import note_work
from workforce.rules.languages import WORK_FROM


def lanes_with_checks(session: Session, actor: Actor) -> list[str]:
    """The lanes in which somebody's answers were checked often enough to speak of their language. System scope."""
    require(session, actor, GRADE_RUN)
    return list(session.scalars(select(Track.lane_id).where(Track.checked >= WORK_FROM).distinct()))


def tell_lane(session: Session, actor: Actor, lane_id: str) -> int:
    """Note the evidence of one lane; returns of how many people. System scope."""
    require(session, actor, GRADE_RUN)
    lane = find_lane(session, lane_id)
    rows = session.execute(
        select(Track.annotator_id, Track.right, Track.checked).where(
            Track.lane_id == lane_id, Track.checked >= WORK_FROM
        )
    ).all()
    for annotator_id, right, checked in rows if lane else ():
        assert lane is not None
        note_work(
            session, actor, annotator_id, locale=lane.locale, modes=lane.modes, level=lane.proficiency,
            lane_id=lane_id, right=right, checked=checked,
        )  # fmt: skip
    return len(rows)
