"""The share of hidden gold by risk: the published table of careers, and what comes on top or is held back."""

import random
from collections.abc import Callable
from statistics import mean, median

import pytest

from calibration.rules.tracking import Track, belief_above, gold_rate, is_over_budget

FLOOR = 0.8
UNITS = 500
CAREERS = 400


def careers(rate_of: Callable[[Track], float], accuracy: Callable[[int], float]) -> tuple[float, float, float]:
    """Over careers of 500 units: the mean share of gold, the share stopped, and the median unit of the stop.

    The setting of the published figures: start Beta(8, 2), memory of 100 answers without pull to the prior, no extra
    for newcomers or warnings, stopped when the accuracy is under the floor with a belief of 0.9.
    """
    draw, shares, stops = random.Random(7), [], []
    for _ in range(CAREERS):
        a, b, checked, seen = 8.0, 2.0, 0, 0
        rate = rate_of(Track(a=a, b=b))
        for seen in range(1, UNITS + 1):
            if draw.random() >= rate:
                continue
            right = draw.random() < accuracy(seen)
            a, b, checked = 0.99 * a + right, 0.99 * b + (not right), checked + 1
            if belief_above(Track(a=a, b=b), FLOOR) < 0.10:
                stops.append(seen)
                break
            rate = rate_of(Track(a=a, b=b))
        shares.append(checked / seen)
    never = [UNITS + 1] * (CAREERS - len(stops))
    return mean(shares), len(stops) / CAREERS, median(stops + never)


def adaptive(track: Track) -> float:
    return gold_rate(track, FLOOR, seen=1000)


def flat(rate: float) -> Callable[[Track], float]:
    return lambda _track: rate


def falling(seen: int) -> float:
    return 0.92 if seen <= 250 else 0.60


@pytest.mark.parametrize(
    ("rate_of", "accuracy", "stopped", "unit"),
    [
        (adaptive, 0.65, 0.99, 89),
        (flat(0.20), 0.65, 0.99, 81),
        (flat(0.10), 0.65, 0.89, 166),
        (flat(0.05), 0.65, 0.67, 340),
        (adaptive, 0.50, 1.00, 40),
        (flat(0.20), 0.50, 1.00, 37),
        (flat(0.10), 0.50, 1.00, 72),
        (flat(0.05), 0.50, 1.00, 146),
    ],
)
def test_careless_people_are_noticed_as_the_table_says(
    rate_of: Callable[[Track], float], accuracy: float, stopped: float, unit: float
) -> None:
    _share, found, at = careers(rate_of, lambda _seen: accuracy)
    assert found == pytest.approx(stopped, rel=0.15)
    assert at == pytest.approx(unit, rel=0.15)


def test_good_people_are_left_alone_at_two_fifths_of_a_flat_fifth() -> None:
    share, stopped, _at = careers(adaptive, lambda _seen: 0.92)
    assert share == pytest.approx(0.080, rel=0.15)
    assert stopped <= 0.01


@pytest.mark.parametrize(("rate", "share", "late"), [(0.05, 0.050, 0.20), (0.10, 0.099, 0.34), (0.20, 0.200, 0.63)])
def test_a_flat_share_costs_good_people_as_much_and_finds_late_falls_as_the_table_says(
    rate: float, share: float, late: float
) -> None:
    found, stopped, _at = careers(flat(rate), lambda _seen: 0.92)
    assert found == pytest.approx(share, rel=0.15)
    assert stopped <= 0.01
    assert careers(flat(rate), falling)[1] == pytest.approx(late, rel=0.15)


def test_a_late_fall_is_found_in_half_of_the_careers_so_that_a_chart_stands_beside() -> None:
    _share, stopped, _at = careers(adaptive, falling)
    assert stopped == pytest.approx(0.50, rel=0.15)


def test_over_its_budget_a_lane_checks_whom_it_must() -> None:
    doubtful = Track(a=16, b=4)
    assert gold_rate(doubtful, FLOOR, 100) > 0.2
    assert gold_rate(doubtful, FLOOR, 100, over_budget=True) == 0.03
    assert gold_rate(doubtful, FLOOR, 5, over_budget=True) == 0.20
    assert gold_rate(doubtful, FLOOR, 100, heightened=True, over_budget=True) == pytest.approx(0.13)
    assert gold_rate(Track(a=8, b=8), FLOOR, 100, over_budget=True, awaited=True) == 0.20
    assert is_over_budget(25, 200)
    assert not is_over_budget(24, 200)
    assert not is_over_budget(100, 199)  # too early to tell
