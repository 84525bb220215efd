"""Accuracy over time: forgetting, the chart, and the gold rate."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from calibration.rules.intervals import BetaPrior
from calibration.rules.tracking import (
    Chart,
    Track,
    belief_above,
    changes,
    decay,
    gold_rate,
    interval,
    lower_bound,
    replay,
    start_track,
    update,
    upper_bound,
)
from calibration.values import DriftSignal


def test_a_new_track_says_what_the_pool_says() -> None:
    track = start_track(BetaPrior(0.9, 20))
    assert (track.a, track.b, track.n) == pytest.approx((18, 2, 0))
    assert track.accuracy == pytest.approx(0.9)


def test_an_answer_forgets_a_fiftieth_and_refills_from_the_prior() -> None:
    # Beta(8, 2), prior at strength 2 is (1.6, .4): a = .98 * 8 + 1 + .02 * 1.6, b = .98 * 2 + .02 * .4.
    track = update(start_track(), 1.0)
    assert track.a == pytest.approx(8.872)
    assert track.b == pytest.approx(1.968)
    assert (track.n, track.right) == (1, 1.0)


def test_partial_credit_enters_as_a_fraction() -> None:
    # a = .98 * 8 + .25 + .032 and b = .98 * 2 + .75 + .008.
    track = update(start_track(), 0.25)
    assert (track.a, track.b) == pytest.approx((8.122, 2.718))


def test_a_long_record_is_remembered_for_fifty_answers() -> None:
    track = replay([1.0] * 2000)
    assert track.a == pytest.approx(50 + 1.6, abs=1e-6)
    assert track.b == pytest.approx(0.4, abs=1e-6)


def test_a_day_without_work_forgets_half_of_one_percent() -> None:
    track = decay(start_track(), 1)
    assert (track.a, track.b) == pytest.approx((0.995 * 8 + 0.005 * 1.6, 0.995 * 2 + 0.005 * 0.4))


def test_years_of_absence_lead_back_to_the_prior_and_not_to_nothing() -> None:
    track = decay(replay([0.0] * 100), 10_000)
    assert (track.a, track.b) == pytest.approx((1.6, 0.4))


def test_two_idle_spells_are_one_long_one() -> None:
    track = replay([1.0, 0.0, 1.0])
    apart, together = decay(decay(track, 3), 4), decay(track, 7)
    assert (apart.a, apart.b) == pytest.approx((together.a, together.b))


@pytest.mark.parametrize(("gold", "mean"), [(20, 0.852), (50, 0.809), (100, 0.776)])
def test_a_fall_from_ninety_to_seventy_five_percent_shows_at_the_known_speed(gold: int, mean: float) -> None:
    # The update is linear in the score, so feeding the expected score gives the expected counts.
    track = replay([0.75] * gold, start=replay([0.90] * 2000, start=start_track(BetaPrior(0.9, 2))))
    assert track.accuracy == pytest.approx(mean, abs=0.006)


def test_the_bounds_hold_what_they_say() -> None:
    track = Track(a=3.0, b=1.0)  # the distribution function is x^3
    assert lower_bound(track) == pytest.approx(0.05 ** (1 / 3))
    assert upper_bound(track) == pytest.approx(0.95 ** (1 / 3))
    assert interval(track, 0.9).lower == pytest.approx(lower_bound(track))
    assert belief_above(track, 0.5) == pytest.approx(0.875)


@pytest.mark.parametrize("score", [-0.1, 1.1, math.nan])
def test_a_score_outside_zero_and_one_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        update(start_track(), score)


def test_the_chart_rises_by_an_error_and_falls_by_a_right_answer() -> None:
    up, down = math.log(2.5), math.log(0.9 / 0.75)
    track = replay([0.0, 0.0, 1.0])
    assert track.cusum == pytest.approx(2 * up - down)
    assert track.since_normal == 3
    assert replay([1.0] * 10, start=track).cusum == 0.0
    assert replay([1.0] * 10, start=track).since_normal == 0


def test_three_errors_in_a_row_warn_and_five_alarm() -> None:
    # An error adds .916: three reach 2.75, four 3.67, five 4.58.
    signals = [replay([0.0] * errors).signal for errors in range(1, 6)]
    expected = [DriftSignal.NONE, DriftSignal.NONE, DriftSignal.WARNING, DriftSignal.WARNING, DriftSignal.ALARM]
    assert signals == expected


def _run_length(error_rate: float, runs: int) -> float:
    """Mean number of answers until the standard chart alarms."""
    chart, draw = Chart(), random.Random(5)
    answers = 0
    for _ in range(runs):
        value = 0.0
        while value < chart.alarm:
            value = chart.step(value, 0.0 if draw.random() < error_rate else 1.0)
            answers += 1
    return answers / runs


def test_a_false_alarm_comes_once_in_a_thousand_answers_and_a_true_one_after_forty() -> None:
    assert 940 < _run_length(0.10, 2000) < 1110
    assert 35 < _run_length(0.25, 2000) < 39


def test_gold_goes_where_the_floor_is_in_doubt() -> None:
    unsure, good, bad = Track(a=8, b=2), Track(a=48, b=2), Track(a=15, b=35)
    assert gold_rate(unsure, 0.8, seen=100) == pytest.approx(0.02 + 0.6 * (1 - belief_above(unsure, 0.8)), abs=0.06)
    assert gold_rate(unsure, 0.8, seen=100) > 0.27
    assert gold_rate(good, 0.8, seen=100) == pytest.approx(0.03)
    assert gold_rate(bad, 0.8, seen=100) == pytest.approx(0.03)


def test_a_newcomer_sees_a_fifth_of_gold_for_twenty_units() -> None:
    good = Track(a=48, b=2)
    assert gold_rate(good, 0.8, seen=19) == pytest.approx(0.20)
    assert gold_rate(good, 0.8, seen=20) == pytest.approx(0.03)


def test_a_warning_adds_a_tenth() -> None:
    assert gold_rate(Track(a=48, b=2), 0.8, seen=100, heightened=True) == pytest.approx(0.13)


@pytest.mark.parametrize(("accuracy", "stopped", "unit"), [(0.65, 0.99, 89), (0.50, 1.0, 40)])
def test_careless_newcomers_are_noticed_as_with_a_fifth_of_gold(accuracy: float, stopped: float, unit: int) -> None:
    # The setting of the published figures: memory of 100 answers, no pull to the prior, no extra gold for newcomers.
    draw, found = random.Random(11), []
    for _ in range(300):
        a, b = 8.0, 2.0
        for seen in range(500):
            if draw.random() >= gold_rate(Track(a=a, b=b), 0.8, seen=1000):
                continue
            right = draw.random() < accuracy
            a, b = 0.99 * a + right, 0.99 * b + (not right)
            if belief_above(Track(a=a, b=b), 0.8) < 0.10:
                found.append(seen + 1)
                break
    assert len(found) / 300 == pytest.approx(stopped, abs=0.03)
    assert sorted(found)[len(found) // 2] == pytest.approx(unit, rel=0.15)


def test_a_change_begins_with_the_first_wrong_answer_after_the_chart_last_stood_at_zero() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    scores = [1.0] * 20 + [0.0] * 5 + [1.0] * 60 + [0.0, 1.0] + [0.0] * 6
    scored = [(start + timedelta(minutes=place), score) for place, score in enumerate(scores)]
    first, second = changes(scored)
    assert first == scored[20][0]
    assert second == scored[85][0], "the answer that was right in between did not bring it back to zero"
    assert changes(scored[:24]) == []
