"""Weighted votes and medians: the arithmetic that aggregation shares, exact in any order of the answers."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labeling.values import Weighted

_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Vote:
    """The outcome of a vote between categories."""

    winner: str
    share: float
    posterior: dict[str, float]
    is_tied: bool


def counted(answers: Iterable[Weighted]) -> list[Weighted]:
    """The answers that have weight; a weight that is negative, infinite or not a number is a programming error."""
    kept = []
    for answer in answers:
        if not (math.isfinite(answer.weight) and answer.weight >= 0):
            raise ValueError(f"a weight is a finite number of at least 0, not {answer.weight}")
        if answer.weight > 0:
            kept.append(answer)
    return kept


def vote(ballots: Iterable[tuple[str, float]], categories: Sequence[str]) -> Vote:
    """Weighted majority. The posterior spreads one prior answer evenly: (w_k + 1/K) / (W + 1).

    Equal weights are decided by a hash of the name, so that neither the order of classes nor of answers favours
    anybody, and are marked as tied.
    """
    weights: dict[str, list[float]] = defaultdict(list)
    for category, weight in ballots:
        weights[category].append(weight)
    sums = {category: math.fsum(weights[category]) for category in {*categories, *weights}}
    total = math.fsum(weight for several in weights.values() for weight in several)
    best = max(sums.values())
    leaders = sorted((name for name, weight in sums.items() if best - weight <= _TIE * total), key=_draw)
    posterior = {name: (sums[name] + 1 / len(categories)) / (total + 1) for name in categories}
    return Vote(leaders[0], sums[leaders[0]] / total, posterior, len(leaders) > 1)


def weighted_median(values: Iterable[tuple[int, float]]) -> int:
    """The smallest value at which at least half of the weight is reached."""
    ordered = sorted(values)
    half = math.fsum(weight for _value, weight in ordered) / 2
    reached = 0.0
    for value, weight in ordered:
        reached += weight
        if reached >= half * (1 - _TIE):
            return value
    raise ValueError("the median of nothing")


def _draw(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()
