"""Agreement counters that move with every judgment, at a cost that does not grow with the history.

A unit counts by its pattern (how often each label was given to it), and the counter holds how many units show each
pattern. These are whole numbers: any order of events gives the same counter, and adding then removing a judgment
restores it exactly. Every coefficient, and the bootstrap over units, follows from them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np

from calibration.inference.coding import Floats

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
        if not self.patterns:
            return math.nan
        agreed = math.fsum(units * _agreeing(pattern) for pattern, units in self.patterns.items())
        return agreed / self.units

    def fleiss(self) -> float:
        """Fleiss' kappa; every unit must have the same number of judgments. Psychological Bulletin 76, 1971."""
        sizes = {_size(pattern) for pattern in self.patterns}
        if len(sizes) > 1:
            raise ValueError("Fleiss' kappa needs the same number of judgments for every unit; use alpha")
        if not sizes:
            return math.nan
        totals: Counter[Label] = Counter()
        for pattern, units in self.patterns.items():
            totals.update({label: count * units for label, count in pattern})
        by_chance = math.fsum((count / totals.total()) ** 2 for count in totals.values())
        return _above_chance(self.percent(), by_chance)

    def alpha(self, level: Level | str = Level.NOMINAL, order: Sequence[Label] | None = None) -> float:
        """Krippendorff's alpha; nan where only one value was ever used. Content Analysis, 2004, chapter 11.

        Ordinal labels are ordered as numbers or names are, or as `order` says; interval and ratio labels are numbers.
        """
        values, contributions, units = self._contributions(order)
        return float(_alpha((units @ contributions).reshape(len(values), len(values)), Level(level), values))

    def interval(
        self,
        level: Level | str = Level.NOMINAL,
        order: Sequence[Label] | None = None,
        *,
        confidence: float = 0.95,
        samples: int = 1000,
        seed: int = SEED,
    ) -> tuple[float, float]:
        """Percentile interval of alpha when units are drawn again with replacement; nan where alpha is."""
        values, contributions, units = self._contributions(order)
        total = int(units.sum())
        if total == 0:
            return math.nan, math.nan
        drawn = np.random.default_rng(seed).multinomial(total, units / total, size=samples)
        alphas = _alpha((drawn @ contributions).reshape(samples, len(values), len(values)), Level(level), values)
        alphas = alphas[np.isfinite(alphas)]
        if not len(alphas):
            return math.nan, math.nan
        lower, upper = np.quantile(alphas, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
        return float(lower), float(upper)

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

    def _contributions(self, order: Sequence[Label] | None) -> tuple[list[Label], Floats, Floats]:
        """The values, what a unit of each pattern adds to their coincidences, and units by pattern."""
        patterns = sorted(self.patterns, key=repr)
        values = _ordered({label for pattern in patterns for label, _ in pattern}, order)
        place = {label: number for number, label in enumerate(values)}
        counts = np.zeros((len(patterns), len(values)))
        for row, pattern in enumerate(patterns):
            for label, count in pattern:
                counts[row, place[label]] = count
        pairs = counts[:, :, None] * counts[:, None, :]
        diagonal = np.arange(len(values))
        pairs[:, diagonal, diagonal] -= counts
        pairs /= (counts.sum(axis=1) - 1.0)[:, None, None]
        units = np.array([self.patterns[pattern] for pattern in patterns], dtype=float)
        return values, pairs.reshape(len(patterns), len(values) ** 2), units


@dataclass(slots=True)
class PairCounter:
    """Two people on the units both have judged: how many, how often alike, and what each of them tends to say."""

    shared: int = 0
    alike: int = 0
    first: Counter[Label] = field(default_factory=Counter)
    second: Counter[Label] = field(default_factory=Counter)

    def add(self, first: Label, second: Label, units: int = 1) -> None:
        """Count units to which the two gave these labels; a negative number takes them back."""
        self.shared += units
        self.alike += units if first == second else 0
        self.first[first] += units
        self.second[second] += units

    def remove(self, first: Label, second: Label) -> None:
        """Take one unit back."""
        self.add(first, second, -1)

    def percent(self) -> float:
        return self.alike / self.shared if self.shared else math.nan

    def kappa(self) -> float:
        """Cohen's kappa (1960); nan where chance alone would agree always."""
        if not self.shared:
            return math.nan
        together = sum(count * self.second[label] for label, count in self.first.items())
        return _above_chance(self.percent(), together / self.shared**2)


def pattern_of(counts: Mapping[Label, int]) -> Pattern:
    """A unit's counts in the one form that equal counts share."""
    return tuple(sorted(((label, count) for label, count in counts.items() if count), key=repr))


def _size(pattern: Pattern) -> int:
    return sum(count for _, count in pattern)


def _agreeing(pattern: Pattern) -> float:
    size = _size(pattern)
    return sum(count * (count - 1) for _, count in pattern) / (size * (size - 1))


def _above_chance(observed: float, by_chance: float) -> float:
    return math.nan if by_chance >= 1.0 else (observed - by_chance) / (1.0 - by_chance)


def _ordered(labels: Iterable[Any], order: Sequence[Label] | None) -> list[Any]:
    if order is None:
        return sorted(labels)
    unknown = set(labels) - set(order)
    if unknown:
        raise ValueError(f"the order leaves out {sorted(map(str, unknown))}")
    return list(order)


def _alpha(coincidences: Floats, level: Level, values: Sequence[Any]) -> Any:
    """Alpha of one coincidence matrix, or of a stack of them."""
    totals = coincidences.sum(axis=-1)
    apart = _distances(level, totals, values)
    n = totals.sum(axis=-1)
    observed = (coincidences * apart).sum(axis=(-1, -2))
    expected = (totals[..., :, None] * totals[..., None, :] * apart).sum(axis=(-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0.0, 1.0 - (n - 1.0) * observed / expected, np.nan)


def _distances(level: Level, totals: Floats, values: Sequence[Any]) -> Floats:
    if level is Level.NOMINAL:
        return 1.0 - np.eye(len(values))
    if level is Level.ORDINAL:
        # The ranks between two values, half of either end included, are a difference of mid-ranks.
        middle = totals.cumsum(axis=-1) - totals / 2.0
        return (middle[..., :, None] - middle[..., None, :]) ** 2
    numbers = np.array([float(value) for value in values])
    apart = numbers[:, None] - numbers[None, :]
    if level is Level.RATIO:
        sums = numbers[:, None] + numbers[None, :]
        apart = np.divide(apart, sums, out=np.zeros_like(apart), where=sums != 0.0)
    squared: Floats = apart**2
    return squared
