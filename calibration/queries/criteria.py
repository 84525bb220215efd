"""How people are found by their work: who earned lately, whom a lane is open to, and of whom enough is known."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, not_, or_, select

from calibration.models import Qualification, Track
from kernel.money import from_text
from payouts.models import Earning, Rate
from workforce.models import Annotator
from workforce.values.people import PeopleFilter


def work_criteria(wanted: PeopleFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Each begins with the vendor and the person, as the indexes of these tables do.

    Quality is the lower end of what the person is told, so that a vendor learns nothing of checks from it.
    """
    found: list[ColumnElement[bool]] = []
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
        found.append(_open_to_them(now).where(Qualification.lane_id == wanted.lane).exists())
    if wanted.cost and wanted.currency:
        found += _paid_at_most(wanted.cost, wanted.currency, now)
    if wanted.quality:
        found.append(
            select(Track.id)
            .where(
                Track.vendor_org_id == Annotator.org_id, Track.annotator_id == Annotator.id,
                Track.shown_at.is_not(None), Track.shown["low"].as_float() >= wanted.quality,
            )
            .exists()
        )  # fmt: skip
    return found


def _open_to_them(now: datetime) -> Select[str]:
    return select(Qualification.id).where(
        Qualification.vendor_org_id == Annotator.org_id, Qualification.annotator_id == Annotator.id,
        Qualification.revoked_at.is_(None), or_(Qualification.until_at.is_(None), Qualification.until_at > now),
    )  # fmt: skip


def _paid_at_most(cost: str, currency: str, now: datetime) -> list[ColumnElement[bool]]:
    """Rates are set by lane, so that a person costs what a unit of the lanes open to them pays now: some lane of this
    currency is open, and none that pays more."""
    newest = (
        select(Rate.lane_id, func.max(Rate.from_at).label("from_at"))
        .where(Rate.from_at <= now)
        .group_by(Rate.lane_id)
        .subquery()
    )
    paying = (
        select(Rate.lane_id)
        .join(newest, (newest.c.lane_id == Rate.lane_id) & (newest.c.from_at == Rate.from_at))
        .where(Rate.currency == currency)
    )
    micros = from_text(cost)
    return [
        _open_to_them(now).where(Qualification.lane_id.in_(paying.where(Rate.micros <= micros))).exists(),
        not_(_open_to_them(now).where(Qualification.lane_id.in_(paying.where(Rate.micros > micros))).exists()),
    ]
