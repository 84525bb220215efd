"""Calibration on gold: temperatures, log loss, and the guard that holds a model to the vote."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from calibration.inference import DawidSkene, Estimator, MajorityVote, calibrate, calibration_error, log_loss
from calibration.inference.estimator import stable_hash
from calibration.inference.temperature import brier_score, held_out, may_replace_vote, smaller_half
from tests.calibration.crowds import make_crowd


def _sure(confidence: float, right: int, wrong: int) -> tuple[pd.DataFrame, dict[int, str]]:
    """Tasks that say x with one confidence, of which some are x and others y."""
    n = right + wrong
    probas = pd.DataFrame({"x": [confidence] * n, "y": [1 - confidence] * n})
    return probas, {task: "x" if task < right else "y" for task in range(n)}


def test_the_temperature_brings_confidence_to_the_share_that_is_right() -> None:
    # Odds of 99 that are right three times in four must become odds of 3: tau = ln 99 / ln 3.
    probas, gold = _sure(0.99, 75, 25)
    found = calibrate(probas, gold)
    assert found.fitted and found.gold == 100
    assert found.tau == pytest.approx(math.log(99) / math.log(3), rel=1e-4)
    assert found.apply(probas).loc[0, "x"] == pytest.approx(0.75, abs=1e-4)
    assert found.loss_after < found.loss_before
    assert calibration_error(probas, gold) == pytest.approx(0.24)
    assert calibration_error(found.apply(probas), gold) == pytest.approx(0.0, abs=1e-4)


def test_what_is_measured_is_corrected_by_the_keys_of_the_other_half() -> None:
    names = [f"task {number}" for number in range(250)]
    halves = [[name for name in names if stable_hash(name) % 2 == side][:100] for side in (0, 1)]
    # All say x with .99; in one half 75 of 100 are x, in the other 60: each is told with what the other shows.
    gold = {name: "x" if place < right else "y" for half, right in zip(halves, (75, 60), strict=True)
            for place, name in enumerate(half)}  # fmt: skip
    probas = pd.DataFrame({"x": 0.99, "y": 0.01}, index=[*gold, "unjudged by gold"])
    found = held_out(probas, gold | {"nobody saw it": "x"})
    assert found is not None and sorted(found.index) == sorted(gold)
    assert found.loc[halves[0], "x"].to_numpy() == pytest.approx(0.60, abs=1e-4)
    assert found.loc[halves[1], "x"].to_numpy() == pytest.approx(0.75, abs=1e-4)
    brier = (100 * 2 * (0.75 * 0.4**2 + 0.25 * 0.6**2) + 100 * 2 * (0.60 * 0.25**2 + 0.40 * 0.75**2)) / 200
    assert brier_score(found, gold) == pytest.approx(brier, abs=1e-3)
    # One temperature for all of them would have said .675 and, on the very keys it was fitted to, no error at all.
    assert calibration_error(calibrate(probas, gold).apply(probas), gold) == pytest.approx(0.0, abs=1e-4)
    assert calibration_error(found.loc[halves[0]], gold) == pytest.approx(0.15, abs=1e-3)
    few = {name: gold[name] for name in [*halves[0], *halves[1][:49]]}
    assert held_out(probas, few) is None and smaller_half(probas, few) == 49
    again = held_out(probas, few | {halves[1][60]: "x"})
    assert again is not None and len(again) == 150


def test_confidence_is_raised_no_further_than_one_half() -> None:
    probas, gold = _sure(0.6, 100, 0)
    assert calibrate(probas, gold).tau == pytest.approx(0.5, abs=1e-5)


def test_too_little_gold_fits_nothing_and_takes_the_fallback() -> None:
    probas, gold = _sure(0.99, 40, 9)
    found = calibrate(probas, gold)
    assert (found.tau, found.fitted, found.gold) == (2.0, False, 49)
    assert calibrate(probas, gold, fallback=1.4).tau == 1.4


def test_scores_worked_out_by_hand() -> None:
    probas, gold = _sure(0.8, 1, 1)
    assert log_loss(probas, gold) == pytest.approx(-(math.log(0.8) + math.log(0.2)) / 2)
    assert brier_score(probas, gold) == pytest.approx((2 * 0.04 + 2 * 0.64) / 2)


def test_a_gold_label_that_the_posterior_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="does not have"):
        log_loss(_sure(0.8, 1, 1)[0], {0: "z"})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("estimator", [MajorityVote, DawidSkene])
def test_calibration_keeps_every_answer_and_does_not_hurt_on_other_gold(estimator: type[Estimator], seed: int) -> None:
    crowd = make_crowd(seed, mean=0.65)
    model = estimator()
    model.fit(crowd.judgments)
    learnt, held_out = crowd.truth.iloc[:200], crowd.truth.iloc[200:]
    corrected = calibrate(model.probas_, learnt).apply(model.probas_)
    assert (corrected.to_numpy().argmax(axis=1) == model.probas_.to_numpy().argmax(axis=1)).all()
    assert np.allclose(corrected.sum(axis=1), 1.0)
    assert log_loss(corrected, held_out) <= log_loss(model.probas_, held_out) + 0.01


def test_a_model_replaces_the_vote_only_with_enough_gold_and_no_greater_loss() -> None:
    better, gold = _sure(0.8, 80, 20)
    worse, _ = _sure(0.99, 80, 20)
    assert may_replace_vote(better, worse, gold)
    assert not may_replace_vote(worse, better, gold)
    assert not may_replace_vote(better, worse, dict(list(gold.items())[:49]))
