"""The rows behind a lane's figures, for who may read them: permission first."""

from datetime import date

from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.policy import GOLD_READ, PERSON_QUALITY, lane_resource
from calibration.queries.rows import (
    CheckRow,
    DecisionRow,
    SplitRow,
    WeakRow,
    checks_of,
    decisions_of,
    split_units,
    weak_units,
)
from calibration.values import LaneFacts
from kernel.guard import not_found, require
from kernel.policy import Actor

KINDS = ("work_rejected", "lane_paused")
"""Decisions that figures of a lane count."""


def lane_weak(
    session: Session, actor: Actor, lane_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[LaneFacts, list[WeakRow], str | None]:
    """The units of a lane whose labels are weak: for those who read gold, as known units are never weak."""
    return _lane_with_gold(session, actor, lane_id), *weak_units(session, lane_id, after=after, limit=limit)


def lane_split(
    session: Session, actor: Actor, lane_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[LaneFacts, list[SplitRow], str | None]:
    """The units that people answered differently: for those who read gold, as known units are among them."""
    return _lane_with_gold(session, actor, lane_id), *split_units(session, lane_id, after=after, limit=limit)


def lane_checks(
    session: Session, actor: Actor, lane_id: str, *, truth: str | None = None, answer: str | None = None,
    week: date | None = None, after: str | None = None, limit: int = 50,
) -> tuple[LaneFacts, list[CheckRow], str | None]:  # fmt: skip
    """The answers of a lane that were compared with gold: for its owner, in the scope that reads gold."""
    return _lane_with_gold(session, actor, lane_id), *checks_of(
        session, lane_id, truth=truth, answer=answer, week=week, after=after, limit=limit
    )


def _lane_with_gold(session: Session, actor: Actor, lane_id: str) -> LaneFacts:
    """A lane whose gold the actor may read."""
    lane = lane_of(session, lane_id)
    require(session, actor, GOLD_READ, lane_resource(session, actor, lane))
    return lane


def lane_decisions(
    session: Session, actor: Actor, lane_id: str, kind: str, *, after: str | None = None, limit: int = 50
) -> tuple[LaneFacts, list[DecisionRow], str | None]:
    """The vendor's decisions of one kind about people in a lane."""
    lane = lane_of(session, lane_id)
    require(session, actor, PERSON_QUALITY, lane_resource(session, actor, lane))
    if kind not in KINDS:
        raise not_found()
    return lane, *decisions_of(session, lane_id, kind, after=after, limit=limit)
