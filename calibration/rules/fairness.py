"""Fairness: the same share in several groups at the same difficulty, with intervals, and who stands apart.

Groups meet questions and units of different difficulty, so that bare shares compare nothing. Counts are kept in strata
of difficulty; a share is told as it would be at everybody's mix of strata, and a gap to all others is the
Mantel-Haenszel difference over the strata (Greenland and Robins 1985) with Sato's variance (1989).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from calibration.rules.intervals import Interval, wilson

LEAST_PEOPLE = 10
"""A group of fewer people is told to nobody, lest a figure be about one of them."""
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Cell:
    """Of one group in one stratum: how many it could have happened to, to how many it did, and how many people."""

    hits: int
    n: int
    people: int


@dataclass(frozen=True, slots=True)
class GroupShare:
    """A group's share at everybody's difficulty, and its gap to all others; nothing of a group that is too small."""

    group: str
    people: int | None
    n: int | None
    share: float | None
    interval: Interval | None
    gap: float | None
    gap_interval: Interval | None

    @property
    def stands_apart(self) -> bool:
        """Whether the gap is more than chance explains."""
        return self.gap_interval is not None and (self.gap_interval.lower > 0.0 or self.gap_interval.upper < 0.0)


def under_the_middle(hourly: Mapping[str, float]) -> dict[str, bool]:
    """Who earns less an hour than the median of all of them; whoever earns just that much does not."""
    middle = median(hourly.values()) if hourly else 0.0
    return {who: each < middle for who, each in hourly.items()}


def compare(groups: Mapping[str, Sequence[Cell]]) -> list[GroupShare]:
    """From the cells of each group, one for each stratum in the same order, by name."""
    strata = max((len(cells) for cells in groups.values()), default=0)
    sizes = [sum(cells[place].n for cells in groups.values()) for place in range(strata)]
    found = []
    for group, cells in sorted(groups.items()):
        people = sum(cell.people for cell in cells)
        if people < LEAST_PEOPLE:
            found.append(GroupShare(group, None, None, None, None, None, None))
            continue
        others = [_sum([each[place] for name, each in groups.items() if name != group]) for place in range(strata)]
        is_enough = sum(cell.people for cell in others) >= LEAST_PEOPLE
        gap = difference(cells, others) if is_enough else None
        share, interval = standardised(cells, sizes)
        found.append(
            GroupShare(
                group, people, sum(cell.n for cell in cells), share, interval, gap[0] if gap else None,
                gap[1] if gap else None,
            )
        )  # fmt: skip
    return found


def standardised(cells: Sequence[Cell], sizes: Sequence[int]) -> tuple[float, Interval]:
    """The share as it would be with strata of these sizes, and its interval; strata the group never met are left out.

    The variance takes each stratum's share with one hit and one miss more, so that none is taken for certain.
    """
    met = [(cell, size) for cell, size in zip(cells, sizes, strict=True) if cell.n]
    whole = sum(size for _cell, size in met)
    if len(met) == 1:
        cell = met[0][0]
        return cell.hits / cell.n, wilson(cell.hits, cell.n)
    share = sum(size / whole * cell.hits / cell.n for cell, size in met)
    variance = 0.0
    for cell, size in met:
        careful = (cell.hits + 1.0) / (cell.n + 2.0)
        variance += (size / whole) ** 2 * careful * (1.0 - careful) / cell.n
    half = _Z * math.sqrt(variance)
    return share, Interval(max(0.0, share - half), min(1.0, share + half))


def difference(cells: Sequence[Cell], others: Sequence[Cell]) -> tuple[float, Interval] | None:
    """The group's share less that of all others at the same difficulty; None where they share no stratum."""
    weight = value = p = q = 0.0
    for one, rest in zip(cells, others, strict=True):
        if not one.n or not rest.n:
            continue
        total = one.n + rest.n
        weight += one.n * rest.n / total
        value += (one.hits * rest.n - rest.hits * one.n) / total
        p += (one.n**2 * rest.hits - rest.n**2 * one.hits + one.n * rest.n * (rest.n - one.n) / 2.0) / total**2
        q += (one.hits * (rest.n - rest.hits) + rest.hits * (one.n - one.hits)) / (2.0 * total)
    if not weight:
        return None
    gap = value / weight
    variance = (gap * p + q) / weight**2
    if variance <= 0.0:
        return gap, _newcombe(_sum(cells), _sum(others))
    half = _Z * math.sqrt(variance)
    return gap, Interval(max(-1.0, gap - half), min(1.0, gap + half))


def _newcombe(one: Cell, rest: Cell) -> Interval:
    """An interval of a difference from Wilson's two, where all or nothing happened in every stratum."""
    a, b = wilson(one.hits, one.n), wilson(rest.hits, rest.n)
    p, q = one.hits / one.n, rest.hits / rest.n
    return Interval(
        p - q - math.hypot(p - a.lower, b.upper - q), p - q + math.hypot(a.upper - p, q - b.lower)
    )  # fmt: skip


def _sum(cells: Sequence[Cell]) -> Cell:
    return Cell(sum(cell.hits for cell in cells), sum(cell.n for cell in cells), sum(cell.people for cell in cells))
