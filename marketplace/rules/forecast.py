"""When the rest of a lane is done: futures of the people who work in it, drawn one by one.

Days of one person hang together, and people leave: resampling daily totals knows neither, and is far too sure. Each
person has a chance to work on a day, a pace on days of work, and a hazard of leaving, all of them uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FUTURES = 400
LONGEST = 365
PERCENTILES = (0.5, 0.8, 0.95)
PACE_STRENGTH = 4.0
CHURN_STRENGTH = 4.0
CHURN_DAYS = 60.0
"""Mean days that somebody stays, where nothing is known of the pool."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One person so far: days looked back on since they began, days worked, what they answered on them, and the days
    since they were last seen at work."""

    days: int
    worked: int
    answered: int
    idle: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days from now until the rest is done: in half, in four of five and in nineteen of twenty futures.

    None stands for longer than a year. `chance` is that of meeting the promised day.
    """

    middle: int | None
    likely: int | None
    nearly_sure: int | None
    chance: float | None


def forecast(
    left: int, people: Sequence[Seen], *, seed: int, due_days: float | None = None, churn_days: float = CHURN_DAYS,
    futures: int = FUTURES,
) -> Forecast:  # fmt: skip
    """The days it takes these people to give `left` more answers."""
    took = days_taken(left, people, seed=seed, churn_days=churn_days, futures=futures)
    ends = [int(np.quantile(took, share, method="inverted_cdf")) for share in PERCENTILES]
    middle, likely, nearly_sure = (None if end > LONGEST else end for end in ends)
    return Forecast(middle, likely, nearly_sure, None if due_days is None else float((took <= due_days).mean()))


def days_taken(
    left: int, people: Sequence[Seen], *, seed: int, churn_days: float = CHURN_DAYS, futures: int = FUTURES
) -> NDArray[np.int_]:
    """Days to the end in each future; one more than `LONGEST` where it is not reached."""
    if left <= 0:
        return np.zeros(futures, dtype=int)
    if not people:
        return np.full(futures, LONGEST + 1)
    draw = np.random.default_rng(seed)
    shape = (futures, len(people))
    active, pace, gone = _people(draw, people, churn_days, shape)
    answered, took = np.zeros(futures), np.full(futures, LONGEST + 1)
    for day in range(1, LONGEST + 1):
        open_futures = np.flatnonzero(took > LONGEST)
        if not len(open_futures):
            break
        works = (draw.random((len(open_futures), len(people))) < active[open_futures]) & (gone[open_futures] > day)
        answered[open_futures] += draw.poisson(pace[open_futures] * works).sum(axis=1)
        took[open_futures[answered[open_futures] >= left]] = day
    return took


Floats = NDArray[np.float64]


def _people(
    draw: np.random.Generator, people: Sequence[Seen], churn_days: float, shape: tuple[int, int]
) -> tuple[Floats, Floats, Floats]:
    """Each person in each future: chance of a day of work, answers on one, and the day on which they have left."""
    days = np.array([each.days for each in people], dtype=float)
    worked = np.array([each.worked for each in people], dtype=float)
    answered = np.array([each.answered for each in people], dtype=float)
    mean = max(1.0, float(answered.sum() / max(1.0, worked.sum())))
    idle = np.minimum(np.array([each.idle for each in people], dtype=float), days)
    active = draw.beta(1.0 + worked, 1.0 + np.maximum(0.0, days - idle - worked), shape)
    pace = draw.gamma(answered + PACE_STRENGTH, 1.0 / (worked + PACE_STRENGTH / mean), shape)
    hazard = draw.gamma(CHURN_STRENGTH, 1.0 / (CHURN_STRENGTH * churn_days), shape)
    stays = draw.random(shape) < _still_here(active, hazard, idle)
    gone = np.where(stays, draw.exponential(1.0, shape) / hazard, 0.0)
    return active, pace, gone


def _still_here(active: Floats, hazard: Floats, idle: Floats) -> Floats:
    """P(not left yet), for somebody not seen for so many days who works on a day with probability `active`."""
    silent = np.exp(-hazard) * (1.0 - active)  # here and not at work, a day
    here = silent**idle
    left = (1.0 - np.exp(-hazard)) * (1.0 - here) / np.maximum(1e-12, 1.0 - silent)
    found: Floats = here / (here + left)
    return found
