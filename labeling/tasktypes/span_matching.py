"""Spans side by side: overlap of two, the best one-to-one matching of two sets, and their soft F1."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (exclusive), counted in Unicode code points, with the id of their class."""

    start: int
    end: int
    label: str

    @property
    def length(self) -> int:
        return self.end - self.start


def overlap(one: Span, other: Span) -> float:
    """Intersection over union of the characters, 0 for different classes."""
    if one.label != other.label:
        return 0.0
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared / (one.length + other.length - shared) if shared > 0 else 0.0


def match(ones: Sequence[Span], others: Sequence[Span], least: float = 0.0) -> list[tuple[int, int, float]]:
    """Pairs (index in ones, index in others, overlap) of the one-to-one matching with the greatest sum of overlaps.

    Overlaps under `least` count as none. Greedy matching would not do: nested spans compete for one another.
    """
    pairs: list[tuple[int, int, float]] = []
    rows, columns = _by_label(ones), _by_label(others)
    for label in rows.keys() & columns.keys():
        pairs += _match_class(ones, others, rows[label], columns[label], least)
    return sorted(pairs)


def soft_f1(ones: Sequence[Span], others: Sequence[Span]) -> float:
    """Twice the sum of matched overlaps over the number of spans; 1 for two empty sets. Exactly symmetric."""
    if tuple(ones) == tuple(others):
        return 1.0
    first, second = sorted((tuple(ones), tuple(others)))
    total = math.fsum(shared for _row, _column, shared in match(first, second))
    return 2 * total / (len(first) + len(second))


def _by_label(spans: Sequence[Span]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index, span in enumerate(spans):
        places[span.label].append(index)
    return places


def _match_class(
    ones: Sequence[Span], others: Sequence[Span], rows: list[int], columns: list[int], least: float
) -> list[tuple[int, int, float]]:
    from scipy.optimize import linear_sum_assignment

    table = np.array([[overlap(ones[row], others[column]) for column in columns] for row in rows])
    table[table < least] = 0.0
    chosen = zip(*linear_sum_assignment(table, maximize=True), strict=True)
    return [(rows[i], columns[j], float(table[i, j])) for i, j in chosen if table[i, j] > 0]
