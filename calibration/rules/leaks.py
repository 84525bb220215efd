"""Signs that an exam's questions were known before: they ask a person to look, and decide nothing.

Each sign is told with how often it is raised about people who did nothing wrong. A shared network alone means little:
families, cafes and offices share one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from calibration.rules.special import ndtr

PERFECT = 0.95
SMALLEST_CROWD = 19  # with fewer others nobody can be faster than 95 of a hundred
FAST = 0.05
SEEN_Z = 2.33
SEEN_LEAST = 8
_LONGEST = 600.0  # who stays longer on a question has left it


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign, in shares of one: what was measured, the bound it passed, and how often honest people pass it."""

    name: str
    measured: float
    bound: float
    false_positives: float


def pace(answered: Sequence[float]) -> float | None:
    """The median seconds between answers, from their moments; None for fewer than five."""
    moments = sorted(answered)
    spans = sorted(min(_LONGEST, after - before) for before, after in pairwise(moments))
    if len(spans) < 5:
        return None
    middle = len(spans) // 2
    return spans[middle] if len(spans) % 2 else (spans[middle - 1] + spans[middle]) / 2.0


def fast_and_perfect(own: float | None, others: Iterable[float], right: int, asked: int) -> Sign | None:
    """Nearly everything right, and faster than nearly everybody else.

    What is measured is the place in the order of paces. Honest people are as likely to take any place, so that the
    share of those who are as fast is how often one of them is flagged, at most.
    """
    paces = list(others)
    if own is None or not asked or right / asked < PERFECT or len(paces) < SMALLEST_CROWD:
        return None
    place = (sum(other <= own for other in paces) + 1) / (len(paces) + 1)
    return Sign("fast_and_perfect", round(place, 4), FAST, round(place, 4)) if place <= FAST else None


def shared_network(own: str | None, others: Sequence[str | None], right: int, asked: int) -> Sign | None:
    """Nearly everything right, from a network from which others took the same test.

    The share of all who share a network with somebody is how often it happens to anybody.
    """
    if own in (None, "unknown") or not asked or right / asked < PERFECT:
        return None
    same = sum(other == own for other in others)
    if not same:
        return None
    known = [other for other in (*others, own) if other not in (None, "unknown")]
    sharing = sum(known.count(each) > 1 for each in known) / len(known)
    return Sign("shared_network", round(same / len(others), 4), 0.0, round(sharing, 4))


def seen_before(old_right: int, old: int, new_right: int, new: int) -> Sign | None:
    """Better on questions that somebody near had met than on fresh ones, by more than chance explains."""
    if min(old, new) < SEEN_LEAST:
        return None
    pooled = (old_right + new_right) / (old + new)
    spread = math.sqrt(pooled * (1.0 - pooled) * (1.0 / old + 1.0 / new))
    if spread == 0.0:
        return None
    gap = old_right / old - new_right / new
    if gap <= SEEN_Z * spread:
        return None
    return Sign("seen_before", round(gap, 4), round(SEEN_Z * spread, 4), round(float(ndtr(-SEEN_Z)), 4))
