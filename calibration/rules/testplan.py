"""Qualification test plans: how long to ask, when to stop, and what the stopping costs in wrong decisions.

A sequential plan is Wald's probability ratio test drawn as two parallel lines over (questions asked, right answers),
cut off at a last question. A fixed plan has a set length and a pass mark, and stops once the outcome is certain. The
error rates and lengths of both are exact: a dynamic programme walks over every reachable (asked, right).
Wald, Sequential Tests of Statistical Hypotheses, Annals of Mathematical Statistics 16, 1945.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration.rules.special import bdtr, bdtrc
from calibration.values import PlanImpossible, PlanKind, TestDecision

GUARD = 8
LONGEST_TEST = 1000
_TRUNCATION = 1.5
_WIDENING = 1.05
_WIDEST = 2  # times the first length; what is still missed then is missed at any length
_TIGHTER = 0.8
_TIGHTENINGS = 40
_TIE = 1e-9  # a count that meets a line up to rounding has met it


@dataclass(frozen=True, slots=True)
class Plan:
    """A test with its promises (alpha, beta) and what it keeps of them (exact_alpha, exact_beta).

    p0 is the accuracy that must not pass, p1 the one that must. Of n answers, slope * n + offset right ones pass and
    slope * n - fail_offset or fewer fail; the last question decides by pass_mark. Nobody passes early before as many
    questions as there are `strata`, the first of which hold each stratum once. `expected_questions` says the mean
    length for people at `p0`, `p1`, in the `middle`, and for somebody right half of the time (`half`).
    """

    p0: float
    p1: float
    alpha: float
    beta: float
    kind: PlanKind
    questions: int
    pass_mark: int
    slope: float
    offset: float
    fail_offset: float
    guard: int
    exact_alpha: float
    exact_beta: float
    expected_questions: dict[str, float] = field(hash=False)
    strata: int = 1

    @property
    def keeps_its_promises(self) -> bool:
        return self.exact_alpha <= self.alpha + _TIE and self.exact_beta <= self.beta + _TIE


@dataclass(frozen=True, slots=True)
class _Course:
    """Where a test stops: pass at `pass_at[n]` right of n or more, fail at `fail_at[n]` or fewer."""

    pass_at: tuple[int, ...]
    fail_at: tuple[int, ...]

    @property
    def questions(self) -> int:
        return len(self.pass_at) - 1


def plan(
    p0: float,
    p1: float,
    alpha: float = 0.05,
    beta: float = 0.05,
    kind: PlanKind | str = PlanKind.SEQUENTIAL,
    *,
    guard: int = GUARD,
    strata: int = 1,
) -> Plan:
    """The shortest plan of this kind that keeps both promises, or PlanImpossible.

    A sequential plan starts at one and a half times the fixed length and is widened by steps of 5% until its exact
    error rates hold; cutting it off earlier would cost people who are good enough. Where no length helps, since few
    answers overshoot Wald's lines by much, the lines themselves are drawn for smaller errors than were asked for.
    """
    if PlanKind(kind) is PlanKind.FIXED:
        return fixed_plan(p0, p1, alpha, beta, guard=guard, strata=strata)
    return _sequential(p0, p1, alpha, beta, guard, strata)


@lru_cache(maxsize=256)
def _sequential(p0: float, p1: float, alpha: float, beta: float, guard: int, strata: int) -> Plan:
    shortest = math.ceil(_TRUNCATION * _fixed_size(p0, p1, alpha, beta)[0])
    longest = min(_WIDEST * shortest, LONGEST_TEST)
    drawn_alpha, drawn_beta = alpha, beta
    for _ in range(_TIGHTENINGS if shortest <= longest else 0):
        questions = shortest
        while questions <= longest:
            found = sequential_plan(
                p0, p1, alpha, beta, questions=questions, guard=guard, drawn_for=(drawn_alpha, drawn_beta),
                strata=strata,
            )  # fmt: skip
            if found.keeps_its_promises and _last_question_matters(found):
                return found
            questions = math.ceil(questions * _WIDENING)
        drawn_alpha *= _TIGHTER if found.exact_alpha > alpha or not _last_question_matters(found) else 1.0
        drawn_beta *= _TIGHTER if found.exact_beta > beta else 1.0
    raise PlanImpossible(f"no sequential test of {longest} questions or fewer tells {p0} from {p1}")


def _last_question_matters(found: Plan) -> bool:
    """Whether somebody passes with it: where early passes use up all of alpha, nobody does."""
    return [passed for _asked, passed, _alive in _steps(_course(found), 0.5)][-1] > 0.0


def plan_for_attempt(
    p0: float,
    p1: float,
    alpha: float = 0.05,
    beta: float = 0.05,
    kind: PlanKind | str = PlanKind.SEQUENTIAL,
    *,
    attempt: int,
    guard: int = GUARD,
    strata: int = 1,
) -> Plan:
    """The plan of the given attempt, whose alpha is halved each time so that trying again does not buy a pass."""
    return plan(p0, p1, attempt_alpha(alpha, attempt), beta, kind, guard=guard, strata=strata)


def attempt_alpha(alpha: float, attempt: int) -> float:
    """The false-pass rate allowed at attempt 1, 2, 3 …: together they stay below twice the first."""
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    return alpha / 2.0 ** (attempt - 1)


@lru_cache(maxsize=256)
def fixed_plan(p0: float, p1: float, alpha: float, beta: float, *, guard: int = GUARD, strata: int = 1) -> Plan:
    """The shortest test of fixed length, stopped early once the pass mark is reached or out of reach."""
    questions, mark = _fixed_size(p0, p1, alpha, beta)
    slope, offset, fail_offset = _lines(p0, p1, alpha, beta)
    course = _fixed_course(questions, mark, guard, strata)
    return _described(p0, p1, alpha, beta, PlanKind.FIXED, course, mark, (slope, offset, fail_offset), guard, strata)


@lru_cache(maxsize=256)
def sequential_plan(
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    *,
    questions: int,
    guard: int = GUARD,
    drawn_for: tuple[float, float] | None = None,
    strata: int = 1,
) -> Plan:
    """The sequential test cut off at `questions`, with the lowest last mark that keeps alpha.

    It may miss a promise: `plan` is what looks for lines and a length that do not. Guard 0 gives the bare test of the
    textbooks; `drawn_for` are the two errors that the lines are drawn for, if not the promised ones. Where everybody
    is decided before `questions`, the last question is the one that decides the last of them.
    """
    _check_targets(p0, p1, alpha, beta)
    lines = _lines(p0, p1, *(drawn_for or (alpha, beta)))
    mark = _last_mark(questions, lines, guard, p0, alpha, strata)
    course = _trimmed(_sequential_course(questions, mark, lines, guard, strata))
    return _described(p0, p1, alpha, beta, PlanKind.SEQUENTIAL, course, course.pass_at[-1], lines, guard, strata)


def decide(chosen: Plan, asked: int, right: float, *, strata_touched: bool = True) -> TestDecision:
    """What the plan says after `asked` questions of which `right` were answered right.

    Nobody fails before the guard, and nobody passes early before every stratum has been touched once, which the exact
    figures take to be after as many questions as there are strata; the last question decides by the pass mark alone.
    """
    if not 0 <= right <= asked:
        raise ValueError(f"right answers must lie between 0 and {asked}, got {right}")
    if asked == 0:
        return TestDecision.CONTINUE
    if asked >= chosen.questions:
        return TestDecision.PASS if right >= chosen.pass_mark else TestDecision.FAIL
    course = _course(chosen)
    if right >= course.pass_at[asked]:
        return TestDecision.PASS if strata_touched else TestDecision.CONTINUE
    return TestDecision.FAIL if right <= course.fail_at[asked] else TestDecision.CONTINUE


def pass_probability(chosen: Plan, accuracy: float) -> float:
    """The operating characteristic: how probably somebody of this accuracy passes."""
    return _walk(_course(chosen), accuracy)[0]


def passes_within(plans: Iterable[Plan], accuracy: float) -> float:
    """How probably somebody of this accuracy passes at one of these attempts, if they take them all."""
    return 1.0 - math.prod(1.0 - pass_probability(each, accuracy) for each in plans)


def expected_questions(chosen: Plan, accuracy: float) -> float:
    """How many questions somebody of this accuracy is asked, on average."""
    return _walk(_course(chosen), accuracy)[1]


def _fixed_size(p0: float, p1: float, alpha: float, beta: float) -> tuple[int, int]:
    """The smallest n, and its pass mark c, with P(S >= c | p0) <= alpha and P(S < c | p1) <= beta."""
    _check_targets(p0, p1, alpha, beta)
    for n in range(1, LONGEST_TEST + 1):
        marks = np.arange(1, n + 1)
        safe = marks[bdtrc(marks - 1.0, n, p0) <= alpha]
        if len(safe) and bdtr(safe[0] - 1.0, n, p1) <= beta:
            return n, int(safe[0])
    raise PlanImpossible(f"no test of {LONGEST_TEST} questions or fewer tells {p0} from {p1}")


def _lines(p0: float, p1: float, alpha: float, beta: float) -> tuple[float, float, float]:
    """Slope, offset of the pass line, and (positive) offset of the fail line."""
    down = math.log((1.0 - p0) / (1.0 - p1))
    gain = math.log(p1 / p0) + down
    return down / gain, math.log((1.0 - beta) / alpha) / gain, math.log((1.0 - alpha) / beta) / gain


def _sequential_course(
    questions: int, mark: int, lines: tuple[float, float, float], guard: int, strata: int
) -> _Course:
    slope, offset, fail_offset = lines
    pass_at, fail_at = [1], [-1]
    for n in range(1, questions):
        pass_at.append(n + 1 if n < strata else min(n + 1, math.ceil(slope * n + offset - _TIE)))
        fail_at.append(math.floor(slope * n - fail_offset + _TIE) if n >= guard else -1)
    return _Course((*pass_at, mark), (*fail_at, mark - 1))


def _trimmed(course: _Course) -> _Course:
    """The course up to the question at which the last person is decided."""
    for asked, _passed, alive in _steps(course, 0.5):
        if asked < course.questions and not alive.any():
            mark = course.pass_at[asked]
            return _Course(course.pass_at[: asked + 1], (*course.fail_at[:asked], mark - 1))
    return course


def _fixed_course(questions: int, mark: int, guard: int, strata: int) -> _Course:
    pass_at = [n + 1 if n < strata else max(1, min(n + 1, mark)) for n in range(questions)]
    fail_at = [mark - 1 - (questions - n) if n >= guard else -1 for n in range(questions)]
    return _Course((*pass_at, mark), (*fail_at, mark - 1))


@lru_cache(maxsize=256)
def _rebuilt(
    kind: PlanKind, questions: int, mark: int, slope: float, offset: float, fail_offset: float, guard: int, strata: int
) -> _Course:
    if kind is PlanKind.FIXED:
        return _fixed_course(questions, mark, guard, strata)
    return _sequential_course(questions, mark, (slope, offset, fail_offset), guard, strata)


def _course(chosen: Plan) -> _Course:
    c = chosen
    return _rebuilt(PlanKind(c.kind), c.questions, c.pass_mark, c.slope, c.offset, c.fail_offset, c.guard, c.strata)


def _last_mark(
    questions: int, lines: tuple[float, float, float], guard: int, p0: float, alpha: float, strata: int
) -> int:
    """The lowest mark at the last question that keeps the whole procedure's false passes within alpha.

    Where a lower mark would pass the same people, since nobody comes to the end with fewer right answers, it is the
    fewest with which somebody does.
    """
    early, alive = 0.0, np.ones(1)
    for _, passed, remaining in _steps(_sequential_course(questions, questions + 1, lines, guard, strata), p0):
        early, alive = early + passed, remaining
    # The last step passed nobody (its mark was out of reach), so `alive` holds who would be judged by the mark.
    late = early + np.cumsum(alive[::-1])[::-1]
    if early > alpha:
        return questions + 1
    mark = int(np.argmax(np.append(late, early) <= alpha))
    reachable = np.flatnonzero(alive[mark:])
    return mark + int(reachable[0]) if reachable.size else mark


def _steps(course: _Course, accuracy: float) -> Iterator[tuple[int, float, NDArray[np.float64]]]:
    """After each question: its number, the probability of passing just then, and of going on by right answers.

    At the last question the second part holds who did not pass.
    """
    alive = np.ones(1)
    for n in range(1, course.questions + 1):
        grown = np.zeros(n + 1)
        grown[:-1] = alive * (1.0 - accuracy)
        grown[1:] += alive * accuracy
        passed = float(grown[course.pass_at[n] :].sum())
        grown[course.pass_at[n] :] = 0.0
        if n < course.questions:
            grown[: max(0, course.fail_at[n] + 1)] = 0.0
        yield n, passed, grown
        alive = grown


@lru_cache(maxsize=4096)
def _walk(course: _Course, accuracy: float) -> tuple[float, float]:
    """Probability of passing, and expected number of questions, at one accuracy."""
    if not 0.0 <= accuracy <= 1.0:
        raise ValueError(f"accuracy must lie in [0, 1], got {accuracy}")
    passing, length, going_on = 0.0, 0.0, 1.0
    for _, passed, alive in _steps(course, accuracy):
        length += going_on
        passing += passed
        going_on = float(alive.sum())
    return min(1.0, passing), length


def _described(
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    kind: PlanKind,
    course: _Course,
    mark: int,
    lines: tuple[float, float, float],
    guard: int,
    strata: int,
) -> Plan:
    (false_pass, at_p0), (true_pass, at_p1) = _walk(course, p0), _walk(course, p1)
    slope, offset, fail_offset = lines
    lengths = {
        "p0": at_p0,
        "p1": at_p1,
        "middle": _walk(course, (p0 + p1) / 2.0)[1],
        "half": _walk(course, 0.5)[1],
    }
    return Plan(
        p0=p0,
        p1=p1,
        alpha=alpha,
        beta=beta,
        kind=kind,
        questions=course.questions,
        pass_mark=mark,
        slope=slope,
        offset=offset,
        fail_offset=fail_offset,
        guard=guard,
        exact_alpha=false_pass,
        exact_beta=1.0 - true_pass,
        expected_questions=lengths,
        strata=strata,
    )


def _check_targets(p0: float, p1: float, alpha: float, beta: float) -> None:
    if not 0.0 < p0 < p1 < 1.0:
        raise PlanImpossible(f"a test needs 0 < p0 < p1 < 1, got {p0} and {p1}")
    if not (0.0 < alpha < 0.5 and 0.0 < beta < 0.5):
        raise PlanImpossible(f"alpha and beta must lie between 0 and 0.5, got {alpha} and {beta}")
