"""When proven people contradict a key so often that the key is to be doubted, and not the people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calibration.rules.special import bdtr

ANSWERS_LEAST = 5
OTHER_SURE = 0.8
IMPROBABLE = 0.01
CHECKED_LEAST = 10
"""Checked answers from which on a person's accuracy says whether they are proven."""
_SUREST = 0.985


@dataclass(frozen=True, slots=True)
class Proven:
    """An answer to a keyed item by somebody who is at least as accurate as half of the pool."""

    category: str | None
    is_right: bool
    accuracy: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the answers of proven people say of a key, with everything it rests on."""

    answers: int
    right: int
    expected: float
    probability: float  # of so few right answers, were the key right
    other: str | None  # the likeliest other answer, where answers form a closed set
    sureness: float  # its posterior, the key left aside

    @property
    def by_other(self) -> bool:
        return self.answers >= ANSWERS_LEAST and self.sureness >= OTHER_SURE

    @property
    def by_chance(self) -> bool:
        return self.answers >= ANSWERS_LEAST and self.probability < IMPROBABLE

    @property
    def is_serious(self) -> bool:
        """Whether the key stops counting until a person has looked at it."""
        return self.by_other or self.by_chance


def doubt(answers: Sequence[Proven], key: str | None, classes: int) -> Doubt:
    """Weigh the answers of proven people against a key of one of `classes` answers (0: not a closed set)."""
    n, right = len(answers), sum(each.is_right for each in answers)
    expected = sum(each.accuracy for each in answers) / n if n else 1.0
    probability = float(bdtr(right, n, expected)) if n else 1.0
    other, sureness = _other(answers, key, classes) if classes > 1 and key is not None else (None, 0.0)
    return Doubt(n, right, expected, probability, other, sureness)


def _other(answers: Sequence[Proven], key: str | None, classes: int) -> tuple[str | None, float]:
    """The likeliest answer but the key's, and its posterior from the answers alone: one coin for each person."""
    scores: dict[str, float] = {}
    for each in answers:
        if each.category is None:
            continue
        accuracy = min(_SUREST, max(1.0 / classes + 0.01, each.accuracy))
        weight = math.log(accuracy * (classes - 1) / (1.0 - accuracy))
        scores[each.category] = scores.get(each.category, 0.0) + weight
    others = {name: score for name, score in scores.items() if name != key}
    if not others:
        return None, 0.0
    best = max(sorted(others), key=others.__getitem__)
    named = [*scores.values()]
    peak = max(named)
    total = sum(math.exp(score - peak) for score in named) + (classes - len(named)) * math.exp(-peak)
    return best, math.exp(others[best] - peak) / total
