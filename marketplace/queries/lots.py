"""Reads of lots: what waits to be released in the lanes that have a plan, and what their samples say."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.models import Lane, LaneProgress, Release, Review, Unit
from marketplace.rules.assurance import Lot, needed_of


def lots_of(session: Session, project_id: str) -> list[Lot]:
    """The lots of a project as they stand: since its newest accepted release, by the figures that a job counts.

    Of a lot only units are sampled that nobody has looked at: those that a reviewer decided anyway are not in doubt.
    """
    since, released = _accepted(session, project_id)
    lanes = session.scalars(
        select(Lane).where(Lane.project_id == project_id, Lane.lot_limit.is_not(None)).order_by(Lane.locale, Lane.id)
    )
    return [_lot(session, lane, since, released.get(lane.locale, 0)) for lane in lanes]


def told_of(lots: list[Lot]) -> list[dict[str, Any]]:
    """The lots as a release and the API tell of them."""
    return [{**asdict(lot), "state": lot.state.value} for lot in lots]


def accepted_at(session: Session, project_id: str) -> datetime | None:
    """When the newest accepted release was ordered."""
    return _accepted(session, project_id)[0]


def _accepted(session: Session, project_id: str) -> tuple[datetime | None, dict[str, int]]:
    row = session.execute(
        select(Release.asked_at, Release.report)
        .where(Release.project_id == project_id, Release.state == "accepted")
        .order_by(Release.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None, {}
    return row.asked_at, {each["locale"]: each["units"] for each in row.report.get("by_locale", [])}


def _lot(session: Session, lane: Lane, since: datetime | None, released: int) -> Lot:
    of_lane = [Review.lane_id == lane.id, Review.planted.is_(None)]
    if since is not None:
        of_lane.append(Review.asked_at > since)
    sample = session.execute(
        select(Review.state, Review.verdict).where(*of_lane, Review.why == "sample", Review.round == 1)
    ).all()
    done = [row.verdict for row in sample if row.state == "done"]
    looked_at = session.scalar(
        select(func.count(func.distinct(Review.unit_id)))
        .join(Unit, (Unit.id == Review.unit_id) & (Unit.org_id == Review.org_id))
        .where(*of_lane, Review.why != "sample", Review.state == "done", Unit.state == "settled")
    )
    progress = session.get(LaneProgress, lane.id)
    settled = progress.settled if progress else 0
    units = max(0, settled + len(sample) - len(done) - released - (looked_at or 0))
    limit = lane.lot_limit or 0.0
    return Lot(
        lane.id, lane.locale, limit, lane.lot_allowed, units, needed_of(units, limit, lane.lot_allowed), len(sample),
        len(done), sum(verdict != "accept" for verdict in done),
    )  # fmt: skip
