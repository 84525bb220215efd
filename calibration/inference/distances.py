"""How far apart two structured labels lie: transcripts, boxes, spans and rankings, each in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from calibration.inference.coding import Floats
from labeling.tasktypes.span_matching import Span, soft_f1

Box: TypeAlias = Sequence[Any]
"""Left, top, right, bottom, and a class where boxes have one."""
Ranking: TypeAlias = "Mapping[Any, float] | Sequence[Any]"
"""Ranks by item (1 is best, equal numbers are ties), or items from the best on, tied ones in a list of their own."""
SAME_BOX = 0.5
"""Two boxes mean the same thing when they overlap by at least this much."""


def edits(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The least number of insertions, deletions and substitutions that turn one sequence into the other.

    Hyyrö, A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances, Nordic Journal of Computing
    10, 2003: a column of the table is two integers, one bit for each element, so that a word costs a few operations.
    """
    if not one:
        return len(other)
    places: dict[Hashable, int] = {}
    for place, element in enumerate(one):
        places[element] = places.get(element, 0) | 1 << place
    everywhere, last = (1 << len(one)) - 1, 1 << len(one) - 1
    rises, falls, distance = everywhere, 0, len(one)
    for element in other:
        here = places.get(element, 0)
        level = (((here & rises) + rises) ^ rises) | here | falls
        rises_across = falls | ~(level | rises)
        falls_across = rises & level
        distance += bool(rises_across & last) - bool(falls_across & last)
        rises_across = rises_across << 1 | 1
        rises = (falls_across << 1 | ~(level | rises_across)) & everywhere
        falls = rises_across & level & everywhere
    return distance


def error_rate(key: Sequence[Hashable], given: Sequence[Hashable]) -> float:
    """Edits for each element of the key: the word error rate, when the elements are words. Can exceed one.

    Two empty sequences agree; anything given for an empty key is wholly wrong.
    """
    if not key:
        return float(bool(given))
    return edits(key, given) / len(key)


def sequence_distance(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """The mean error rate of both directions, each at most one."""
    if not one or not other:
        return float(len(one) != len(other))
    apart = edits(one, other)
    return (min(1.0, apart / len(one)) + min(1.0, apart / len(other))) / 2.0


def span_distance(one: Sequence[Span], other: Sequence[Span]) -> float:
    """One less soft F1, under the best matching of spans of the same class by shared characters."""
    return min(1.0, max(0.0, 1.0 - soft_f1(one, other)))


def box_overlaps(ones: Sequence[Box], others: Sequence[Box]) -> Floats:
    """Intersection over union of every box with every other; zero where their classes differ."""
    if not len(ones) or not len(others):
        return np.zeros((len(ones), len(others)))
    first, second = _corners(ones)[:, None, :], _corners(others)[None, :, :]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    shared = np.maximum(sides, 0.0).prod(axis=2)
    union = (first[..., 2:] - first[..., :2]).prod(axis=2) + (second[..., 2:] - second[..., :2]).prod(axis=2) - shared
    overlaps: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0.0)
    if any(len(box) > 4 for box in (*ones, *others)):
        overlaps *= np.array([[tuple(one[4:]) == tuple(other[4:]) for other in others] for one in ones])
    return overlaps


def dice(overlap: float) -> float:
    """The Dice coefficient of two areas, from their intersection over union."""
    return 2.0 * overlap / (1.0 + overlap)


def best_matching(overlaps: Floats, least: float = 0.0) -> list[tuple[int, int, float]]:
    """Pairs (row, column, overlap) of the one-to-one matching with the greatest sum; less than `least` is none.

    Taking the largest overlap first would not do: it can cost two others their only partner.
    """
    from scipy.optimize import linear_sum_assignment

    counted = np.where(overlaps >= least, overlaps, 0.0)
    rows, columns = linear_sum_assignment(counted, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), counted[rows, columns].tolist(), strict=True)
    return [pair for pair in pairs if pair[2] > 0.0]


def box_distance(ones: Sequence[Box], others: Sequence[Box]) -> float:
    """One less twice the overlap of matched boxes over the number of boxes; two empty sets agree."""
    if not len(ones) or not len(others):
        return float(len(ones) != len(others))
    pairs = best_matching(box_overlaps(ones, others), SAME_BOX)
    return max(0.0, 1.0 - 2.0 * math.fsum(shared for _row, _column, shared in pairs) / (len(ones) + len(others)))


def ranks(ranking: Ranking) -> dict[Any, float]:
    """The rank of each item, whichever way a ranking is written."""
    if isinstance(ranking, Mapping):
        found = {item: float(rank) for item, rank in ranking.items()}
    else:
        tiers = [tier if isinstance(tier, list | tuple | set | frozenset) else (tier,) for tier in ranking]
        found = {item: float(place) for place, tier in enumerate(tiers) for item in tier}
        if len(found) != sum(map(len, tiers)):
            raise ValueError("a ranking names each item once")
    if not all(map(math.isfinite, found.values())):
        raise ValueError("a rank is a finite number")
    return found


def tau_b(one: Ranking, other: Ranking) -> float:
    """Kendall's tau-b over the items that both rank; not a number where one of them ties everything.

    Kendall, The Treatment of Ties in Ranking Problems, Biometrika 33, 1945.
    """
    first, second = ranks(one), ranks(other)
    agreeing = in_first = in_second = 0
    for a, b in combinations([item for item in first if item in second], 2):
        ahead = (first[b] > first[a]) - (first[b] < first[a])
        there = (second[b] > second[a]) - (second[b] < second[a])
        agreeing += ahead * there
        in_first += ahead != 0
        in_second += there != 0
    return agreeing / math.sqrt(in_first * in_second) if in_first and in_second else math.nan


def ranking_distance(one: Ranking, other: Ranking) -> float:
    """(1 - tau-b) / 2. Where tau-b says nothing, equal rankings lie at 0 and others half-way."""
    tau = tau_b(one, other)
    if not math.isnan(tau):
        return (1.0 - tau) / 2.0
    return 0.0 if _is_same_order(ranks(one), ranks(other)) else 0.5


def _is_same_order(one: Mapping[Any, float], other: Mapping[Any, float]) -> bool:
    if one.keys() != other.keys():
        return False
    return len(set(one.values())) <= 1 and len(set(other.values())) <= 1


def _corners(boxes: Sequence[Box]) -> Floats:
    return np.array([[float(value) for value in box[:4]] for box in boxes])
