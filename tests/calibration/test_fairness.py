"""Groups side by side at the same difficulty: what differs by more than chance is said, and nothing of a few people."""

import pytest

from calibration.rules.fairness import Cell, compare, difference, standardised, under_the_middle


def people(hits: int, n: int) -> Cell:
    return Cell(hits, n, n)


@pytest.mark.parametrize(
    ("groups", "apart"),
    [
        ({"sw": (90, 100), "ar": (88, 100)}, []),
        ({"sw": (90, 100), "ar": (60, 100)}, ["ar", "sw"]),
        ({"sw": (9, 9), "ar": (40, 100)}, []),
        ({"sw": (180, 200), "ar": (178, 200), "es": (4, 20)}, ["es", "sw"]),
        ({"sw": (5, 10)}, []),
        ({}, []),
    ],
)
def test_a_group_stands_apart_when_its_gap_to_the_others_is_surely_not_nothing(
    groups: dict[str, tuple[int, int]], apart: list[str]
) -> None:
    assert [
        row.group for row in compare({name: [people(*pair)] for name, pair in groups.items()}) if row.stands_apart
    ] == apart


def test_who_met_the_hard_questions_is_not_behind_for_that() -> None:
    """Both pass 90% of the easy and 50% of the hard, but one met mostly the hard: 58% against 82%, and no gap."""
    found = compare({"sw": [people(18, 20), people(40, 80)], "ar": [people(72, 80), people(10, 20)]})
    assert [round(row.share or 0.0, 6) for row in found] == [0.7, 0.7]
    assert [round(row.gap or 0.0, 9) for row in found] == [0.0, 0.0]
    assert not any(row.stands_apart for row in found)
    bare = compare({"sw": [people(58, 100)], "ar": [people(82, 100)]})
    assert [round(row.gap or 0.0, 2) for row in bare] == [0.24, -0.24] and all(row.stands_apart for row in bare)


def test_the_gap_is_that_of_mantel_and_haenszel_with_satos_variance() -> None:
    # Weights 20 * 80 / 100 = 16 twice: (16 * (.9 - .8) + 16 * (.5 - .25)) / 32 = .175
    # P = (400 * 64 - 6400 * 18 + 1600 * 60 / 2) / 1e4 + (6400 * 5 - 400 * 40 - 1600 * 60 / 2) / 1e4 = -4.16 - 3.2
    # Q = (18 * 16 + 64 * 2) / 200 + (40 * 15 + 5 * 40) / 200 = 2.08 + 4; variance (.175 * -7.36 + 6.08) / 1024
    found = difference([people(18, 20), people(40, 80)], [people(64, 80), people(5, 20)])
    assert found is not None
    gap, interval = found
    assert gap == pytest.approx(0.175)
    assert (interval.upper - interval.lower) / 2 == pytest.approx(1.959964 * (4.792 / 1024) ** 0.5)
    assert difference([people(1, 2), people(0, 0)], [people(0, 0), people(1, 2)]) is None


def test_nothing_is_told_of_fewer_than_ten_people_nor_taken_for_certain_where_it_always_happened() -> None:
    few, enough = compare({"ar": [people(9, 9)], "sw": [people(20, 20)]})
    assert (few.share, few.people, few.n, few.gap) == (None, None, None, None)
    assert (enough.share, enough.people, enough.gap) == (1.0, 20, None), "there are not enough others"
    share, interval = standardised([people(20, 20), people(20, 20)], [50, 50])
    assert share == 1.0 and interval.lower < 0.95 and interval.upper == 1.0
    gap = difference([people(20, 20)], [people(20, 20)])
    assert gap is not None and gap[0] == 0.0 and gap[1].lower < -0.1 < 0.1 < gap[1].upper
    one = compare({"sw": [Cell(2, 400, 3)], "ar": [Cell(3, 400, 30)]})
    assert [row.share is None for row in one] == [False, True], "answers of three people are three people's"


def test_who_earns_less_than_half_of_all_is_under_the_middle() -> None:
    assert under_the_middle({"a": 2.0, "b": 3.0, "c": 9.0}) == {"a": True, "b": False, "c": False}
    assert under_the_middle({"a": 2.0, "b": 2.0}) == {"a": False, "b": False}
    assert under_the_middle({}) == {}
