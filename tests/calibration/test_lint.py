"""The lint of a test: repeated questions, and what the always right and the guessing reach, followed exactly."""

from datetime import UTC, datetime

import pytest

from calibration.operations.linting import find_length
from calibration.operations.tests import strata_of
from calibration.queries.tests import outlook_of
from calibration.rules.drawing import all_touched, draw, terciles
from calibration.rules.lint import (
    APPLICANTS,
    Question,
    Repeats,
    drawn_counts,
    guesser_passes,
    guessing_accuracy,
    known_by_colluders,
    perfect_passes_at,
    plain_text,
    repeats,
)
from calibration.rules.testplan import Plan, pass_probability, plan, plan_for_attempt
from calibration.values import PlanKind
from payouts.values import RateView


def test_case_width_and_blanks_do_not_make_another_text() -> None:
    assert plain_text({"text": "Ｗhere  is\nit?", "n": 1}) == plain_text({"n": 1, "text": "where is it?"})
    assert plain_text({"a": "x", "b": "y"}) != plain_text({"a": "y", "b": "x"})


def test_repeated_contradicting_and_given_away_questions_are_told_apart() -> None:
    exam = [
        Question("exam", text, truth) for text, truth in (("a", "1"), ("a", "1"), ("b", "1"), ("b", "2"), ("c", "1"))
    ]
    assert repeats([*exam, Question("training", "c", "1"), Question("training", "d", "1")]) == Repeats(1, 1, 1)


def test_the_always_right_pass_when_every_stratum_was_touched() -> None:
    assert [perfect_passes_at(plan(0.7, 0.9, strata=strata)) for strata in (2, 12, 40, 62)] == [12, 12, 40, 62]
    # The last question decides by the mark alone, whatever was touched.
    assert perfect_passes_at(plan(0.7, 0.9, strata=100)) == 62


def test_classes_that_an_attempt_is_too_short_to_ask_are_a_warning() -> None:
    assert [strata_of({"a": 3, "b": 1, "c": 0}), strata_of({"a": 3, "b": 1}, "none"), strata_of({})] == [2, 1, 1]
    assert find_length([plan(0.7, 0.9, strata=62)]) == []
    (found,) = find_length([plan(0.7, 0.9, strata=100), plan_for_attempt(0.7, 0.9, attempt=2, strata=100)])
    most = plan(0.7, 0.9, strata=100).questions
    assert (found.code, found.is_error) == ("test.classes_unasked", False)
    assert found.facts == {"questions": most, "classes": 100, "unasked": 100 - most}


def test_a_mark_out_of_reach_is_found() -> None:
    unreachable = Plan(0.5, 0.9, 0.05, 0.05, PlanKind.FIXED, 10, 11, 0.8, 2.0, 2.0, 0, 0.0, 0.0, {})
    assert perfect_passes_at(unreachable) is None


def test_a_draw_takes_from_all_strata_in_turn_until_they_are_used_up() -> None:
    assert drawn_counts({"a": 100, "b": 3, "c": 10}, 12) == {"a": 5, "b": 3, "c": 4}
    assert drawn_counts({"a": 1}, 12) == {"a": 1}


def test_who_always_gives_the_commonest_answer_guesses_best() -> None:
    assert guessing_accuracy({"a": 40, "b": 10}, 2, 40) == 0.75
    assert guessing_accuracy({"a": 40, "b": 40}, 4, 40) == 0.5
    assert guessing_accuracy({}, 4, 40) == 0.25


def test_a_guesser_fails_the_default_test_and_passes_one_that_asks_too_little() -> None:
    default = plan(0.7, 0.9)
    assert guesser_passes(default, {"a": 31, "b": 31}, 2) == pass_probability(default, 0.5) < 0.001
    assert guesser_passes(plan(0.4, 0.8), {"a": 31, "b": 31}, 2) > 0.05


def test_ten_people_who_tell_each_other_know_most_of_a_small_pool() -> None:
    assert known_by_colluders(40, 500, 10) == pytest.approx(0.566, abs=0.001)
    assert known_by_colluders(40, 2000, 10) == pytest.approx(0.183, abs=0.001)
    assert known_by_colluders(40, 0, 10) == 0.0


def test_the_crowd_that_comes_adds_up() -> None:
    assert sum(group.share for group in APPLICANTS) == pytest.approx(1.0)


def test_the_least_shown_questions_are_drawn_first() -> None:
    strata = {"a": [f"a{n}" for n in range(10)], "b": [f"b{n}" for n in range(10)]}
    shown = {f"{name}{n}": n // 5 for name in "ab" for n in range(10)}
    drawn = draw(strata, 10, 7, shown=shown)
    assert sorted(drawn) == sorted(f"{name}{n}" for name in "ab" for n in range(5))
    assert drawn == draw(strata, 10, 7, shown=shown)
    assert all({drawn[place][0], drawn[place + 1][0]} == {"a", "b"} for place in range(0, 10, 2))


def test_as_many_questions_as_there_are_classes_ask_each_of_them_whatever_its_difficulties() -> None:
    classes = {f"{name}{third}{n}": name for name in "abcde" for third in range(3) for n in range(4)}
    strata: dict[str, list[str]] = {}
    for item, name in classes.items():
        strata.setdefault(f"{name}{item[1]}", []).append(item)
    for seed in range(20):
        drawn = draw(strata, 30, seed, classes=classes)
        assert {classes[item] for item in drawn[:5]} == set("abcde")
        assert len(set(drawn)) == 30 and {item[:2] for item in drawn[:15]} == set(strata)
    assert all_touched("class", [1, 2]) and not all_touched("class_difficulty", [1, 0]) and all_touched("none", [1, 0])


def test_thirds_by_difficulty_put_what_is_unknown_in_between() -> None:
    thirds = terciles({"x": None} | {f"q{n}": float(n) for n in range(9)})
    assert thirds == {"x": 1} | {f"q{n}": n // 3 for n in range(9)}
    assert set(terciles({"x": None, "y": 0.3}).values()) == {1}


def test_a_hundred_people_cost_what_their_questions_earn() -> None:
    default = plan(0.7, 0.9)
    rate = RateView("r", "lane", 30_000, "EUR", datetime(2026, 1, 1, tzinfo=UTC), None)
    found = outlook_of([default, plan_for_attempt(0.7, 0.9, attempt=2)], 186, rate)
    # 10% at .50, 15% at .65, 25% at .78, 30% at .88 and 20% at .95 are asked so many questions of the guarded plan.
    by_hand = 0.1 * 9.76 + 0.15 * 15.72 + 0.25 * 30.52 + 0.3 * 27.61 + 0.2 * 16.62
    assert found.questions == pytest.approx(by_hand, abs=0.01)
    assert found.pay_micros == round(found.questions * 100 * 30_000)
    assert found.attempts == int(186 * 30 / found.questions)
    assert 0.5 < found.passing < 0.6
    # Whoever must not pass has two goes: 1 - (1 - .0499)(1 - .0247). The second may need 80 questions, after 62.
    assert found.false_passes == pytest.approx(1 - (1 - 0.0499) * (1 - 0.0247), abs=1e-4)
    assert (found.needed, found.wanted) == (80, 142)
    assert found.lasting(62) == 90
    assert outlook_of([default], 0, None).pay_micros is None
