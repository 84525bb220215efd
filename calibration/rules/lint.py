"""What is wrong with a test before anybody takes it: questions that repeat or contradict, and plans luck can pass.

Nothing is sampled. The person who is always right, and the one who guesses, are followed through the plan exactly.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calibration.rules.testplan import Plan, decide, pass_probability
from calibration.values import TestDecision

POOL_FACTOR = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A key as the lint reads it: its pool, what is asked, what is right, and whether that still holds."""

    pool: str
    text: str
    truth: str
    fits: bool = True  # the right answer is one that the label schema in force allows
    is_older: bool = False  # than the guideline in force


@dataclass(frozen=True, slots=True)
class Repeats:
    """Questions that are asked more than once: with one right answer, with several, and in practice and exam."""

    same: int
    contradicting: int
    given_away: int


def plain_text(content: Mapping[str, Any]) -> str:
    """What an item asks, without what nobody sees: case, width and blanks."""
    words = " ".join(f"{name}:{content[name]}" for name in sorted(content))
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def repeats(questions: Iterable[Question]) -> Repeats:
    """Count the texts that stand in the exam twice, with two right answers anywhere, or in practice and exam."""
    found: dict[str, list[Question]] = {}
    for question in questions:
        found.setdefault(question.text, []).append(question)
    same = contradicting = given_away = 0
    for group in found.values():
        pools = Counter(question.pool for question in group)
        if len({question.truth for question in group}) > 1:
            contradicting += 1
        elif pools["exam"] > 1:
            same += 1
        given_away += pools["exam"] > 0 and pools["training"] > 0
    return Repeats(same, contradicting, given_away)


def perfect_passes_at(plan: Plan) -> int | None:
    """After how many questions somebody who is always right passes; None if never."""
    for asked in range(1, plan.questions + 1):
        decision = decide(plan, asked, asked)
        if decision is TestDecision.PASS:
            return asked
        if decision is TestDecision.FAIL:
            return None
    return None


def drawn_counts(stock: Mapping[str, int], questions: int) -> dict[str, int]:
    """How many questions of each stratum a draw in blocks takes from this stock."""
    taken = dict.fromkeys(stock, 0)
    left = min(questions, sum(stock.values()))
    while left > 0:
        for name in sorted(stock):
            if taken[name] < stock[name] and left > 0:
                taken[name] += 1
                left -= 1
    return taken


def guessing_accuracy(stock: Mapping[str, int], answers: int, questions: int) -> float:
    """How often somebody is right who knows nothing: by any answer, or always by the one that is right most often."""
    drawn = drawn_counts(stock, questions)
    total = sum(drawn.values())
    return max(1.0 / answers, max(drawn.values()) / total if total else 0.0)


def guesser_passes(plan: Plan, stock: Mapping[str, int], answers: int) -> float:
    """How probably somebody who knows nothing passes."""
    return pass_probability(plan, guessing_accuracy(stock, answers, plan.questions))


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the people who come to a test: how often they are right, and how many of all they are."""

    accuracy: float
    share: float


APPLICANTS = (Group(0.50, 0.10), Group(0.65, 0.15), Group(0.78, 0.25), Group(0.88, 0.30), Group(0.95, 0.20))
"""A crowd that comes from outside, before anything is known of it."""


def known_by_colluders(exposed: float, pool: int, people: int) -> float:
    """The share of a pool that so many people know together who saw so many questions each."""
    return 1.0 - (1.0 - min(1.0, exposed / pool)) ** people if pool else 0.0


def weighted(values: Sequence[float], groups: Sequence[Group] = APPLICANTS) -> float:
    """The mean over a crowd of a figure that was computed for each of its groups."""
    return sum(value * group.share for value, group in zip(values, groups, strict=True))
