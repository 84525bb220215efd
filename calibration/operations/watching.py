"""Reads about signals in behaviour that ask for permission first."""

from sqlalchemy.orm import Session

from calibration.lanes import find_lane, lane_of
from calibration.policy import BEHAVIOUR_DECIDE, BEHAVIOUR_READ, lane_resource
from calibration.queries.behaviour import SignalCase, SignalRow, find_signal, signal_case, signal_list
from calibration.values import LaneFacts
from kernel.guard import not_found, require
from kernel.policy import Actor, matrix


def signal_rows(
    session: Session, actor: Actor, *, is_open: bool, after: str | None = None, limit: int = 25
) -> tuple[list[tuple[SignalRow, LaneFacts | None]], str | None]:
    """The signals that the scope sees, with their lanes."""
    require(session, actor, BEHAVIOUR_READ)
    rows, next_after = signal_list(session, is_open=is_open, after=after, limit=limit)
    lanes = {lane_id: find_lane(session, lane_id) for lane_id in {row.lane_id for row in rows}}
    return [(row, lanes[row.lane_id]) for row in rows], next_after


def signal_for(session: Session, actor: Actor, review_id: str) -> tuple[SignalCase, LaneFacts, bool]:
    """One signal with what it rests on, and whether this reader may decide about it."""
    row = find_signal(session, review_id)
    if row is None:
        raise not_found()
    lane = lane_of(session, row.lane_id)
    require(session, actor, BEHAVIOUR_READ, lane_resource(session, actor, lane))
    may_decide = row.decided_at is None and actor.role in matrix().actions[BEHAVIOUR_DECIDE]
    return signal_case(session, row), lane, may_decide
