"""When hidden gold is worn out."""

from datetime import UTC, datetime, timedelta

import numpy as np

from calibration.rules.rotation import RESERVE, Used, turned_easy, worn

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def key(number: int, days: int = 10, exposures: int = 5, scores: tuple[float, ...] = ()) -> Used:
    return Used(f"k{number:03}", NOW - timedelta(days=days), exposures, 30, scores)


def test_a_key_that_was_shown_to_as_many_as_may_meet_it_is_worn() -> None:
    assert worn([key(1, exposures=30), key(2, exposures=29)], NOW) == {"k001": "shown"}


def test_old_keys_go_the_oldest_first_and_only_while_enough_are_left() -> None:
    keys = [key(number, days=91 + number) for number in range(RESERVE + 2)]
    assert worn(keys, NOW) == {f"k{RESERVE + 1:03}": "old", f"k{RESERVE:03}": "old"}
    assert worn(keys[:RESERVE], NOW) == {}
    assert worn([Used("k", None, 0, 30, ()), *keys], NOW) == {
        f"k{number:03}": "old" for number in range(RESERVE - 1, RESERVE + 2)
    }


def test_an_item_that_turns_easy_is_found_and_one_that_always_was_is_not() -> None:
    half = (1.0, 0.0) * 5
    assert turned_easy(half + (1.0,) * 14)
    assert not turned_easy(half + (1.0, 0.0) * 10)
    assert not turned_easy((1.0,) * 30)
    assert not turned_easy(half)
    assert worn([key(1, scores=half + (1.0,) * 14)], NOW) == {"k001": "easy"}


def test_false_alarms_are_rare_and_real_leaks_are_mostly_found() -> None:
    generator = np.random.default_rng(2)
    steady = [turned_easy(tuple(row)) for row in (generator.random((2000, 30)) < 0.7).astype(float)]
    leaked = [
        turned_easy((*row[:10], *other))
        for row, other in zip(
            (generator.random((500, 10)) < 0.6).astype(float), (generator.random((500, 20)) < 0.98).astype(float),
            strict=True,
        )
    ]  # fmt: skip
    assert np.mean(steady) < 0.04
    assert np.mean(leaked) > 0.5
