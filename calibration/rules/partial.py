"""Partial credit: what an answer at some distance from the key is worth, and from which score on it counts as right."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

COUNTS_AS_RIGHT: Mapping[str, float] = MappingProxyType(
    {
        "choice": 1.0,
        "multi_choice": 0.8,
        "rating": 0.5,
        "number": 0.5,
        "spans": 0.8,
        "boxes": 0.75,
        "polygons": 0.85,
        "masks": 0.85,
        "transcript": 0.9,
        "ranking": 0.85,
        "preference": 1.0,
        "segments": 0.8,
    }
)
"""The score from which an answer counts as right, by task type; a lane may set its own."""

STRICT = 1.0


def score_from_distance(distance: float) -> float:
    """Credit in [0, 1] for an answer at this distance from the key, as the task type measures distance."""
    if not 0.0 <= distance <= 1.0:
        raise ValueError(f"a distance must lie in [0, 1], got {distance}")
    return 1.0 - distance


def best_score(distances: list[float]) -> float:
    """Credit against a key that accepts several answers: the nearest of them counts."""
    return score_from_distance(min(distances))


def counts_as_right(task_type: str, score: float, threshold: float | None = None) -> bool:
    """Whether a score is good enough to be called right; an unknown task type asks for the whole credit."""
    needed = COUNTS_AS_RIGHT.get(task_type, STRICT) if threshold is None else threshold
    return score >= needed - 1e-9
