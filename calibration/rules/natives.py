"""Checks by natives: how many are asked, what follows, how much it weighs, and how checkers are measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

# How often a native says yes of somebody at the level stated, and of somebody below it.
YES_IF_TRUE, YES_IF_FALSE = 0.85, 0.20
MOST_WEIGHT = log(19)
MEASURED_FROM = 10


def places_of(votes: Sequence[bool]) -> int:
    """How many natives are asked in all: two, and a third where they differ."""
    return 3 if len(votes) >= 2 and len(set(votes[:2])) == 2 else 2


def outcome_of(votes: Sequence[bool]) -> bool | None:
    """What the votes come to, in their order; None while one is missing."""
    if len(votes) < places_of(votes):
        return None
    return sum(votes) * 2 > len(votes)


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
