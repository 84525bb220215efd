"""Disputes about right answers: what a decision says, and what an exam would have said with the answers as they stand.

The decider sees two answers side by side and is not told which of them is the key's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from calibration.rules.retries import neglected_classes
from calibration.rules.testplan import Plan, decide
from calibration.values import DisputeChoice, DisputeOutcome, TestDecision

WORKING_DAYS = 3
OPEN_MOST = 5
"""Disputes that a person may have open at once, and questions of one attempt that they may contest."""


def outcome_of(choice: DisputeChoice, *, key_is_first: bool) -> DisputeOutcome:
    """What the blind choice between two answers says about the key."""
    match choice:
        case DisputeChoice.BOTH:
            return DisputeOutcome.BOTH
        case DisputeChoice.NEITHER:
            return DisputeOutcome.VOID
        case DisputeChoice.OTHER:
            return DisputeOutcome.CORRECTED
        case DisputeChoice.FIRST | DisputeChoice.SECOND:
            chose_key = (choice is DisputeChoice.FIRST) == key_is_first
            return DisputeOutcome.REJECTED if chose_key else DisputeOutcome.CORRECTED


@dataclass(frozen=True, slots=True)
class Given:
    """One exam answer as it counts now; `is_right` is None where its question counts for nothing any more."""

    is_right: bool | None
    stratum: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where a test stops on these answers: its decision with the figures it then has."""

    decision: TestDecision
    asked: int
    right: int
    by_class: Mapping[str, tuple[int, int]]  # class -> (asked, right)


def tally(strata: Sequence[str], answers: Iterable[Given]) -> dict[str, tuple[int, int]]:
    """How many answers of each class count, and how many of them as right: class -> (asked, right)."""
    counts = dict.fromkeys(strata, (0, 0))
    for given in answers:
        if given.is_right is not None:
            name = _class_of(counts, given)
            asked, right = counts[name]
            counts[name] = (asked + 1, right + given.is_right)
    return counts


def _class_of(counts: Collection[str], given: Given) -> str:
    """The class under which an answer is counted: that of its key, or the first one where the exam has no such."""
    return given.stratum if given.stratum is not None and given.stratum in counts else next(iter(counts))


def replay(plan: Plan, strata: Sequence[str], answers: Iterable[Given]) -> Replayed:
    """Play an exam again on its answers in their order, stopping where the plan would have stopped.

    A class that is hardly ever recognised fails, whatever the total, as it does in the exam itself.
    """
    counts = {name: [0, 0] for name in strata}
    asked = right = 0
    decision = TestDecision.CONTINUE
    for given in answers:
        if given.is_right is None:
            continue
        name = _class_of(counts, given)
        counts[name][0] += 1
        counts[name][1] += given.is_right
        asked, right = asked + 1, right + given.is_right
        touched = all(count for count, _right in counts.values())
        decision = decide(plan, asked, right, strata_touched=touched)
        if decision is not TestDecision.CONTINUE:
            break
    if decision is TestDecision.PASS and neglected_classes({name: (hit, n) for name, (n, hit) in counts.items()}):
        decision = TestDecision.FAIL
    return Replayed(decision, asked, right, {name: (n, hit) for name, (n, hit) in counts.items()})
