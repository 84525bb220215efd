"""How people are found by their work: who earned lately, whom a lane is open to, and of whom enough is known."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from calibration.models import Qualification, Track
from payouts.models import Earning
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
        found.append(
            select(Qualification.id)
            .where(
                Qualification.vendor_org_id == Annotator.org_id, Qualification.annotator_id == Annotator.id,
                Qualification.lane_id == wanted.lane, Qualification.revoked_at.is_(None),
                or_(Qualification.until_at.is_(None), Qualification.until_at > now),
            )
            .exists()
        )  # fmt: skip
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
