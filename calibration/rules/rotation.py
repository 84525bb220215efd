"""When hidden gold is worn: shown too often, too long in use, or suddenly easy, as if its answer were known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=90)
RESERVE = 30
"""Keys of a lane that stay in use although they are old: work that nobody checks is worse than old checks."""
EARLY = 10
EASIER = 1.0  # logits
ALARM = 4.0
SETTLED_MOST = 0.7
"""Of a person's checks, the most whose answer was made from settled units: such units are easier than the stream."""
_PRIOR = (1.6, 0.4)


@dataclass(frozen=True, slots=True)
class Used:
    """A live key as far as its wear goes; `scores` are those of its graded answers, the oldest first."""

    id: str
    added_at: datetime | None
    exposures: int
    cap: int
    scores: tuple[float, ...]


def turned_easy(scores: Sequence[float]) -> bool:
    """Whether people have begun to know an item: a CUSUM from its first answers' level to one logit above it."""
    early, later = scores[:EARLY], scores[EARLY:]
    if not later:
        return False
    level = (sum(early) + _PRIOR[0]) / (len(early) + sum(_PRIOR))
    easier = 1.0 / (1.0 + (1.0 - level) / level * math.exp(-EASIER))
    value = 0.0
    for score in later:
        step = score * math.log(easier / level) + (1.0 - score) * math.log((1.0 - easier) / (1.0 - level))
        value = max(0.0, value + step)
        if value >= ALARM:
            return True
    return False


def worn(keys: Iterable[Used], now: datetime) -> dict[str, str]:
    """Which keys of a lane to use no more, and why: `shown`, `easy` or `old`; old ones only while others are left."""
    known = list(keys)
    found: dict[str, str] = {}
    for key in known:
        if key.exposures >= key.cap:
            found[key.id] = "shown"
        elif turned_easy(key.scores):
            found[key.id] = "easy"
    left = len(known) - len(found)
    old = [key for key in known if key.id not in found and key.added_at and now - key.added_at > LONGEST]
    for key in sorted(old, key=lambda each: (each.added_at or now, each.id))[: max(0, left - RESERVE)]:
        found[key.id] = "old"
    return found


def mixed(known: Sequence[str], settled: Sequence[str], wanted: int, *, met: int, met_settled: int) -> list[str]:
    """The next `wanted` checks of somebody who has met so many before, of them so many from settled units.

    Both lists come with the least worn first. Taken in turn by what has been missing more, and a settled one never
    where it would make the share of them greater than allowed.
    """
    first, second = list(known), list(settled)
    found: list[str] = []
    while len(found) < wanted and (first or second):
        may_settle = bool(second) and met_settled + 1 <= SETTLED_MOST * (met + 1)
        if not may_settle and not first:
            break
        is_settled = may_settle and (not first or met_settled < met / 2.0)
        found.append(second.pop(0) if is_settled else first.pop(0))
        met, met_settled = met + 1, met_settled + is_settled
    return found
