"""Intervals and the prior, against values worked out apart from the code."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from calibration.rules.intervals import (
    DEFAULT_PRIOR,
    BetaPrior,
    Interval,
    beta_bounds,
    beta_quantile,
    clopper_pearson,
    jeffreys,
    probability_below,
    shrink,
    weighted_by_shares,
    wilson,
)

Method: TypeAlias = Callable[..., Interval]


@pytest.mark.parametrize(
    ("right", "n", "lower", "upper"), [(18, 20, 0.6990, 0.9721), (45, 50, 0.7864, 0.9565), (90, 100, 0.8256, 0.9448)]
)
def test_wilson_gives_the_known_intervals(right: int, n: int, lower: float, upper: float) -> None:
    found = wilson(right, n)
    assert (round(found.lower, 4), round(found.upper, 4)) == (lower, upper)


@pytest.mark.parametrize(("method", "upper"), [(wilson, 0.0586), (clopper_pearson, 0.0616), (jeffreys, 0.0542)])
def test_two_errors_in_a_hundred_have_the_known_one_sided_upper_bounds(method: Method, upper: float) -> None:
    # The upper end of a two-sided 90% interval is a one-sided 95% bound.
    assert method(2, 100, level=0.90).upper == pytest.approx(upper, abs=5e-5)


def test_nothing_observed_leaves_everything_possible() -> None:
    assert (wilson(0, 0).lower, wilson(0, 0).upper) == (0.0, 1.0)
    assert (clopper_pearson(0, 0).lower, clopper_pearson(0, 0).upper) == (0.0, 1.0)


def test_clopper_pearson_of_no_error_is_the_rule_of_zero_acceptance() -> None:
    # (1 - p)^59 = 0.05 has the root p = 1 - 0.05^(1/59).
    assert clopper_pearson(0, 59, level=0.90).upper == pytest.approx(1 - 0.05 ** (1 / 59), abs=1e-12)
    assert clopper_pearson(59, 59, level=0.90).upper == 1.0


def test_a_beta_with_one_parameter_of_one_has_its_quantiles_in_closed_form() -> None:
    # Beta(3, 1) has the distribution function x^3.
    assert beta_quantile(3, 1, 0.2) == pytest.approx(0.2 ** (1 / 3), abs=1e-12)
    assert probability_below(3, 1, 0.5) == pytest.approx(0.125, abs=1e-12)
    assert beta_bounds(3, 1, 0.6).upper == pytest.approx(0.8 ** (1 / 3), abs=1e-12)


@pytest.mark.parametrize("method", [wilson, jeffreys, clopper_pearson])
def test_more_successes_than_answers_are_refused(method: Method) -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        method(3, 2)


def test_the_prior_is_worth_ten_answers_of_which_eight_are_right() -> None:
    assert (DEFAULT_PRIOR.a, DEFAULT_PRIOR.b) == (8.0, 2.0)
    assert shrink([0, 3], 5).tolist() == pytest.approx([8 / 15, 11 / 15])


@pytest.mark.parametrize(("n", "raw", "shrunk"), [(5, 0.175, 0.078), (10, 0.124, 0.072), (20, 0.087, 0.061)])
def test_shrunk_accuracies_lie_nearer_to_the_truth(n: int, raw: float, shrunk: float) -> None:
    rng = np.random.default_rng(7)
    truth = rng.beta(16, 4, 20_000)
    right = rng.binomial(n, truth)
    estimates = shrink(right, n, BetaPrior(0.8, 20))
    assert math.sqrt(np.mean((right / n - truth) ** 2)) == pytest.approx(raw, abs=0.003)
    assert math.sqrt(np.mean((estimates - truth) ** 2)) == pytest.approx(shrunk, abs=0.002)


def test_an_accuracy_over_all_classes_counts_each_as_often_as_it_occurs() -> None:
    checks = {"common": (45.0, 50.0), "rare": (5.0, 10.0)}
    found = weighted_by_shares(checks, {"common": 0.9, "rare": 0.1})
    assert found is not None and found.value == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    # Wilson: .7864 to .9565 of the common class, .2366 to .7634 of the rare one; distances weighted, as squares.
    down = ((0.9 * (0.9 - 0.7864)) ** 2 + (0.1 * (0.5 - 0.2366)) ** 2) ** 0.5
    up = ((0.9 * (0.9565 - 0.9)) ** 2 + (0.1 * (0.7634 - 0.5)) ** 2) ** 0.5
    assert found.interval.lower == pytest.approx(0.86 - down, abs=1e-4)
    assert found.interval.upper == pytest.approx(0.86 + up, abs=1e-4)
    assert weighted_by_shares(checks, {"common": 0.8, "rare": 0.1, "never checked": 0.1}) is None
    assert weighted_by_shares(checks, {"common": 0.98, "hardly there": 0.02}) is not None
    assert weighted_by_shares({}, {}) is None
