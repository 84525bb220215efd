"""Intervals for an accuracy, and the prior that steadies a person of whom little is known.

Wilson is for dashboards, Clopper-Pearson for contracts, the Beta posterior for decisions. The Wald interval is left
out on purpose: with ten answers it covers the truth far too seldom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.rules.special import betainc, betaincinv, ndtri


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval for a share; both ends lie in [0, 1]."""

    lower: float
    upper: float

    @property
    def width(self) -> float:
        return self.upper - self.lower

    def __contains__(self, share: float) -> bool:
        return self.lower <= share <= self.upper


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """A Beta distribution said as its mean and its strength in pseudo-answers."""

    mean: float
    strength: float

    @property
    def a(self) -> float:
        return self.mean * self.strength

    @property
    def b(self) -> float:
        return self.strength - self.a

    def scaled(self, strength: float) -> BetaPrior:
        """The same mean with another strength."""
        return BetaPrior(self.mean, strength)


DEFAULT_PRIOR = BetaPrior(mean=0.8, strength=10.0)
"""Beta(8, 2), the same for everybody in every lane: who somebody works beside says nothing about them."""


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """Wilson's score interval; nothing observed gives (0, 1). Wilson, JASA 22, 1927."""
    _check_counts(successes, n, level)
    if n == 0:
        return Interval(0.0, 1.0)
    z2 = float(ndtri(0.5 + level / 2.0)) ** 2
    share = successes / n
    scale = 1.0 + z2 / n
    centre = (share + z2 / (2.0 * n)) / scale
    half = math.sqrt(z2 * (share * (1.0 - share) / n + z2 / (4.0 * n * n))) / scale
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def jeffreys(successes: float, n: float, level: float = 0.95) -> Interval:
    """Equal-tailed interval of the posterior under Jeffreys' prior Beta(1/2, 1/2)."""
    _check_counts(successes, n, level)
    return beta_bounds(successes + 0.5, n - successes + 0.5, level)


def clopper_pearson(successes: float, n: float, level: float = 0.95) -> Interval:
    """The exact interval, which never covers less than it says. Clopper and Pearson, Biometrika 26, 1934."""
    _check_counts(successes, n, level)
    tail = (1.0 - level) / 2.0
    lower = 0.0 if successes == 0 else beta_quantile(successes, n - successes + 1.0, tail)
    upper = 1.0 if successes == n else beta_quantile(successes + 1.0, n - successes, 1.0 - tail)
    return Interval(lower, upper)


def beta_bounds(a: float, b: float, level: float = 0.95) -> Interval:
    """Equal-tailed interval that holds `level` of Beta(a, b)."""
    _check_level(level)
    tail = (1.0 - level) / 2.0
    return Interval(beta_quantile(a, b, tail), beta_quantile(a, b, 1.0 - tail))


def beta_quantile(a: float, b: float, probability: float) -> float:
    """The value that Beta(a, b) stays below with this probability."""
    return float(betaincinv(a, b, probability))


def probability_below(a: float, b: float, limit: float) -> float:
    """P(accuracy < limit) under Beta(a, b)."""
    return float(betainc(a, b, min(1.0, max(0.0, limit))))


def shrink(right: ArrayLike, n: float, prior: BetaPrior = DEFAULT_PRIOR) -> NDArray[np.float64]:
    """Accuracies of people with so many right of `n`, pulled towards the prior as strongly as `n` is small."""
    return (np.asarray(right, dtype=float) + prior.a) / (n + prior.strength)


def _check_counts(successes: float, n: float, level: float) -> None:
    _check_level(level)
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n, got {successes} of {n}")


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie strictly between 0 and 1, got {level}")


LEAST_SHARE = 0.05
"""A class this common must have been checked before an accuracy over all classes is told."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """An accuracy over all classes, each counted as often as it occurs at work."""

    value: float
    interval: Interval


def weighted_by_shares(checks: Mapping[str, tuple[float, float]], shares: Mapping[str, float]) -> Weighted | None:
    """Accuracy from (right, checked) by class, by how common each class is at work; None where too little is known.

    Checks hold rare classes as often as common ones, so that their plain mean says little about the work. The interval
    is put together from those of the classes (Zou and Donner, Statistics in Medicine 27, 2008: the distances of the
    ends, weighted, add up as squares).
    """
    if any(share >= LEAST_SHARE and not checks.get(name, (0.0, 0.0))[1] for name, share in shares.items()):
        return None
    known = {name: share for name, share in shares.items() if checks.get(name, (0.0, 0.0))[1] and share > 0.0}
    total = sum(known.values())
    if not total:
        return None
    value, down, up = 0.0, 0.0, 0.0
    for name, share in known.items():
        (right, checked), weight = checks[name], share / total
        recall, own = right / checked, wilson(right, checked)
        value += weight * recall
        down += (weight * (recall - own.lower)) ** 2
        up += (weight * (own.upper - recall)) ** 2
    return Weighted(value, Interval(max(0.0, value - math.sqrt(down)), min(1.0, value + math.sqrt(up))))
