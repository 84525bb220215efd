"""Qualification test plans: exact error rates, lengths and decisions."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, pairwise, product

import pytest

from calibration.rules.retries import hours_after_leaving, neglected_classes, wait_before
from calibration.rules.testplan import (
    LONGEST_TEST,
    Plan,
    attempt_alpha,
    decide,
    expected_questions,
    fixed_plan,
    pass_probability,
    plan,
    plan_for_attempt,
    sequential_plan,
)
from calibration.values import PlanImpossible, PlanKind, TestDecision

# p0, p1, alpha = beta | fixed n, mark, curtailed length at p0, p1 | last question, mark, alpha, beta,
# length at p0, p1, the middle, one half
TABLE = [
    (0.70, 0.85, 0.05, 85, 67, 62.9, 78.4, 128, 101, 0.048, 0.045, 40.2, 45.3, 63.9, 13.1),
    (0.80, 0.90, 0.05, 135, 116, 99.4, 128.2, 203, 176, 0.048, 0.055, 64.4, 73.7, 102.2, 11.2),
    (0.70, 0.90, 0.05, 41, 34, 26.4, 37.4, 62, 51, 0.050, 0.038, 19.8, 24.1, 31.9, 8.0),
    (0.60, 0.85, 0.05, 33, 25, 22.3, 29.1, 50, 38, 0.044, 0.043, 16.7, 19.3, 26.3, 10.8),
    (0.70, 0.85, 0.10, 53, 42, 39.3, 48.6, 80, 64, 0.093, 0.096, 27.6, 30.8, 37.9, 10.2),
    (0.80, 0.90, 0.10, 86, 74, 63.8, 81.2, 129, 112, 0.096, 0.098, 44.1, 50.2, 61.0, 8.9),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_the_bare_table_comes_out_exactly(row: tuple[float, ...]) -> None:
    p0, p1, risk, n, mark, short0, short1, last, cut, alpha, beta, *lengths = row
    fixed = fixed_plan(p0, p1, risk, risk, guard=0)
    assert (fixed.questions, fixed.pass_mark) == (n, mark)
    assert fixed.expected_questions["p0"] == pytest.approx(short0, abs=0.06)
    assert fixed.expected_questions["p1"] == pytest.approx(short1, abs=0.06)
    assert last == math.ceil(1.5 * n)
    bare = sequential_plan(p0, p1, risk, risk, questions=last, guard=0)
    assert bare.pass_mark == cut
    assert (bare.exact_alpha, bare.exact_beta) == pytest.approx((alpha, beta), abs=0.001)
    assert [bare.expected_questions[at] for at in ("p0", "p1", "middle", "half")] == pytest.approx(lengths, abs=0.06)


def test_the_default_plan_keeps_its_promises_with_the_guard() -> None:
    default = plan(0.70, 0.90)
    assert (default.questions, default.pass_mark, default.guard) == (62, 51, 8)
    assert (round(default.slope, 4), round(default.offset, 3)) == (0.8138, 2.181)
    assert (round(default.exact_alpha, 4), round(default.exact_beta, 4)) == (0.0499, 0.0366)
    assert [round(length, 1) for length in default.expected_questions.values()] == [20.4, 24.2, 32.3, 9.8]


def test_twelve_straight_right_answers_pass_and_no_fewer() -> None:
    default = plan(0.70, 0.90)
    assert [decide(default, n, n) for n in (1, 11, 12)] == ["continue", "continue", "pass"]


def test_three_straight_wrong_answers_fail_only_without_the_guard() -> None:
    bare = plan(0.70, 0.90, guard=0)
    assert [decide(bare, n, 0) for n in (1, 2, 3)] == ["continue", "continue", "fail"]
    assert [decide(plan(0.70, 0.90), n, 0) for n in (3, 7, 8)] == ["continue", "continue", "fail"]


def test_nobody_passes_early_before_every_stratum_was_touched() -> None:
    default = plan(0.70, 0.90)
    assert decide(default, 12, 12, strata_touched=False) is TestDecision.CONTINUE
    assert decide(default, 62, 62, strata_touched=False) is TestDecision.PASS


def walked(chosen: Plan, accuracy: float) -> tuple[float, float]:
    """Passing and length by the decisions themselves, with each stratum touched by the first questions."""
    alive, passing, length = {0: 1.0}, 0.0, 0.0
    for asked in range(1, chosen.questions + 1):
        length += sum(alive.values())
        grown: dict[int, float] = {}
        for right, chance in alive.items():
            grown[right] = grown.get(right, 0.0) + chance * (1.0 - accuracy)
            grown[right + 1] = grown.get(right + 1, 0.0) + chance * accuracy
        said = {right: decide(chosen, asked, right, strata_touched=asked >= chosen.strata) for right in grown}
        passing += sum(chance for right, chance in grown.items() if said[right] is TestDecision.PASS)
        alive = {right: chance for right, chance in grown.items() if said[right] is TestDecision.CONTINUE}
    return passing, length


@pytest.mark.parametrize(
    ("classes", "alpha", "beta", "length"),
    [(1, 0.0499, 0.0366, 24.2), (12, 0.0499, 0.0366, 24.2), (15, 0.0443, 0.0369, 25.6), (20, 0.0398, 0.0372, 27.5),
     (30, 0.0297, 0.0381, 33.8), (50, 0.0192, 0.0399, 49.9), (100, 0.0175, 0.0405, 60.7)],
)  # fmt: skip
def test_exact_figures_count_that_each_class_is_asked_before_anybody_passes(
    classes: int, alpha: float, beta: float, length: float
) -> None:
    same_marks = replace(plan(0.7, 0.9), strata=classes)  # the plan itself may pass more at the end, within alpha
    assert pass_probability(same_marks, 0.7) == pytest.approx(alpha, abs=1e-4)
    assert 1.0 - pass_probability(same_marks, 0.9) == pytest.approx(beta, abs=1e-4)
    assert expected_questions(same_marks, 0.9) == pytest.approx(length, abs=0.06)
    for accuracy in (0.5, 0.7, 0.9):
        assert walked(same_marks, accuracy) == pytest.approx(
            (pass_probability(same_marks, accuracy), expected_questions(same_marks, accuracy)), abs=1e-12
        )
    found = plan(0.7, 0.9, strata=classes)
    assert found.keeps_its_promises and found.strata == classes
    assert (found.exact_alpha, 1.0 - found.exact_beta) == (pass_probability(found, 0.7), pass_probability(found, 0.9))
    fixed = plan(0.7, 0.9, kind="fixed", strata=classes)
    assert pass_probability(fixed, 0.7) == pytest.approx(fixed_plan(0.7, 0.9, 0.05, 0.05).exact_alpha)


@pytest.mark.parametrize(("right", "outcome"), [(50, "fail"), (51, "pass")])
def test_the_last_question_decides_by_the_mark(right: int, outcome: str) -> None:
    assert decide(plan(0.70, 0.90), 62, right) == outcome


def test_the_mark_is_one_that_somebody_reaches() -> None:
    loose = plan(0.5, 0.95, 0.1, 0.1, PlanKind.SEQUENTIAL)
    undecided = [right for right in range(loose.questions + 1) if _is_undecided_before_the_end(loose, right)]
    assert loose.pass_mark in undecided


# Few answers overshoot Wald's lines: drawn for the promised errors they would miss them at any length.
LOOSE = [
    (p0, p1, alpha, beta) for p0 in (0.05, 0.5) for p1 in (0.8, 0.99) for alpha in (0.05, 0.4) for beta in (0.2, 0.49)
]


@pytest.mark.parametrize("guard", [0, 8])
@pytest.mark.parametrize(("p0", "p1", "alpha", "beta"), LOOSE)
def test_a_loose_plan_is_found_and_keeps_its_promises(
    p0: float, p1: float, alpha: float, beta: float, guard: int
) -> None:
    found = plan(p0, p1, alpha, beta, guard=guard)
    assert found.exact_alpha <= alpha and found.exact_beta <= beta
    assert 1 <= found.pass_mark <= found.questions
    assert found.pass_mark in [
        right for right in range(found.questions + 1) if _is_undecided_before_the_end(found, right)
    ]
    chances = [pass_probability(found, step / 20) for step in range(21)]
    assert all(before <= after + 1e-12 for before, after in pairwise(chances))


def test_a_plan_ends_at_the_question_that_decides_the_last_person() -> None:
    single = plan(0.3, 0.9, 0.4, 0.4, guard=0)
    assert (single.questions, single.pass_mark) == (1, 1)
    assert (single.exact_alpha, single.exact_beta) == pytest.approx((0.3, 0.1))
    assert set(single.expected_questions.values()) == {1.0}


def _is_undecided_before_the_end(chosen: Plan, right: int) -> bool:
    """Whether some course of answers comes to the last question with so many right ones."""
    alive = {0}
    for asked in range(1, chosen.questions):
        alive = {now for had in alive for now in (had, had + 1) if decide(chosen, asked, now) is TestDecision.CONTINUE}
    return right in alive or right - 1 in alive


def test_a_truncation_that_costs_good_people_is_widened_until_it_does_not() -> None:
    wide = plan(0.80, 0.90)
    assert wide.questions == 214  # 203, whose beta is .055, and 5% more
    assert wide.exact_alpha <= 0.05 and wide.exact_beta <= 0.05


@pytest.mark.parametrize(("n", "mark"), [(n, mark) for n in range(1, 13) for mark in sorted({1, n // 2 + 1, n})])
@pytest.mark.parametrize("guard", [0, 8])
def test_stopping_early_never_changes_a_fixed_test(n: int, mark: int, guard: int) -> None:
    test = Plan(0.5, 0.9, 0.05, 0.05, PlanKind.FIXED, n, mark, 0.8, 2.0, 2.0, guard, 0.0, 0.0, {})
    for answers in product((0, 1), repeat=n):
        running = accumulate(answers)
        verdicts = (decide(test, asked, right) for asked, right in enumerate(running, start=1))
        first = next(verdict for verdict in verdicts if verdict != TestDecision.CONTINUE)
        assert first == ("pass" if sum(answers) >= mark else "fail")


@pytest.mark.parametrize("kind", ["sequential", "fixed"])
@pytest.mark.parametrize(
    ("p0", "p1"), [(0.70, 0.90), (0.70, 0.85), (0.80, 0.90), (0.60, 0.85), (0.5, 0.7), (0.85, 0.97)]
)
def test_better_people_pass_more_often(kind: str, p0: float, p1: float) -> None:
    test = plan(p0, p1, kind=kind)
    chances = [pass_probability(test, step / 50) for step in range(51)]
    assert chances[0] == 0.0 and chances[-1] == 1.0
    assert all(before <= after + 1e-12 for before, after in pairwise(chances))
    assert pass_probability(test, p0) <= 0.05
    assert pass_probability(test, p1) >= 0.95


def test_the_walk_equals_counting_every_sequence() -> None:
    test = sequential_plan(0.5, 0.9, 0.2, 0.2, questions=9, guard=2)
    passing = length = 0.0
    for answers in product((0, 1), repeat=9):
        for asked, right in enumerate(accumulate(answers), start=1):
            verdict = decide(test, asked, right)
            if verdict != TestDecision.CONTINUE:
                break
        weight = math.prod(0.7 if answer else 0.3 for answer in answers)
        passing += weight * (verdict == TestDecision.PASS)
        length += weight * asked
    assert pass_probability(test, 0.7) == pytest.approx(passing, abs=1e-12)
    assert expected_questions(test, 0.7) == pytest.approx(length, abs=1e-12)


def test_ten_questions_with_eight_right_are_a_weak_test() -> None:
    weak = Plan(0.5, 0.9, 0.05, 0.05, PlanKind.FIXED, 10, 8, 0.8, 2.0, 2.0, 0, 0.0, 0.0, {})
    # (45 + 10 + 1) / 1024 for a guesser.
    assert pass_probability(weak, 0.5) == pytest.approx(56 / 1024)
    assert pass_probability(weak, 0.7) == pytest.approx(0.383, abs=0.001)
    assert 1 - pass_probability(weak, 0.9) == pytest.approx(0.070, abs=0.001)


def test_each_attempt_halves_the_chance_of_a_false_pass() -> None:
    assert [attempt_alpha(0.05, attempt) for attempt in (1, 2, 3)] == [0.05, 0.025, 0.0125]
    # Three tries at .05 each would pass one in seven who must not; halved each time they stay under twice the first.
    assert [round(1 - (1 - 0.05) ** tries, 3) for tries in (2, 3)] == [0.098, 0.143]
    assert 1 - math.prod(1 - attempt_alpha(0.05, attempt) for attempt in (1, 2, 3)) == pytest.approx(0.0853, abs=5e-5)
    second = plan_for_attempt(0.70, 0.90, attempt=2)
    assert second.exact_alpha <= 0.025 and second.exact_beta <= 0.05
    assert second.offset > plan(0.70, 0.90).offset


@pytest.mark.parametrize(
    ("p0", "p1", "alpha"), [(0.9, 0.7, 0.05), (0.8, 0.8, 0.05), (0.80, 0.81, 0.05), (0.7, 1.0, 0.05), (0.7, 0.9, 0.0)]
)
@pytest.mark.parametrize("kind", ["sequential", "fixed"])
def test_an_impossible_plan_is_refused(p0: float, p1: float, alpha: float, kind: str) -> None:
    with pytest.raises(PlanImpossible):
        plan(p0, p1, alpha, kind=kind)


def test_no_plan_is_longer_than_the_longest_test() -> None:
    assert plan(0.70, 0.75, kind="fixed").questions <= LONGEST_TEST
    with pytest.raises(PlanImpossible, match="1000 questions or fewer"):
        plan(0.70, 0.75)


def test_more_right_answers_than_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 5"):
        decide(plan(0.70, 0.90), 5, 6)


def test_attempts_wait_a_day_a_week_and_then_a_month() -> None:
    waits = [wait_before(attempt) for attempt in (1, 2, 3, 4, 9)]
    assert waits == [timedelta(0), timedelta(hours=24), timedelta(days=7), timedelta(days=30), timedelta(days=30)]


def test_a_class_that_is_never_recognised_is_found_behind_a_good_total() -> None:
    answers = {"rare": (0, 6), "common": (40, 40), "seldom asked": (0, 5), "middling": (3, 6)}
    assert neglected_classes(answers) == ("rare",)


@pytest.mark.parametrize(("left_before", "hours"), [(0, 0), (1, 24), (2, 168), (3, 720), (9, 720)])
def test_who_leaves_an_exam_again_and_again_waits_ever_longer(left_before: int, hours: int) -> None:
    assert hours_after_leaving(left_before, (24, 168, 720)) == hours
    assert hours_after_leaving(left_before, ()) == 0
