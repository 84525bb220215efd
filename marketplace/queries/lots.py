"""Reads of lots: what waits to be released in the lanes that have a plan, and what their samples say.

A lot is what was settled since the newest accepted release and that nobody was asked to review, with what its sample
took out of that. The same criterion counts a lot and draws its sample, so that a small lot can be looked at wholly.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from calibration.queries import keyed_items
from kernel.db import now_of
from marketplace.models import Lane, LaneProgress, Release, Review, Unit
from marketplace.rules.assurance import Look, Lot, Plan, exact_lot, told_lot


def lots_of(session: Session, project_id: str) -> list[Lot]:
    """The lots of a project as they are at this moment, for who decides by them and never for who looks at them.

    What was settled is counted here. Of gold only a job knows; what of it came since its last count counts as work, so
    that a lot is rather too large than too small.
    """
    since = accepted_at(session, project_id)
    return [
        exact_lot(plan_of(lane), _rest(session, lane, since), looks_of(session, lane, since))
        for lane in lanes_with_plan(session, project_id)
    ]


def lots_told(session: Session, project_id: str) -> list[Lot]:
    """The lots of a project as people are told of them, by what a job has counted."""
    since, now = accepted_at(session, project_id), now_of(session)
    return [
        told_lot(plan_of(lane), _counted(session, lane), looks_of(session, lane, since), now)
        for lane in lanes_with_plan(session, project_id)
    ]


def told_of(lots: list[Lot]) -> list[dict[str, Any]]:
    """The lots as a release and the API tell of them."""
    return [{**asdict(lot), "state": lot.state.value} for lot in lots]


def plan_of(lane: Lane) -> Plan:
    """The plan of a lane that has one."""
    return Plan(lane.id, lane.locale, lane.lot_limit or 0.0, lane.lot_allowed)


def accepted_at(session: Session, project_id: str) -> datetime | None:
    """When the newest accepted release was ordered."""
    return session.scalar(
        select(Release.asked_at)
        .where(Release.project_id == project_id, Release.state == "accepted")
        .order_by(Release.version.desc())
        .limit(1)
    )


def looks_of(session: Session, lane: Lane, since: datetime | None) -> list[Look]:
    """The reviews that were asked for since then as a sample, with the planted ones among them."""
    wanted = select(Review.planted.is_not(None).label("is_planted"), Review.done_at, Review.verdict).where(
        Review.lane_id == lane.id, Review.why == "sample", Review.round == 1
    )
    if since is not None:
        wanted = wanted.where(Review.asked_at > since)
    return [
        Look(bool(row.is_planted), row.done_at, row.verdict not in (None, "accept")) for row in session.execute(wanted)
    ]


def free_units(session: Session, lane: Lane, since: datetime | None) -> Sequence[str]:
    """The units of a lot that nobody was asked to look at. Only in a scope that reads gold."""
    wanted = select(Unit.id).where(*_unseen(lane, since), Unit.item_id.not_in(keyed_items(lane.id)))
    return session.scalars(wanted.order_by(Unit.id)).all()


def count_lot(session: Session, lane: Lane, row: LaneProgress) -> None:
    """Keep how large the rest of the lane's lot is, and how many known units are beside it. System scope."""
    if lane.lot_limit is None:
        row.lot_rest, row.lot_known, row.lot_since = None, 0, None
        return
    since = accepted_at(session, lane.project_id)
    is_known = Unit.item_id.in_(keyed_items(lane.id))
    found, known = session.execute(
        select(func.count(), func.count().filter(is_known)).select_from(Unit).where(*_unseen(lane, since))
    ).one()
    row.lot_rest, row.lot_known, row.lot_since = found - known, known, since


def lanes_with_plan(session: Session, project_id: str) -> Sequence[Lane]:
    """The lanes of a project whose lots are sampled."""
    wanted = select(Lane).where(Lane.project_id == project_id, Lane.lot_limit.is_not(None))
    return session.scalars(wanted.order_by(Lane.locale, Lane.id)).all()


def _unseen(lane: Lane, since: datetime | None) -> list[ColumnElement[bool]]:
    is_asked = exists().where(Review.unit_id == Unit.id, Review.org_id == Unit.org_id)
    found = [Unit.lane_id == lane.id, Unit.state == "settled", Unit.label_source == "consensus", ~is_asked]
    return found if since is None else [*found, Unit.settled_at > since]


def _rest(session: Session, lane: Lane, since: datetime | None) -> int:
    found = session.scalar(select(func.count()).select_from(Unit).where(*_unseen(lane, since))) or 0
    row = session.get(LaneProgress, lane.id)
    # Known units that were counted since an older release are not those that are there now.
    return max(0, found - row.lot_known) if row is not None and row.lot_since == since else found


def _counted(session: Session, lane: Lane) -> int | None:
    row = session.get(LaneProgress, lane.id)
    return row.lot_rest if row is not None else None
