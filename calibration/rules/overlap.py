"""Overlap: when a unit has enough judgments, and what a rule about that buys in accuracy for how many judgments.

Stop as soon as the posterior of the leading label reaches the target, but not under the least number of judgments, and
unresolved at the most. The simulation draws people, truths and answers; the people are known only by so much gold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.rules.intervals import shrink

Floats = NDArray[np.float64]
HIGHEST = 0.985
"""Nobody's answer counts for more than that of somebody who is right so often."""


@dataclass(frozen=True, slots=True)
class OverlapRule:
    """A target for the posterior and the fewest and most judgments of a unit; fixed where the two are the same."""

    least: int
    most: int
    target: float = 0.95

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError("a unit needs at least one judgment, and at most no fewer than at least")

    def is_enough(self, judgments: int, confidence: float) -> bool:
        """Whether a unit with so many judgments and this posterior of its leading label needs no more."""
        return judgments >= self.most or (judgments >= self.least and confidence >= self.target)


@dataclass(frozen=True, slots=True)
class Yield:
    """What a rule buys: judgments a unit, the share of right labels, and the share left under the target."""

    judgments: float
    accuracy: float
    unresolved: float


def simulate(
    rule: OverlapRule, accuracies: Sequence[float], classes: int, *, seed: int, units: int = 6000,
    gold: int = 30, hard: float = 0.0, harder_by: float = 0.25, vote: bool = False,
) -> Yield:  # fmt: skip
    """What the rule gives with people of these accuracies, each measured by `gold` known answers.

    A share `hard` of the units is answered less accurately. `vote` lets the majority decide instead of the posterior.
    """
    draw = np.random.default_rng(seed)
    people = np.array(accuracies, dtype=float)
    if len(people) < rule.most:
        raise ValueError(f"{rule.most} judgments of a unit need as many people, and there are {len(people)}")
    weight = _weights(draw, people, classes, gold)
    order = np.argsort(draw.random((units, len(people))), axis=1)[:, : rule.most]
    penalty = np.where(draw.random(units) < hard, harder_by, 0.0)
    score = np.zeros((units, classes))
    given, done = np.zeros(units, dtype=int), np.zeros(units, dtype=bool)
    for place in range(rule.most):
        who = order[:, place]
        right = draw.random(units) < np.maximum(people[who] - penalty, 1.0 / classes)
        answer = np.where(right, 0, draw.integers(1, classes, units))  # the truth is label 0 throughout
        live = np.flatnonzero(~done)
        score[live, answer[live]] += 1.0 if vote else weight[who[live]]
        given[live] += 1
        if place + 1 >= rule.least and not vote:
            done |= _confidence(score) >= rule.target
    label = np.argmax(score + draw.random(score.shape) * 1e-9, axis=1)
    unresolved = 0.0 if vote else float((_confidence(score) < rule.target).mean())
    return Yield(float(given.mean()), float((label == 0).mean()), unresolved)


def _weights(draw: np.random.Generator, people: Floats, classes: int, gold: int) -> Floats:
    """The log odds by which answers count, from what `gold` known answers say of each person."""
    known = np.clip(shrink(draw.binomial(gold, people), gold), 1.0 / classes + 0.01, HIGHEST)
    found: Floats = np.log(known * (classes - 1) / (1.0 - known))
    return found


def _confidence(score: Floats) -> Floats:
    odds = np.exp(score - score.max(axis=1, keepdims=True))
    found: Floats = 1.0 / odds.sum(axis=1)
    return found
