"""Fairness: the same share in several groups, each with its interval, and which of them stand apart from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calibration.rules.intervals import Interval, wilson

LEAST_PEOPLE = 5
"""A group under this size is told by its interval alone: it stands apart from nothing."""


@dataclass(frozen=True, slots=True)
class GroupShare:
    """To how many of a group it happened; it stands apart where its interval and that of all others do not meet."""

    group: str
    hits: int
    n: int
    share: float | None
    interval: Interval
    stands_apart: bool


def compare(groups: Mapping[str, tuple[int, int]]) -> list[GroupShare]:
    """From (hits, people) by group, by name. Not corrected for how hard each group's units are."""
    hits, total = sum(hit for hit, _n in groups.values()), sum(n for _hit, n in groups.values())
    found = []
    for group, (hit, n) in sorted(groups.items()):
        own, rest = wilson(hit, n), wilson(hits - hit, total - n)
        is_large = n >= LEAST_PEOPLE and total - n >= LEAST_PEOPLE
        apart = is_large and (own.upper < rest.lower or own.lower > rest.upper)
        found.append(GroupShare(group, hit, n, hit / n if n else None, own, apart))
    return found
