"""Groups side by side: what differs by more than chance is said, and small groups are accused of nothing."""

import pytest

from calibration.rules.fairness import compare


@pytest.mark.parametrize(
    ("groups", "apart"),
    [
        ({"sw": (90, 100), "ar": (88, 100)}, []),
        ({"sw": (90, 100), "ar": (60, 100)}, ["ar", "sw"]),
        ({"sw": (4, 4), "ar": (40, 100)}, []),
        ({"sw": (180, 200), "ar": (178, 200), "es": (4, 20)}, ["es"]),
        ({"sw": (5, 10)}, []),
        ({}, []),
    ],
)
def test_a_group_stands_apart_when_its_interval_and_that_of_the_others_do_not_meet(
    groups: dict[str, tuple[int, int]], apart: list[str]
) -> None:
    assert [row.group for row in compare(groups) if row.stands_apart] == apart


def test_each_share_comes_with_its_interval() -> None:
    (row,) = compare({"sw": (18, 20)})
    assert (row.share, row.n, row.hits) == (0.9, 20, 18)
    assert (round(row.interval.lower, 4), round(row.interval.upper, 4)) == (0.6990, 0.9721)
    assert compare({"sw": (0, 0)})[0].share is None
