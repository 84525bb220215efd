"""From the times of a pilot to a price: idle time is cut, and three of four people reach the floor."""

import random
from statistics import fmean

import pytest

from payouts.rules.pay_pilot import hourly_of, idle_cut_mean, nearest_rank, pilot_times, price_for, without_idle


def test_the_published_pilot_pays_for_the_sixteenth_of_twenty_one_times() -> None:
    minutes = [10 + place for place in range(15)] + [26] + [30 + place for place in range(5)]
    slow = nearest_rank(minutes, 0.75)
    assert slow == 26
    # 9.19 an hour for 26 minutes: 3.9823…, rounded up to a millionth, and 3.98 in whole cents.
    price = price_for(slow * 60, 9_190_000)
    assert price == 3_982_334
    assert price // 10_000 == 398


def test_the_mean_without_idle_times_is_near_the_truth_where_the_plain_mean_is_threefold() -> None:
    draw = random.Random(0)
    true_mean = 60 * 2.718281828 ** (0.5**2 / 2)  # median 60 s, sigma .5
    times = [draw.lognormvariate(4.0943446, 0.5) for _ in range(20_000)]
    seen = [
        time + draw.uniform(300, 3600)
        if draw.random() < 0.08
        else draw.uniform(0.2, 1.0)
        if draw.random() < 0.03
        else time
        for time in times
    ]
    assert fmean(seen) > 3 * true_mean
    assert idle_cut_mean(seen) == pytest.approx(true_mean, rel=0.05)


def test_each_person_has_one_voice_however_much_they_answered() -> None:
    times = {"quick": [10.0] * 500, "even": [20.0, 21.0, 19.0], "slow": [40.0, 41.0, 39.0], "idle": [30.0, 30.0]}
    found = pilot_times({**times, "gone": []})
    assert found is not None
    # All but the quick lie far from the median of five hundred equal times: they are cut, not averaged away.
    assert (found.people, found.mean) == (1, 10.0)
    even = pilot_times({name: values[:3] for name, values in times.items()})
    assert even is not None
    assert (even.people, even.mean, even.slow) == (4, 25.0, 30.0)
    assert pilot_times({"gone": []}) is None


def test_a_price_rounds_up_and_counts_unpaid_time_in() -> None:
    assert price_for(1, 3_600_000) == 1_000
    assert price_for(1, 3_600_001) == 1_001
    assert price_for(36, 10_000_000, overhead=0.1) == 110_000
    assert hourly_of(110_000, 36) == 10_000_000
    assert hourly_of(110_000, 0) is None


def test_too_few_times_are_all_kept_and_nothing_gives_nothing() -> None:
    assert without_idle([5.0, 500.0]) == [5.0, 500.0]
    assert idle_cut_mean([]) is None
    with pytest.raises(ValueError, match="rank"):
        nearest_rank([], 0.75)
    with pytest.raises(ValueError, match="negative"):
        price_for(-1, 1)
