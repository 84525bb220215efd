"""Quoting: from people, speed and promises to a date, a price, and what is missing, for one language at a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from marketplace.values.requests import Missing, Need, QuoteLine, Supply
from payouts.rules.pay_pilot import HOUR, OVERHEAD

# What one person is taken to answer on a day until their own speed has been measured: a cautious half of a working day.
ASSUMED_A_DAY: dict[str, float] = {"choice": 400.0, "pairwise": 200.0, "spans": 120.0}
ASSUMED_OTHERWISE = 150.0
MEASURED_OVER = timedelta(days=14)
ENOUGH_PERSON_DAYS = 5
"""Fewer days of work than these say little about a speed; the assumed one stands then."""
ASSUMED_HOURS_A_WEEK = 20.0
"""What a person has for work where nobody stated hours: half of a working week."""
GOLD_LEAST = 100
_DAY = timedelta(days=1)
HORIZON = 366 * _DAY
_TINY = 1e-9


def assumed_speed(task_type: str) -> float:
    """Judgments a day of one person, where nobody's were measured."""
    return ASSUMED_A_DAY.get(task_type, ASSUMED_OTHERWISE)


def line_of(need: Need, supply: Supply, now: datetime) -> QuoteLine:
    """The quote for one language."""
    judgments = need.units * need.overlap
    gross = supply.verified * supply.judgments_a_day
    free = gross - supply.promised_judgments_a_day
    return QuoteLine(
        locale=need.locale,
        units=need.units,
        verified=supply.verified,
        units_a_day=round(gross / need.overlap, 1),
        speed_source=supply.source,
        promised_a_day=round(supply.promised_judgments_a_day / need.overlap, 1),
        finish_at=finish_date(judgments, free, now),
        price_micros=need.price_micros,
        micros=need.units * need.price_micros,
        missing=_missing(need, supply, now),
    )


def finish_date(judgments: int, free_a_day: float, now: datetime) -> datetime | None:
    """When so many judgments are given, in whole days from now; None where nothing is left of the capacity, or so
    little that a date would be a guess about people who are still to be found."""
    if free_a_day <= _TINY:
        return None
    days = ceil(judgments / free_a_day - _TINY)
    return now + days * _DAY if days * _DAY <= HORIZON else None


def people_short(need: Need, supply: Supply, now: datetime) -> int:
    """How many more verified people the deadline asks for, at the speed that is known or assumed."""
    days = max(1, (need.deadline_at - now) // _DAY)
    a_day = need.units * need.overlap / days + supply.promised_judgments_a_day
    return max(0, ceil(a_day / supply.judgments_a_day - _TINY) - supply.verified)


def still_promised(volume: int, overlap: int, answered_units: int) -> int:
    """Judgments that a lane still owes of the units that were agreed on."""
    return max(0, volume - answered_units) * overlap


def promised_a_day(open_lanes: Iterable[tuple[int, datetime | None]], now: datetime) -> float:
    """Judgments a day that lanes (what is left, deadline) need to end in time; without a deadline, none."""
    return sum(left / max(1.0, (deadline - now) / _DAY) for left, deadline in open_lanes if deadline is not None)


def measured_speed(judgments: int, person_days: int, seconds: int, weekly_hours: float | None) -> float | None:
    """Judgments of one person a day: their pace at work, over the hours that they offer, all days of a week alike.

    How many they gave a day says nothing of their speed, as it ends where the work on offer does. None while too few
    days of work were seen, or no time was measured.
    """
    if person_days < ENOUGH_PERSON_DAYS or seconds <= 0:
        return None
    an_hour = judgments * HOUR / (seconds * (1.0 + OVERHEAD))
    return an_hour * (weekly_hours or ASSUMED_HOURS_A_WEEK) / 7


def _missing(need: Need, supply: Supply, now: datetime) -> tuple[Missing, ...]:
    found = []
    if short := people_short(need, supply, now):
        found.append(Missing("people", count=short))
    found.append(Missing("gold", count=GOLD_LEAST))  # the client's, brought in once the project is there
    if not supply.has_guideline:
        found.append(Missing("guideline", locale=need.locale))
    return tuple(found)
