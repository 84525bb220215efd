"""Slow, plain versions of the published equations, in loops and dictionaries, to hold the fast ones against."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def plain_edits(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The edit distance from the whole table of prefixes."""
    table = [[i + j if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i, x in enumerate(one, 1):
        for j, y in enumerate(other, 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (x != y))
    return table[-1][-1]
