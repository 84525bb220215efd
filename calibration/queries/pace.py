"""How long an answer takes in a lane, and what an hour earns there at the present rate; idle time is cut."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Judgment
from kernel.db import now_of
from payouts.queries.rates import rate_of
from payouts.rules.pay_pilot import OVERHEAD, hourly_of, pilot_times

NEWEST = 1000
"""The newest answers speak for the present; the cost of asking does not grow with the history."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for one answer: the mean of people's medians, and of the slower of them; and what an hour then earns.

    Money is told to who sees the rate, which is the vendor's; `slow_hourly` is what three of four people reach.
    """

    mean_seconds: float
    slow_seconds: float
    people: int
    currency: str | None
    mean_hourly: int | None
    slow_hourly: int | None


def pace_of(session: Session, lane_id: str, owner_id: str) -> Pace | None:
    """The pace of a lane; None before anybody has answered."""
    rows = session.execute(
        select(Judgment.annotator_id, Judgment.seconds)
        .where(Judgment.org_id == owner_id, Judgment.lane_id == lane_id)
        .order_by(Judgment.answered_at.desc())
        .limit(NEWEST)
    )
    by_person: dict[str, list[float]] = {}
    for person, seconds in rows:
        by_person.setdefault(person, []).append(float(seconds))
    found = pilot_times(by_person)
    if found is None:
        return None
    rate = rate_of(session, lane_id, now_of(session))
    mean, slow = (hourly_of(rate.micros, seconds, OVERHEAD) if rate else None for seconds in (found.mean, found.slow))
    return Pace(found.mean, found.slow, found.people, rate.currency if rate else None, mean, slow)
