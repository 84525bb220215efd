"""When a lane is done: intervals that hold what they say although people come, go and leave."""

from datetime import UTC, timedelta

import numpy as np
import pytest

from calibration.models import TrackDay
from kernel.policy import system_actor
from marketplace.models import Lane
from marketplace.operations import counting
from marketplace.operations.forecasting import seen_of
from marketplace.queries.board import board_lanes
from marketplace.rules.forecast import LONGEST, Forecast, Seen, days_taken, forecast
from tests.marketplace.desk import open_desk
from tests.marketplace.orders import Market

HISTORY = 14


def project(seed: int) -> tuple[int, list[Seen], int]:
    """Twenty-five people who leave after sixty days on average: what is left, what was seen, the days it took."""
    draw = np.random.default_rng(seed)
    active, pace, stay = draw.beta(4, 3, 25), draw.gamma(6, 40 / 6, 25), draw.exponential(60, 25)
    worked, answered, last = np.zeros(25, dtype=int), np.zeros(25, dtype=int), np.zeros(25, dtype=int)
    for day in range(HISTORY):
        works = (draw.random(25) < active) & (stay > day)
        worked += works
        answered += draw.poisson(pace * works)
        last[works] = day + 1
    left = int(answered.sum() / HISTORY * 15)
    done, took = 0, 0
    while done < left and took < LONGEST:
        works = (draw.random(25) < active) & (stay > HISTORY + took)
        done, took = done + int(draw.poisson(pace * works).sum()), took + 1
    seen = [Seen(HISTORY, int(k), int(n), HISTORY - int(at)) for k, n, at in zip(worked, answered, last, strict=True)]
    return left, seen, took


def test_eighty_per_cent_of_futures_hold_the_end_in_seventy_to_ninety_eight_of_a_hundred_projects() -> None:
    held, off = 0, []
    for seed in range(100):
        left, seen, took = project(seed)
        drawn = days_taken(left, seen, seed=seed, futures=100)
        low, high = np.quantile(drawn, [0.1, 0.9])
        held += bool(low <= took <= high)
        off.append(float(np.median(drawn)) - took)
    assert 70 <= held <= 98
    assert abs(float(np.median(off))) <= 1


def test_a_forecast_tells_three_days_and_the_chance_of_the_promised_one() -> None:
    steady = [Seen(14, 14, 1400)] * 10
    found = forecast(10_000, steady, seed=1, due_days=30)
    assert found.middle is not None and found.likely is not None and found.nearly_sure is not None
    assert 10 <= found.middle <= found.likely <= found.nearly_sure <= 16
    assert found.chance == 1.0
    assert forecast(10_000, steady, seed=1) == forecast(10_000, steady, seed=1)
    assert forecast(10_000, steady, seed=1, due_days=5).chance == 0.0


def test_somebody_not_seen_for_long_is_hardly_counted_on() -> None:
    here, gone = [Seen(14, 10, 400)] * 5, [Seen(14, 3, 120, idle=11)] * 5
    assert forecast(4000, here, seed=1).middle == pytest.approx(forecast(4000, here + gone, seed=1).middle, abs=6)
    alone = forecast(4000, gone, seed=1)
    assert alone.likely is None or alone.likely > 60


def test_nothing_left_is_done_and_nobody_there_never_ends() -> None:
    assert forecast(0, [], seed=1, due_days=0) == Forecast(0, 0, 0, 1.0)
    assert forecast(5, [], seed=1, due_days=9) == Forecast(None, None, None, 0.0)


def test_a_lane_is_foreseen_once_a_day_from_the_days_of_its_people(market: Market) -> None:
    desk = open_desk(market, people=2, unit_count=30, overlap=1)
    today = market.now.astimezone(UTC).date()
    with market.system() as session:
        lane = session.get_one(Lane, desk.lane)
        lane.deadline_at = market.now + timedelta(days=20)
        session.add_all(
            TrackDay(
                lane_id=lane.id, annotator_id=person, org_id=lane.org_id, vendor_org_id=lane.vendor_org_id,
                project_id=lane.project_id, day=today - timedelta(days=back), judged=3, seconds=30, graded_at=None,
                confusion={}, classes={},
            )
            for person in desk.annotators
            for back in range(1, 14, 2)
        )  # fmt: skip
    with market.system() as session:
        assert seen_of(session, desk.lane, today) == [Seen(13, 7, 21, 0)] * 2
        row = counting.count_lane(session, system_actor("test"), desk.lane)
        first = row.finish_middle
        assert first is not None and row.finish_likely is not None
        assert today + timedelta(days=3) <= first <= row.finish_likely <= today + timedelta(days=60)
        row.finish_middle = None
        assert counting.count_lane(session, system_actor("test"), desk.lane).finish_middle is None  # not twice a day
    market.later(days=1)
    with market.system() as session:
        assert counting.count_lane(session, system_actor("test"), desk.lane).finish_middle is not None
    with market.as_(market.manager) as session:
        (line,) = board_lanes(session)
    assert line.finish_on is not None and line.finish_middle is not None and line.finish_middle <= line.finish_on
    assert line.chance is not None and line.chance > 0.5
