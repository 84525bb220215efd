"""Reviews of units whose label is known, put among the others so that reviewers are measured without knowing when."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RATE = 0.03
"""Of the reviews that are asked for, so many have a known one put beside them."""
WRONG = 0.5
"""Of the known ones, those that show a wrong label."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What a reviewer is shown in place of the unit's own answers and consensus, and what would be right."""

    consensus: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Any]]  # by judgment
    truth: Mapping[str, Any]

    @property
    def is_right(self) -> bool:
        return dict(self.consensus) == dict(self.truth)

    def to_json(self) -> dict[str, Any]:
        return {
            "consensus": dict(self.consensus), "truth": dict(self.truth),
            "answers": {judgment: dict(answer) for judgment, answer in self.answers.items()},
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Planted:
        return cls(kept["consensus"], kept["answers"], kept["truth"])


def how_many(asked: int, draw: random.Random) -> int:
    """How many known reviews go with so many that were asked for."""
    return sum(draw.random() < RATE for _ in range(asked))


def planted(
    truth: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]], others: Sequence[Mapping[str, Any]],
    draw: random.Random,
) -> Planted:  # fmt: skip
    """The unit as it is, or, half of the time, with another label in the place of the right one throughout.

    `others` are labels of the same lane that are not the right one; what somebody did answer here is likelier to be
    believed than what nobody did.
    """
    wrong = draw.choice(list(others)) if others and draw.random() < WRONG else None
    given = [dict(answer) for answer in answers.values() if dict(answer) != dict(truth)]
    if wrong is not None and given:
        wrong = given[0]
    if wrong is None:
        return Planted(truth, answers, truth)
    swapped = {
        judgment: wrong if dict(answer) == dict(truth) else truth if dict(answer) == dict(wrong) else answer
        for judgment, answer in answers.items()
    }
    return Planted(wrong, swapped, truth)
