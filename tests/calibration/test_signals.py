"""Signals: how surely each is raised, and how seldom about people who did nothing."""

from pathlib import Path

import numpy as np
import pytest

import calibration
import workforce
from calibration.operations.behaviour import _FINDERS
from calibration.rules import leaks, signals

LABELS = ("a", "b", "c", "d")
WRONG = (0.7, 0.2, 0.1)  # wrong answers concentrate, in the order of the other labels


def crowd(
    generator: np.random.Generator, people: int, units: int, accuracy: float = 0.85
) -> tuple[list[int], np.ndarray]:
    truths = generator.integers(0, 4, units)
    fall = generator.choice([1, 2, 3], size=(people, units), p=WRONG)
    is_wrong = generator.random((people, units)) > accuracy
    return list(truths), np.where(is_wrong, (truths + fall) % 4, truths)


def flagged_pairs(generator: np.random.Generator, runs: int, units: int, copying: float) -> float:
    """The share of pairs that are flagged, one of whom copies this share of the other's answers."""
    truths, pool = crowd(generator, 20, 1000)
    known = [(LABELS[truths[i]], LABELS[row[i]]) for row in pool for i in range(0, 1000, 5)]
    wrong = signals.wrong_answers(known, LABELS)
    count = 0
    for _ in range(runs):
        truths, both = crowd(generator, 2, units)
        copied = generator.random(units) < copying
        second = np.where(copied, both[0], both[1])
        names = [[LABELS[each] for each in row] for row in (both[0], second, truths)]
        count += signals.same_mistakes(names[0], names[1], names[2], wrong) is not None
    return count / runs


def test_independent_pairs_are_hardly_ever_flagged_and_copying_nearly_always() -> None:
    """At 1e-4 for each pair, on 200 common units with an accuracy of 0.85."""
    generator = np.random.default_rng(17)
    assert flagged_pairs(generator, 3000, 200, 0.0) < 1e-3
    assert flagged_pairs(generator, 400, 200, 0.6) > 0.95
    assert flagged_pairs(generator, 400, 60, 1.0) > 0.82


def test_more_pairs_need_more_evidence_and_a_few_units_are_none() -> None:
    right, same = ["a"] * 40, ["b"] * 4 + ["a"] * 36
    wrong = signals.wrong_answers([], LABELS)
    found = signals.same_mistakes(same, same, right, wrong)
    assert found is not None and found.measured < 1e-4
    assert signals.same_mistakes(same, same, right, wrong, pairs=10_000) is None
    assert signals.same_mistakes(same[:19], same[:19], right[:19], wrong) is None


def test_a_run_is_judged_by_how_common_its_answer_is() -> None:
    even = {"good": 0.5, "bad": 0.5}
    mixed = ["good", "bad"] * 40
    assert signals.monotony([*mixed, *["good"] * 20], even) is not None  # 100 answers: 19 in a row are too many
    assert signals.monotony([*mixed, "bad", *["good"] * 18, "bad"], even) is None
    assert signals.monotony([*mixed, *["good"] * 20], {"good": 0.9, "bad": 0.1}) is None
    assert signals.monotony([], even) is None


def test_the_bound_on_runs_holds() -> None:
    generator = np.random.default_rng(3)
    flagged = sum(
        signals.monotony(["good" if each else "bad" for each in row], {"good": 0.5, "bad": 0.5}) is not None
        for row in generator.random((4000, 100)) < 0.5
    )
    assert flagged <= 2


def test_speed_is_judged_on_the_scale_of_logarithms_against_the_lanes_pace() -> None:
    generator = np.random.default_rng(5)
    usual = [float(each) for each in np.exp(generator.normal(3.4, 0.5, 400))]
    pace = signals.pace_of(usual)
    assert pace is not None and pace[0] == pytest.approx(3.4, abs=0.1) and pace[1] == pytest.approx(0.5, abs=0.1)
    assert signals.too_fast(usual[:50], pace) is None
    found = signals.too_fast([3.0] * 15 + usual[:35], pace)
    assert found is not None and found.measured == 0.3 and found.false_positives < 1e-9
    assert signals.too_fast([3.0] * 10, pace) is None
    assert signals.pace_of([30.0] * 50) is None


def test_times_that_hardly_vary_are_a_signal_where_those_of_others_do() -> None:
    generator = np.random.default_rng(11)

    def people(count: int, spreads: tuple[float, float]) -> list[list[float]]:
        drawn = generator.uniform(*spreads, count)
        return [[float(round(each)) for each in np.exp(generator.normal(3.4, spread, 50))] for spread in drawn]

    honest = people(500, (0.25, 0.6))  # the steadiest of them vary less than half as much as the least steady
    spreads = [signals.spread_of(each) or 0.0 for each in honest]
    assert sum(signals.too_regular(each, spreads[:200]) is not None for each in honest) == 0
    found = signals.too_regular([30.0, 31.0] * 25, spreads[:20])
    assert (
        found is not None
        and found.name == "too_regular"
        and found.measured < found.bound < found.false_positives == 1e-4
    )
    assert signals.too_regular([2.0] * 50, spreads[:20]) is None, "whole seconds hide how short times vary"
    assert signals.too_regular([30.0, 31.0] * 24, spreads[:20]) is None
    assert signals.too_regular([30.0, 31.0] * 25, [0.017] * 20) is None, "work that takes everybody the same time"
    assert signals.FAMILIES["timing"] == "speed"


def test_a_pause_needs_two_kinds_of_signals_and_odds_of_nineteen_to_one() -> None:
    assert not signals.may_pause({"speed": 1e-4})
    assert signals.may_pause({"speed": 1e-4, "copying": 1e-4})
    assert not signals.may_pause({"speed": 0.05, "copying": 0.05})
    assert signals.odds([0.01]) / (1 + signals.odds([0.01])) == pytest.approx(0.65, abs=0.005)
    assert signals.odds([0.05]) / (1 + signals.odds([0.05])) == pytest.approx(0.27, abs=0.005)


def test_a_signal_that_flags_honest_people_of_one_language_more_is_switched_off_there() -> None:
    assert signals.is_unfair(20, 100, 10, 300)
    assert not signals.is_unfair(1, 20, 10, 300)  # too few to be sure
    assert not signals.is_unfair(10, 300, 10, 300)
    assert not signals.is_unfair(0, 100, 0, 300)
    assert signals.rate(1e-4, 0, 98) == pytest.approx(0.01)
    assert signals.rate(0.05, 0, 98) == 0.05


TOLD = {
    "speed": "fast", "timing": "times that vary hardly at all", "monotony": "one answer very often in a row",
    "copying": "the same mistakes as somebody else", "fast_and_perfect": "faster than nearly everybody",
    "shared_network": "a network from which others took the same test",
    "seen_before": "far better on questions that others there had met",
}  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        Path(calibration.__path__[0]) / "templates/calibration/quality.html",
        Path(workforce.__path__[0]) / "templates/workforce/_application.html",
    ],
    ids=["my quality", "application"],
)
def test_people_are_told_of_everything_that_is_looked_at(page: Path) -> None:
    exams = {
        name
        for name, rule in vars(leaks).items()
        if getattr(rule, "__annotations__", {}).get("return") == "Sign | None"
    }
    assert {*_FINDERS} | exams == {*TOLD}
    text = page.read_text(encoding="utf-8")
    assert [name for name, words in TOLD.items() if words not in text] == []
