"""Agreement counters that move with every judgment, at a cost that does not grow with the history.

A unit counts by its pattern (how often each label was given to it), and the counter holds how many units show each
pattern. These are whole numbers: any order of events gives the same counter, and adding then removing a judgment
restores it exactly. Every coefficient, and the bootstrap over units, follows from them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from calibration.inference.coding import Floats

_MOST_CELLS = 4_000_000
_BLOCK = 256
_ROUNDING = 1e-13

Label: TypeAlias = Hashable
Pattern: TypeAlias = tuple[tuple[Label, int], ...]
SEED = 20260101


class Level(StrEnum):
    """The scale on which labels differ."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


@dataclass(slots=True)
class AgreementCounter:
    """How many units show each pattern of at least two judgments; fewer say nothing about agreement."""

    patterns: Counter[Pattern] = field(default_factory=Counter)

    def add(self, counts: Mapping[Label, int], label: Label) -> dict[Label, int]:
        """Count one more judgment of a unit that had `counts`; returns the unit's new counts."""
        after = dict(counts)
        after[label] = after.get(label, 0) + 1
        self._move(counts, after)
        return after

    def remove(self, counts: Mapping[Label, int], label: Label) -> dict[Label, int]:
        """Take one judgment of a unit back, when it is void; returns the unit's new counts."""
        after = dict(counts)
        if after.get(label, 0) < 1:
            raise ValueError(f"the unit has no judgment {label!r} to remove")
        after[label] -= 1
        self._move(counts, after)
        return {known: count for known, count in after.items() if count}

    def merged(self, other: AgreementCounter) -> AgreementCounter:
        """Both counters together, for units that are in one of them only (other days, other lanes)."""
        return AgreementCounter(self.patterns + other.patterns)

    @property
    def units(self) -> int:
        """Units with at least two judgments."""
        return self.patterns.total()

    def percent(self) -> float:
        """The share of agreeing pairs within a unit, as a mean over units; nan without any."""
        return self._figure(_Percent)

    def fleiss(self) -> float:
        """Fleiss' kappa; every unit must have the same number of judgments. Psychological Bulletin 76, 1971."""
        return self._figure(_Fleiss)

    def alpha(self, level: Level | str = Level.NOMINAL, order: Sequence[Label] | None = None) -> float:
        """Krippendorff's alpha; nan where only one value was ever used. Content Analysis, 2004, chapter 11.

        Ordinal labels are numbers, or names that `order` puts in order; interval and ratio labels are numbers, those of
        a ratio not below zero.
        """
        return self._figure(_ALPHAS[Level(level)], order)

    def interval(
        self, level: Level | str = Level.NOMINAL, order: Sequence[Label] | None = None, **options: Any
    ) -> tuple[float, float]:
        """Percentile interval of alpha when units are drawn again with replacement; nan where alpha is.

        Options: `confidence` (0.95), `samples` (1000), `seed`, and `progress`, which is told the share that is done.
        """
        return self._interval(_ALPHAS[Level(level)], order, **options)

    def percent_interval(self, **options: Any) -> tuple[float, float]:
        """The same for the share of agreeing pairs."""
        return self._interval(_Percent, **options)

    def fleiss_interval(self, **options: Any) -> tuple[float, float]:
        """The same for Fleiss' kappa."""
        return self._interval(_Fleiss, **options)

    def _figure(self, kind: type[_Figure], order: Sequence[Label] | None = None) -> float:
        if not self.patterns:
            return math.nan
        figure = kind(self.patterns, order)
        return float(figure.of(figure.units[None, :])[0])

    def _interval(
        self, kind: type[_Figure], order: Sequence[Label] | None = None, **options: Any
    ) -> tuple[float, float]:
        if not self.patterns:
            return math.nan, math.nan
        figure = kind(self.patterns, order)
        return bootstrap(figure.units, figure.of, **options)

    def to_json(self) -> list[Any]:
        """Plain JSON: rows of [[[label, count], …], units]."""
        return [[[list(cell) for cell in pattern], units] for pattern, units in sorted(self.patterns.items(), key=repr)]

    @classmethod
    def from_json(cls, rows: Iterable[Any]) -> AgreementCounter:
        return cls(Counter({tuple((label, count) for label, count in cells): units for cells, units in rows}))

    def _move(self, before: Mapping[Label, int], after: Mapping[Label, int]) -> None:
        old, new = pattern_of(before), pattern_of(after)
        if _size(old) >= 2:
            if self.patterns[old] < 1:
                raise ValueError("the unit was not counted with these judgments before")
            self.patterns[old] -= 1
            if not self.patterns[old]:
                del self.patterns[old]
        if _size(new) >= 2:
            self.patterns[new] += 1


@dataclass(slots=True)
class PairCounter:
    """Two people on the units both have judged: how many units show each pair of labels."""

    pairs: Counter[tuple[Label, Label]] = field(default_factory=Counter)

    def add(self, first: Label, second: Label, units: int = 1) -> None:
        """Count units to which the two gave these labels."""
        self.pairs[first, second] += units

    def remove(self, first: Label, second: Label) -> None:
        """Take one unit back."""
        if self.pairs[first, second] < 1:
            raise ValueError(f"no unit was judged {first!r} by one and {second!r} by the other")
        self.pairs[first, second] -= 1

    @property
    def shared(self) -> int:
        """Units that both judged."""
        return self.pairs.total()

    @property
    def alike(self) -> int:
        """Units to which both gave the same label."""
        return sum(units for (first, second), units in self.pairs.items() if first == second)

    def percent(self) -> float:
        """The share of units to which both gave the same label."""
        return self.alike / self.shared if self.shared else math.nan

    def kappa(self) -> float:
        """Cohen's kappa (1960); nan where chance alone would agree always."""
        if not self.shared:
            return math.nan
        cells, units = self._cells()
        return float(_kappa(cells, units[None, :])[0])

    def interval(self, **options: Any) -> tuple[float, float]:
        """Percentile interval of kappa when units are drawn again; options as those of `AgreementCounter.interval`."""
        if not self.shared:
            return math.nan, math.nan
        cells, units = self._cells()
        return bootstrap(units, lambda weights: _kappa(cells, weights), **options)

    def _cells(self) -> tuple[_Cells, Floats]:
        """Which labels met, in codes, and in how many units."""
        met = sorted((pair for pair, units in self.pairs.items() if units), key=repr)
        place = {label: number for number, label in enumerate(dict.fromkeys(label for pair in met for label in pair))}
        codes = np.array([[place[first], place[second]] for first, second in met])
        return _Cells(codes[:, 0], codes[:, 1], len(place)), np.array([self.pairs[pair] for pair in met], dtype=float)


def bootstrap(
    units: Floats,
    figure: Callable[[Floats], Floats],
    *,
    confidence: float = 0.95,
    samples: int = 1000,
    seed: int = SEED,
    progress: Callable[[float], None] | None = None,
) -> tuple[float, float]:
    """The percentile interval of a figure when units, so many of each kind, are drawn again with replacement.

    `figure` takes rows of how often each kind was drawn. Draws in which it says nothing (nan) are left out.
    """
    generator = np.random.default_rng(seed)
    total = int(units.sum())
    at_once = max(1, min(samples, _MOST_CELLS // len(units)))
    found = []
    for start in range(0, samples, at_once):
        drawn = generator.multinomial(total, units / total, size=min(at_once, samples - start))
        found.append(figure(drawn.astype(float)))
        if progress is not None:
            progress(min(1.0, (start + at_once) / samples))
    figures = np.concatenate(found)
    figures = figures[np.isfinite(figures)]
    if not len(figures):
        return math.nan, math.nan
    lower, upper = np.quantile(figures, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return float(lower), float(upper)


class _Figure:
    """A coefficient as a function of how many units show each pattern, for many such weightings at once."""

    def __init__(self, patterns: Mapping[Pattern, int], order: Sequence[Label] | None) -> None:
        # Sorted, so that the same counts give the same draws however they came about.
        self.patterns = sorted(patterns, key=repr)
        self.units = np.array([patterns[pattern] for pattern in self.patterns], dtype=float)
        self.sizes = np.array([_size(pattern) for pattern in self.patterns], dtype=float)
        self.values = _ordered({label for pattern in self.patterns for label, _ in pattern}, order)
        self.counts = self._counts()

    def of(self, weights: Floats) -> Floats:
        """The coefficient for each row of weights."""
        raise NotImplementedError

    def totals(self, weights: Floats) -> Floats:
        """How often each value was used, by row of weights."""
        found: Floats = (self.counts.T @ weights.T).T
        return found

    def _counts(self) -> Any:
        """Patterns × values; sparse where that would be large."""
        place = {label: number for number, label in enumerate(self.values)}
        cells = [(row, place[label], count) for row, pattern in enumerate(self.patterns) for label, count in pattern]
        rows, columns, counts = np.array(cells, dtype=np.int64).T
        shape = len(self.patterns), len(self.values)
        if shape[0] * shape[1] > _MOST_CELLS:
            from scipy.sparse import csr_array

            return csr_array((counts.astype(float), (rows, columns)), shape=shape)
        dense = np.zeros(shape)
        dense[rows, columns] = counts
        return dense


class _Percent(_Figure):
    def of(self, weights: Floats) -> Floats:
        found: Floats = (weights @ self.agreeing) / weights.sum(axis=1)
        return found

    @cached_property
    def agreeing(self) -> Floats:
        """The share of agreeing pairs in a unit of each pattern."""
        squares = np.array([sum(count * count for _, count in pattern) for pattern in self.patterns], dtype=float)
        found: Floats = (squares - self.sizes) / (self.sizes * (self.sizes - 1.0))
        return found


class _Fleiss(_Percent):
    def of(self, weights: Floats) -> Floats:
        if len(set(self.sizes.tolist())) > 1:
            raise ValueError("Fleiss' kappa needs the same number of judgments for every unit; use alpha")
        totals = self.totals(weights)
        by_chance = ((totals / totals.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
        return _above_chance(super().of(weights), by_chance)


class _Alpha(_Figure):
    """Observed and expected disagreement, each as a sum over ordered pairs."""

    def of(self, weights: Floats) -> Floats:
        totals = self.totals(weights)
        expected = self.expected(totals)
        with np.errstate(invalid="ignore", divide="ignore"):
            alphas = 1.0 - (totals.sum(axis=1) - 1.0) * self.observed(weights, totals) / expected
        return np.where(expected > 0.0, alphas, np.nan)

    def observed(self, weights: Floats, totals: Floats) -> Floats:
        """Disagreement within units, each judgment of a unit weighing one."""
        found: Floats = weights @ (self.within / (self.sizes - 1.0))
        return found

    @property
    def within(self) -> Floats:
        """The sum of distances over the ordered pairs in a unit of each pattern."""
        raise NotImplementedError

    def expected(self, totals: Floats) -> Floats:
        """The sum of distances over all ordered pairs of judgments."""
        raise NotImplementedError


class _Nominal(_Alpha):
    @cached_property
    def within(self) -> Floats:
        squares = np.array([sum(count * count for _, count in pattern) for pattern in self.patterns], dtype=float)
        found: Floats = self.sizes**2 - squares
        return found

    def expected(self, totals: Floats) -> Floats:
        found: Floats = totals.sum(axis=1) ** 2 - (totals**2).sum(axis=1)
        return found


class _Interval(_Alpha):
    """Squared differences: pairs need not be formed, as their sum follows from the first two moments."""

    @cached_property
    def numbers(self) -> Floats:
        numbers = np.array([float(value) for value in self.values])
        found: Floats = numbers - numbers.mean()  # far from zero, moments would lose digits
        return found

    @cached_property
    def within(self) -> Floats:
        return _squared_apart(self.sizes, self.counts @ self.numbers, self.counts @ self.numbers**2)

    def expected(self, totals: Floats) -> Floats:
        return _squared_apart(totals.sum(axis=1), totals @ self.numbers, totals @ self.numbers**2)


class _Ordinal(_Alpha):
    """The ranks between two values, half of either end included, are a difference of mid-ranks."""

    def __init__(self, patterns: Mapping[Pattern, int], order: Sequence[Label] | None) -> None:
        super().__init__(patterns, order)
        if order is None and not all(isinstance(value, Real) for value in self.values):
            raise ValueError("ordinal labels that are no numbers need their order; their alphabet says nothing of it")

    def observed(self, weights: Floats, totals: Floats) -> Floats:
        ranks = self._ranks(totals).T
        within = _squared_apart(self.sizes[:, None], self.counts @ ranks, self.counts @ ranks**2)
        return np.asarray((weights * (within / (self.sizes - 1.0)[:, None]).T).sum(axis=1))

    def expected(self, totals: Floats) -> Floats:
        ranks = self._ranks(totals)
        return _squared_apart(totals.sum(axis=1), (totals * ranks).sum(axis=1), (totals * ranks**2).sum(axis=1))

    @staticmethod
    def _ranks(totals: Floats) -> Floats:
        ranks: Floats = totals.cumsum(axis=1) - totals / 2.0
        ranks -= totals.sum(axis=1, keepdims=True) / 2.0
        return ranks


class _Ratio(_Alpha):
    def __init__(self, patterns: Mapping[Pattern, int], order: Sequence[Label] | None) -> None:
        super().__init__(patterns, order)
        self.numbers = np.array([float(value) for value in self.values])
        if (self.numbers < 0.0).any():
            raise ValueError("labels of a ratio must not be below zero")

    @cached_property
    def within(self) -> Floats:
        sums = [
            sum(n * m * _ratio_apart(c, k) for c, n in pattern for k, m in pattern if c != k)
            for pattern in self.patterns
        ]
        return np.array(sums, dtype=float)

    def expected(self, totals: Floats) -> Floats:
        found = np.zeros(len(totals))
        for start in range(0, len(self.numbers), _BLOCK):
            block = self.numbers[start : start + _BLOCK, None]
            sums = block + self.numbers
            apart = np.divide(block - self.numbers, sums, out=np.zeros_like(sums), where=sums > 0.0) ** 2
            found += ((totals @ apart.T) * totals[:, start : start + _BLOCK]).sum(axis=1)
        return found


_ALPHAS: Mapping[Level, type[_Alpha]] = {
    Level.NOMINAL: _Nominal,
    Level.ORDINAL: _Ordinal,
    Level.INTERVAL: _Interval,
    Level.RATIO: _Ratio,
}


@dataclass(frozen=True)
class _Cells:
    """Pairs of labels that two people gave, in codes."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    labels: int


def _kappa(cells: _Cells, weights: Floats) -> Floats:
    """Cohen's kappa for each row of how many units show each pair."""
    total = weights.sum(axis=1)
    ones, others = np.zeros((len(weights), cells.labels)), np.zeros((len(weights), cells.labels))
    np.add.at(ones.T, cells.first, weights.T)
    np.add.at(others.T, cells.second, weights.T)
    together = (ones * others).sum(axis=1) / total**2
    return _above_chance(weights @ (cells.first == cells.second) / total, together)


def pattern_of(counts: Mapping[Label, int]) -> Pattern:
    """A unit's counts in the one form that equal counts share."""
    return tuple(sorted(((label, count) for label, count in counts.items() if count), key=repr))


def _size(pattern: Pattern) -> int:
    return sum(count for _, count in pattern)


def _above_chance(observed: Floats, by_chance: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance >= 1.0, np.nan, (observed - by_chance) / (1.0 - by_chance))


def _squared_apart(count: Floats, total: Floats, squares: Floats) -> Floats:
    """The sum of squared differences over all ordered pairs of so many numbers, from their sum and sum of squares."""
    most = count * squares
    apart = most - total**2
    found: Floats = 2.0 * np.where(apart > _ROUNDING * most, apart, 0.0)
    return found


def _ratio_apart(one: Any, other: Any) -> float:
    apart, total = float(one) - float(other), float(one) + float(other)
    return (apart / total) ** 2 if total > 0.0 else 0.0


def _ordered(labels: Iterable[Any], order: Sequence[Label] | None) -> list[Any]:
    if order is None:
        return sorted(labels)
    unknown = set(labels) - set(order)
    if unknown:
        raise ValueError(f"the order leaves out {sorted(map(str, unknown))}")
    return list(order)
