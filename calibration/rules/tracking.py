"""One person's accuracy over time: a posterior that forgets, a chart that notices a fall, and a gold rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calibration.rules.intervals import (
    DEFAULT_PRIOR,
    BetaPrior,
    Interval,
    beta_bounds,
    beta_quantile,
    probability_below,
)
from calibration.values import DriftSignal

FORGETTING = 0.98
IDLE_FORGETTING = 0.995
RESTING_STRENGTH = 2.0
NEWCOMER_UNITS = 20
NEWCOMER_RATE = 0.20
GOLD_RATES = (0.03, 0.30)
HEIGHTENED_UNITS = 50
HEIGHTENED_EXTRA = 0.10
LONG_ABSENCE = timedelta(days=30)
BUDGET = 0.12
BUDGET_FROM = 200
"""A lane's answers from which on its share of checks is held to the budget."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A CUSUM chart for errors: from error rate q0, which is normal, to q1, which must be noticed.

    With the default values 1,025 answers pass between two false alarms, and 37 from a fall to its alarm.
    Page, Continuous Inspection Schemes, Biometrika 41, 1954.
    """

    q0: float = 0.10
    q1: float = 0.25
    alarm: float = 4.0
    warning: float = 2.5

    @property
    def up(self) -> float:
        """What an error adds."""
        return math.log(self.q1 / self.q0)

    @property
    def down(self) -> float:
        """What a right answer takes off."""
        return math.log((1.0 - self.q0) / (1.0 - self.q1))

    def step(self, value: float, score: float) -> float:
        """The chart's next value; partial credit counts as that share of a right answer.

        Far above the alarm it rises no further, so that a person who has found their way back is seen to.
        """
        return min(self.alarm + self.up, max(0.0, value + (1.0 - score) * self.up - score * self.down))

    def signal(self, value: float) -> DriftSignal:
        if value >= self.alarm:
            return DriftSignal.ALARM
        return DriftSignal.WARNING if value >= self.warning else DriftSignal.NONE


STANDARD_CHART = Chart()
"""The same for everybody, so that what is said of false alarms holds for each."""


@dataclass(frozen=True, slots=True)
class Track:
    """What the graded answers of one person in one skill say.

    a and b are the posterior Beta counts, forgotten as described at `update`; n and right are plain totals that are
    never forgotten. `cusum` is the chart's value, `since_normal` the answers given since it last stood at zero, which
    is where a change is estimated to have begun, and `alarms` how often it has risen to its alarm.
    """

    a: float = DEFAULT_PRIOR.a
    b: float = DEFAULT_PRIOR.b
    n: int = 0
    right: float = 0.0
    cusum: float = 0.0
    since_normal: int = 0
    alarms: int = 0
    prior: BetaPrior = DEFAULT_PRIOR

    @property
    def accuracy(self) -> float:
        """The posterior mean."""
        return self.a / (self.a + self.b)

    @property
    def signal(self) -> DriftSignal:
        return STANDARD_CHART.signal(self.cusum)


def start_track(prior: BetaPrior = DEFAULT_PRIOR) -> Track:
    """The track of somebody who has answered nothing: the prior speaks for them."""
    return Track(a=prior.a, b=prior.b, prior=prior)


def update(track: Track, score: float, lam: float = FORGETTING) -> Track:
    """The track after one more graded answer, with score in [0, 1].

    What was known shrinks by `lam` and the prior, at strength 2, fills the gap: the memory is 1 / (1 - lam) answers
    long and never empties.
    """
    _check_score(score)
    a, b = _forget(track, lam)
    value = STANDARD_CHART.step(track.cusum, score)
    rose = track.cusum < STANDARD_CHART.alarm <= value
    return replace(
        track,
        a=a + score,
        b=b + 1.0 - score,
        n=track.n + 1,
        right=track.right + score,
        cusum=value,
        since_normal=track.since_normal + 1 if value > 0.0 else 0,
        alarms=track.alarms + rose,
    )


def decay(track: Track, days: float) -> Track:
    """The track after idle days: what was known pales towards the prior."""
    if days < 0:
        raise ValueError("days must not be negative")
    a, b = _forget(track, IDLE_FORGETTING**days)
    return replace(track, a=a, b=b)


def take(track: Track, last: datetime | None, at: datetime, score: float) -> Track:
    """The track after an answer graded at `at`; what was known pales by the whole days since the one before, `last`."""
    if last is not None:
        track = decay(track, (at - last) // timedelta(days=1))
    return update(track, score)


def replay(scores: Iterable[float], start: Track | None = None, lam: float = FORGETTING) -> Track:
    """The track that these scores, in order, lead to: what a corrected key is re-scored with."""
    track = start or start_track()
    for score in scores:
        track = update(track, score, lam)
    return track


def changes(scored: Sequence[tuple[datetime, float]]) -> list[datetime]:
    """For each alarm of the chart over these graded answers: when the first answer since it last stood at zero was."""
    track, last = start_track(), None
    found: list[datetime] = []
    for place, (at, score) in enumerate(scored):
        before, track = track, take(track, last, at, score)
        last = at
        if track.alarms > before.alarms:
            found.append(scored[place + 1 - track.since_normal][0])
    return found


def lower_bound(track: Track, confidence: float = 0.95) -> float:
    """The accuracy is above this with the given confidence; people are ranked by it."""
    return beta_quantile(track.a, track.b, 1.0 - confidence)


def upper_bound(track: Track, confidence: float = 0.95) -> float:
    """The accuracy is below this with the given confidence."""
    return beta_quantile(track.a, track.b, confidence)


def interval(track: Track, level: float = 0.95) -> Interval:
    """The credible interval to show."""
    return beta_bounds(track.a, track.b, level)


def belief_above(track: Track, limit: float) -> float:
    """P(accuracy > limit)."""
    return 1.0 - probability_below(track.a, track.b, limit)


def is_over_budget(checked: int, judged: int) -> bool:
    """Whether a lane has spent more of its answers on checks than is meant for them."""
    return judged >= BUDGET_FROM and checked > BUDGET * judged


def gold_rate(
    track: Track, floor: float, seen: int, *, heightened: bool = False, over_budget: bool = False, awaited: bool = False
) -> float:
    """The share of hidden gold for this person's next unit, `seen` being the units they have done before.

    Gold is spent where the side of the floor a person stands on is in doubt. `heightened` holds for fifty units after
    a warning of the chart, a dispute decided against the person, or a month of absence. Where the lane is over its
    budget, only newcomers and those about whom there is reason are checked more than the least. `awaited`: a rule would
    act if it had as many checks as it asks for, so that it gets them as fast as a newcomer's.
    """
    below = probability_below(track.a, track.b, floor)
    least, most = GOLD_RATES
    rate = min(most, max(least, 0.02 + 0.6 * min(below, 1.0 - below)))
    if over_budget:
        rate = least
    if seen < NEWCOMER_UNITS or awaited:
        rate = max(rate, NEWCOMER_RATE)
    return rate + HEIGHTENED_EXTRA if heightened else rate


def _forget(track: Track, lam: float) -> tuple[float, float]:
    rest = track.prior.scaled(RESTING_STRENGTH)
    return lam * track.a + (1.0 - lam) * rest.a, lam * track.b + (1.0 - lam) * rest.b


def _check_score(score: float) -> None:
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"a score must lie in [0, 1], got {score}")
