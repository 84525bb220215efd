"""What a rule about overlap buys: judgments and accuracy beside fixed numbers, as published."""

import numpy as np
import pytest

from calibration.rules.overlap import OverlapRule, simulate

THREE, FIVE = OverlapRule(3, 3), OverlapRule(5, 5)
ADAPTIVE = [OverlapRule(1, 5, 0.90), OverlapRule(1, 5, 0.95), OverlapRule(2, 7, 0.95), OverlapRule(2, 7, 0.98)]
# Classes and share of hard units: judgments a unit and accuracy of the two votes and the four adaptive rules.
TABLE = {
    (4, 0.0): [(3, 0.9505), (5, 0.9857), (2.12, 0.9641), (2.51, 0.9831), (2.55, 0.9873), (2.84, 0.9922)],
    (4, 0.2): [(3, 0.9019), (5, 0.9500), (2.23, 0.9257), (2.68, 0.9463), (2.77, 0.9569), (3.11, 0.9644)],
    (2, 0.0): [(3, 0.9378), (5, 0.9730), (2.37, 0.9513), (2.86, 0.9662), (2.97, 0.9732), (3.65, 0.9827)],
    (2, 0.2): [(3, 0.8800), (5, 0.9167), (2.47, 0.8921), (2.98, 0.9078), (3.16, 0.9166), (3.92, 0.9298)],
}


def people() -> list[float]:
    """Sixty people, right in .846 of cases on average."""
    found = np.random.default_rng(3).beta(33, 6, 60)
    return list(np.clip(found - found.mean() + 0.846, 0.4, 0.99))


@pytest.mark.parametrize(("classes", "hard"), TABLE)
def test_a_target_for_the_posterior_buys_the_known_accuracy_for_the_known_number_of_judgments(
    classes: int, hard: float
) -> None:
    crowd = people()
    rules = [(THREE, True), (FIVE, True), *((rule, False) for rule in ADAPTIVE)]
    for (rule, vote), (judgments, accuracy) in zip(rules, TABLE[classes, hard], strict=True):
        found = simulate(rule, crowd, classes, seed=3, units=16_000, hard=hard, vote=vote)
        assert found.judgments == pytest.approx(judgments, abs=0.05)
        assert found.accuracy == pytest.approx(accuracy, abs=0.01)


def test_a_third_answer_where_two_differ_is_as_good_as_three_for_a_quarter_less() -> None:
    """Two are as sure as agreement of two makes them; the published row of "2 agree, else third"."""
    expected = [(2.27, 0.9492), (2.34, 0.9018), (2.26, 0.9344), (2.30, 0.8788)]
    for (classes, hard), (judgments, accuracy) in zip(TABLE, expected, strict=True):
        found = simulate(OverlapRule(2, 3, 0.8), people(), classes, seed=3, units=16_000, hard=hard)
        assert found.judgments == pytest.approx(judgments, abs=0.05)
        assert found.accuracy == pytest.approx(accuracy, abs=0.01)


def test_a_target_of_certainty_asks_everybody_and_a_target_of_nothing_stops_at_once() -> None:
    crowd = people()
    assert simulate(OverlapRule(2, 5, 1.0), crowd, 3, seed=1, units=500).judgments == 5.0
    assert simulate(OverlapRule(2, 5, 0.0), crowd, 3, seed=1, units=500).judgments == 2.0


@pytest.mark.parametrize(
    ("judgments", "confidence", "enough"),
    [(1, 0.99, False), (2, 0.94, False), (2, 0.95, True), (4, 0.5, False), (5, 0.5, True)],
)
def test_a_unit_has_enough_at_the_target_and_not_under_the_least_or_over_the_most(
    judgments: int, confidence: float, enough: bool
) -> None:
    assert OverlapRule(2, 5).is_enough(judgments, confidence) is enough


def test_more_judgments_than_people_cannot_be_had() -> None:
    with pytest.raises(ValueError, match="as many people"):
        simulate(OverlapRule(1, 3), [0.9, 0.9], 2, seed=1)
    with pytest.raises(ValueError, match="at least one"):
        OverlapRule(3, 2)
