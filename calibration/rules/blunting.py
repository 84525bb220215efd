"""What may be told of checks to people who must not find out which unit was one.

Whoever looks before and after one answer learns nothing as long as no figure moves with a single check. So a figure is
that of days which are over, says nothing under twenty checks, counts in tens, and gives shares in whole per cent.
"""

from collections.abc import Mapping

FROM = 20
TENS = 10
CELL = 5

Table = Mapping[str, Mapping[str, int]]


def blunt_counts(checked: int, right: float) -> tuple[int, float]:
    """Checks in tens and how many of them were right; nothing at all where there are too few."""
    if checked < FROM:
        return 0, 0.0
    tens = checked // TENS * TENS
    return tens, round(right / checked, 2) * tens


def blunt_table(confusion: Table) -> dict[str, dict[str, int]]:
    """The rows of a confusion table that rest on enough checks, counted in fives."""
    return {
        truth: {answer: count // CELL * CELL for answer, count in answers.items() if count >= CELL}
        for truth, answers in confusion.items()
        if sum(answers.values()) >= FROM
    }
