"""Checks by natives: how many are asked, what follows, how much it weighs, and how checkers are measured.

What is against a person has to be shown: as many natives are asked as it takes for the interval of the share that
confirmed to lie below the limit, and where some of them see it otherwise the check ends without a decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

from calibration.rules.intervals import wilson

# How often a native says yes of somebody at the level stated, and of somebody below it.
YES_IF_TRUE, YES_IF_FALSE = 0.85, 0.20
MOST_WEIGHT = log(19)
MEASURED_FROM = 10
FEWEST = 2  # natives who have spoken before anything ends
LIMIT = 0.5  # of the share that confirms: what lies below it with its whole interval is against the candidate


class Verdict(StrEnum):
    """What a check comes to."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNDECIDED = "undecided"  # says nothing of the candidate, either way


def is_shown_against(votes: Sequence[bool]) -> bool:
    """Whether the interval of the share that confirms no longer holds the limit."""
    return wilson(sum(votes), len(votes)).upper < LIMIT


# How many have to be of one mind before that is shown: four, as three leave an upper end of 56%.
ALL_AGAINST = next(n for n in range(FEWEST, 100) if is_shown_against([False] * n))


def places_of(votes: Sequence[bool]) -> int:
    """How many natives are asked in all: two; a third where they differ; and where both say no, as many as it takes to
    show it, or until one says otherwise."""
    first = list(votes[:FEWEST])
    if len(first) < FEWEST or all(first):
        return FEWEST
    if any(first):
        return FEWEST + 1
    return list(votes).index(True) + 1 if any(votes) else ALL_AGAINST


def outcome_of(votes: Sequence[bool], *, is_anybody_left: bool = True) -> Verdict | None:
    """What the votes come to, in their order; None while one is missing for whom somebody is left to be asked."""
    missing = places_of(votes) - len(votes)
    if missing > 0 and (is_anybody_left or len(votes) < FEWEST):
        return None
    if missing <= 0 and sum(votes) * 2 > len(votes):
        return Verdict.CONFIRMED
    return Verdict.REFUSED if is_shown_against(votes) else Verdict.UNDECIDED


def weight_of(votes: Sequence[bool]) -> float:
    """The log of how much likelier the votes are if the statement is true than if it is not, within a full proof."""
    told = sum(
        log(YES_IF_TRUE / YES_IF_FALSE) if vote else log((1 - YES_IF_TRUE) / (1 - YES_IF_FALSE)) for vote in votes
    )
    return max(-MOST_WEIGHT, min(MOST_WEIGHT, told))


@dataclass(frozen=True)
class Agreement:
    """How often a checker said what was decided in the end, and Cohen's kappa, which takes chance out of it."""

    checks: int
    agreed: int
    kappa: float | None


def agreement_of(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """From (said, decided). Kappa needs ten checks, and that not all of them were decided and said alike."""
    count = len(pairs)
    agreed = sum(said == decided for said, decided in pairs)
    if count < MEASURED_FROM:
        return Agreement(count, agreed, None)
    said_yes = sum(said for said, _decided in pairs) / count
    was_yes = sum(decided for _said, decided in pairs) / count
    chance = said_yes * was_yes + (1 - said_yes) * (1 - was_yes)
    return Agreement(count, agreed, None if chance >= 1 else (agreed / count - chance) / (1 - chance))
