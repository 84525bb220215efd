"""How people are found by their work: who earned lately, whom a lane is open to, and of whom enough is known."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, func, not_, or_, select
from sqlalchemy.orm import Session

from calibration.models import Qualification, Track
from kernel.db import now_of
from kernel.money import from_text
from payouts.models import Earning, Rate
from workforce.models import Annotator
from workforce.values.people import PeopleFilter


def work_criteria(session: Session, wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """Each begins with the vendor and the person, as the indexes of these tables do, or with the vendor and what is
    asked.

    Quality is the lower end of what the person is told, so that a vendor learns nothing of checks from it.
    """
    found: list[ColumnElement[bool]] = []
    now = now_of(session)
    if wanted.active_days:
        since = now - timedelta(days=wanted.active_days)
        found.append(
            select(Earning.id)
            .where(
                Earning.org_id == Annotator.org_id, Earning.annotator_id == Annotator.id, Earning.earned_at >= since
            )
            .exists()
        )  # fmt: skip
    if wanted.lane:
        found.append(_open_to_them([wanted.lane], now))
    if wanted.cost and wanted.currency:
        found += _paid_at_most(session, wanted.cost, wanted.currency, now)
    if wanted.quality:
        found.append(
            select(Track.id)
            .where(
                Track.vendor_org_id == Annotator.org_id, Track.annotator_id == Annotator.id,
                Track.shown_low >= wanted.quality,
            )
            .exists()
        )  # fmt: skip
    return found


def _open_to_them(lane_ids: Collection[str], now: datetime) -> ColumnElement[bool]:
    """One of these lanes is open to the person."""
    if not lane_ids:
        return false()
    return (
        select(Qualification.id)
        .where(
            Qualification.vendor_org_id == Annotator.org_id, Qualification.annotator_id == Annotator.id,
            Qualification.lane_id.in_(lane_ids), Qualification.revoked_at.is_(None),
            or_(Qualification.until_at.is_(None), Qualification.until_at > now),
        )
        .exists()
    )  # fmt: skip


def _paid_at_most(session: Session, cost: str, currency: str, now: datetime) -> list[ColumnElement[bool]]:
    """Rates are set by lane, so that a person costs what a unit of the lanes open to them pays now: some lane of this
    currency is open, and none that pays more.

    The lanes are read first: the database then knows how many people each is open to.
    """
    newest = (
        select(Rate.lane_id, func.max(Rate.from_at).label("from_at"))
        .where(Rate.from_at <= now)
        .group_by(Rate.lane_id)
        .subquery()
    )
    paying = session.execute(
        select(Rate.lane_id, Rate.micros)
        .join(newest, (newest.c.lane_id == Rate.lane_id) & (newest.c.from_at == Rate.from_at))
        .where(Rate.currency == currency)
    ).all()
    most = from_text(cost)
    return [
        _open_to_them([lane for lane, micros in paying if micros <= most], now),
        not_(_open_to_them([lane for lane, micros in paying if micros > most], now)),
    ]
