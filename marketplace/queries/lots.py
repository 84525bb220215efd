"""Reads of lots: what waits to be released in the lanes that have a plan, and what their samples say.

A lot is what was settled since the newest accepted release and that nobody was asked to review, with what its sample
took out of that. The same criterion counts a lot and draws its sample, so that a small lot can be looked at wholly.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from calibration.queries import keyed_items
from kernel.db import now_of, scope_of
from marketplace.models import Lane, LaneProgress, LotRework, Release, Review, Unit
from marketplace.rules.assurance import (
    Look,
    Lot,
    Plan,
    Rework,
    ReworkKind,
    ReworkOffer,
    exact_lot,
    kinds_of_rework,
    told_lot,
)
from payouts.queries import rate_of


def lots_of(session: Session, project_id: str) -> list[Lot]:
    """The lots of a project as they are at this moment, for who decides by them and never for who looks at them.

    What was settled is counted here. Of gold only a job knows; what of it came since its last count counts as work, so
    that a lot is rather too large than too small.
    """
    since = accepted_at(session, project_id)
    return [exact_of(session, lane, since) for lane in lanes_with_plan(session, project_id)]


def exact_of(session: Session, lane: Lane, since: datetime | None, rest: int | None = None) -> Lot:
    """One of them; `rest` are its units that nobody was asked to look at, where somebody has just read them."""
    rework = newest_rework(session, lane.id, since)
    if rest is None:
        rest = _rest(session, lane, since, rework)
    return exact_lot(plan_of(lane), rest, looks_of(session, lane, since, rework), rework)


def lots_told(session: Session, project_id: str) -> list[Lot]:
    """The lots of a project as people are told of them, by what a job has counted."""
    since = accepted_at(session, project_id)
    return [told_of_lane(session, lane, since)[0] for lane in lanes_with_plan(session, project_id)]


def told_of_lane(session: Session, lane: Lane, since: datetime | None) -> tuple[Lot, Rework | None]:
    """One of them, with the newest rework that it had."""
    rework = newest_rework(session, lane.id, since)
    looks = looks_of(session, lane, since, rework)
    return told_lot(plan_of(lane), _counted(session, lane), looks, now_of(session), rework), rework


def offers_in(session: Session, project_id: str) -> list[tuple[Lot, list[ReworkOffer]]]:
    """The lots as told, each with the ways in which the reader may have it done again, and what each takes at most.

    More answers are the vendor's to ask for and to pay, so that only it is offered them, with their price.
    """
    since, found = accepted_at(session, project_id), []
    for lane in lanes_with_plan(session, project_id):
        lot, rework = told_of_lane(session, lane, since)
        kinds = kinds_of_rework(lot, rework)
        found.append((lot, [offer for kind in kinds for offer in _offer(session, lane, lot, kind)]))
    return found


def _offer(session: Session, lane: Lane, lot: Lot, kind: ReworkKind) -> list[ReworkOffer]:
    if kind is ReworkKind.REVIEW:
        return [ReworkOffer(kind, lot.units)]
    if scope_of(session).org_id != lane.vendor_org_id or lane.state not in ("open", "paused"):
        return []
    rate = rate_of(session, lane.id, now_of(session))
    return [ReworkOffer(kind, lot.units, lot.units * rate.micros if rate else None, rate.currency if rate else None)]


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


def newest_rework(session: Session, lane_id: str, since: datetime | None, before: int | None = None) -> Rework | None:
    """The newest rework of the lot that began then; with `before`, the newest of those with a lower number."""
    wanted = select(LotRework).where(LotRework.lane_id == lane_id)
    if since is not None:
        wanted = wanted.where(LotRework.asked_at > since)
    if before is not None:
        wanted = wanted.where(LotRework.round < before)
    rows = session.scalars(wanted.order_by(LotRework.round.desc())).all()
    if not rows:
        return None
    row, was_reviewed = rows[0], any(each.kind == ReworkKind.REVIEW for each in rows)
    return Rework(
        row.id, row.round, ReworkKind(row.kind), row.state == "done", row.units, row.left, row.begun_at, row.reason,
        was_reviewed,
    )  # fmt: skip


def looks_of(session: Session, lane: Lane, since: datetime | None, rework: Rework | None) -> list[Look]:
    """The reviews that were asked for since then as a sample, with the planted ones among them.

    Of a lot that was done again those count that were asked for afterwards; it may be the second look at a unit.
    """
    is_look = or_(and_(Review.why == "sample", Review.round == 1), Review.why == "second")
    wanted = select(Review.planted.is_not(None).label("is_planted"), Review.done_at, Review.verdict).where(
        Review.lane_id == lane.id, is_look
    )
    begun = rework.begun_at if rework is not None and rework.begun_at is not None else since
    if begun is not None:
        wanted = wanted.where(Review.asked_at > begun)
    return [
        Look(bool(row.is_planted), row.done_at, row.verdict not in (None, "accept")) for row in session.execute(wanted)
    ]


def free_units(session: Session, lane: Lane, since: datetime | None) -> Sequence[str]:
    """The units of a lot that nobody was asked to look at. Only in a scope that reads gold."""
    rework = newest_rework(session, lane.id, since)
    wanted = select(Unit.id).where(*_unseen(lane, since, rework), Unit.item_id.not_in(keyed_items(lane.id)))
    return session.scalars(wanted.order_by(Unit.id)).all()


def units_to_rework(
    session: Session, lane: Lane, since: datetime | None, rework_id: str, before: Rework | None, limit: int
) -> Sequence[str]:
    """Some of the units of a rejected lot that its rework has not reached. Only in a scope that reads gold."""
    is_reached = Unit.rework_id.is_not_distinct_from(rework_id)
    wanted = select(Unit.id).where(
        *_unseen(lane, since, before), ~is_reached, Unit.item_id.not_in(keyed_items(lane.id))
    )
    return session.scalars(wanted.order_by(Unit.id).limit(limit)).all()


def seen_before(session: Session, lane: Lane, unit_ids: Sequence[str]) -> set[str]:
    """Those of these units that somebody was asked to review at any time."""
    wanted = select(Review.unit_id).where(Review.org_id == lane.org_id, Review.unit_id.in_(unit_ids)).distinct()
    return set(session.scalars(wanted))


def count_lot(session: Session, lane: Lane, row: LaneProgress) -> None:
    """Keep how large the rest of the lane's lot is, and how many known units are beside it. System scope."""
    if lane.lot_limit is None:
        row.lot_rest, row.lot_known, row.lot_since = None, 0, None
        return
    since = accepted_at(session, lane.project_id)
    is_known = Unit.item_id.in_(keyed_items(lane.id))
    unseen = _unseen(lane, since, newest_rework(session, lane.id, since))
    found, known = session.execute(
        select(func.count(), func.count().filter(is_known)).select_from(Unit).where(*unseen)
    ).one()
    row.lot_rest, row.lot_known, row.lot_since = found - known, known, since


def lanes_with_plan(session: Session, project_id: str) -> Sequence[Lane]:
    """The lanes of a project whose lots are sampled."""
    wanted = select(Lane).where(Lane.project_id == project_id, Lane.lot_limit.is_not(None))
    return session.scalars(wanted.order_by(Lane.locale, Lane.id)).all()


def _unseen(lane: Lane, since: datetime | None, rework: Rework | None) -> list[ColumnElement[bool]]:
    is_asked = exists().where(Review.unit_id == Unit.id, Review.org_id == Unit.org_id)
    is_settled = [Unit.lane_id == lane.id, Unit.state == "settled"]
    is_new = [Unit.label_source == "consensus", ~is_asked]
    if rework is None or rework.begun_at is None:
        return [*is_settled, *is_new, *([] if since is None else [Unit.settled_at > since])]
    # What was done again, unless somebody was asked to look at it for another cause since, and what came after it.
    is_asked_since = is_asked.where(Review.asked_at > rework.begun_at, Review.why != "rework")
    again = and_(Unit.rework_id == rework.id, ~is_asked_since)
    return [*is_settled, or_(again, and_(*is_new, Unit.settled_at > rework.begun_at))]


def _rest(session: Session, lane: Lane, since: datetime | None, rework: Rework | None) -> int:
    unseen = _unseen(lane, since, rework)
    found = session.scalar(select(func.count()).select_from(Unit).where(*unseen)) or 0
    row = session.get(LaneProgress, lane.id)
    # Known units that were counted since an older release are not those that are there now.
    return max(0, found - row.lot_known) if row is not None and row.lot_since == since else found


def _counted(session: Session, lane: Lane) -> int | None:
    row = session.get(LaneProgress, lane.id)
    return row.lot_rest if row is not None else None
