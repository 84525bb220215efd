"""Partial credit: what an answer at some distance from the key is worth.

How far two answers lie apart, and from where an answer counts as right, the task type says.
"""

from __future__ import annotations

from collections.abc import Iterable


def score_from_distance(distance: float) -> float:
    """Credit in [0, 1] for an answer at this distance from the key."""
    if not 0.0 <= distance <= 1.0:
        raise ValueError(f"a distance must lie in [0, 1], got {distance}")
    return 1.0 - distance


def best_score(distances: Iterable[float]) -> float:
    """Credit against a key that accepts several answers: the nearest of them counts."""
    return score_from_distance(min(distances))
