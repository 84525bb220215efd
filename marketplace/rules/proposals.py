"""Which settled units are proposed as gold: the surest, of every class, the hard as well as the easy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.rules.drawing import draw, terciles

CONFIDENCE_LEAST = 0.99
"""The posterior of a label that people may be checked by."""
PEOPLE_LEAST = 3
"""Independent people who gave that very label."""
PROVEN_LEAST = 2
"""Of them, people whose own accuracy is proven."""
PROVEN_CHECKS = 20
OPEN_MOST = 60
"""Proposals of a lane that wait at once: as many as somebody reads in one sitting."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settled unit that is sure enough; `seconds` is how long its answers took on average."""

    unit_id: str
    category: str
    answers: int
    people: int
    seconds: float


def hardness(candidate: Candidate) -> float:
    """How hard a unit was, as far as its answers tell: first how many said otherwise, then how long they took."""
    return (1.0 - candidate.people / candidate.answers) * 1e6 + candidate.seconds


def chosen(candidates: Sequence[Candidate], wanted: int, seed: int) -> dict[str, int]:
    """The units to propose with their third by difficulty: in turn from each class and third, drawn by the seed."""
    thirds = terciles({each.unit_id: hardness(each) for each in candidates})
    strata: dict[str, list[str]] = {}
    for each in candidates:
        strata.setdefault(f"{each.category}\n{thirds[each.unit_id]}", []).append(each.unit_id)
    return {unit_id: thirds[unit_id] for unit_id in draw(strata, wanted, seed)}
