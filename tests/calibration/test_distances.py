"""Distances between structured labels: numbers worked out by hand, plain versions, and what every distance keeps."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from calibration.inference.distances import (
    best_matching,
    box_distance,
    box_overlaps,
    dice,
    edits,
    error_rate,
    ranking_distance,
    ranks,
    sequence_distance,
    span_distance,
    tau_b,
)
from labeling.tasktypes.span_matching import Span
from tests.calibration.oracles import plain_edits

words = st.lists(st.sampled_from("abcd"), max_size=70)
corner = st.integers(0, 20)
boxes = st.lists(st.tuples(corner, corner, st.integers(1, 9), st.integers(1, 9)), max_size=5).map(
    lambda several: [(x, y, x + width, y + height) for x, y, width, height in several]
)
spans = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.sampled_from("PQ")), max_size=5).map(
    lambda several: sorted({Span(start, start + length, label) for start, length, label in several})
)
rankings = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), max_size=6)


def test_a_missing_word_of_six_is_an_error_rate_of_a_sixth() -> None:
    key, heard = ["the", "cat", "sat", "on", "the", "mat"], ["the", "cat", "sat", "on", "mat"]
    assert error_rate(key, heard) == pytest.approx(1 / 6)
    assert sequence_distance(key, heard) == pytest.approx((1 / 6 + 1 / 5) / 2)


def test_an_error_rate_may_exceed_one_and_a_distance_may_not() -> None:
    assert error_rate(["yes"], ["no", "not", "at", "all"]) == 4.0
    assert sequence_distance(["yes"], ["no", "not", "at", "all"]) == 1.0
    assert error_rate([], []) == sequence_distance([], []) == 0.0
    assert error_rate([], ["word"]) == sequence_distance([], ["word"]) == sequence_distance(["word"], []) == 1.0


@given(words, words)
def test_edits_equal_the_whole_table(one: list[str], other: list[str]) -> None:
    assert edits(one, other) == plain_edits(one, other)


def test_the_largest_overlap_first_is_not_the_best_matching() -> None:
    # Going row by row and down the first column would not find .70 and .54, which are 1.24 together.
    assert best_matching(np.array([[0.25, 0.0, 0.70], [0.54, 0.0, 0.0]])) == [(0, 2, 0.70), (1, 0, 0.54)]
    # Greedy takes .7 and is left with nothing; .6 and .5 are more.
    assert best_matching(np.array([[0.7, 0.6], [0.5, 0.0]])) == [(0, 1, 0.6), (1, 0, 0.5)]
    assert best_matching(np.array([[0.7, 0.6], [0.5, 0.0]]), 0.65) == [(0, 0, 0.7)]


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=3))
def test_no_matching_is_better_than_the_best(table: list[list[int]]) -> None:
    best = sum(shared for _row, _column, shared in best_matching(np.array(table, dtype=float)))
    assert best == max(
        sum(row[column] for row, column in zip(table, order, strict=False)) for order in permutations(range(3))
    )


def test_two_squares_that_share_a_quarter_overlap_by_a_seventh() -> None:
    overlap = box_overlaps([(0, 0, 2, 2)], [(1, 1, 3, 3)])[0, 0]
    assert overlap == pytest.approx(1 / 7)
    assert dice(overlap) == pytest.approx(2 * 1 / (4 + 4))
    assert overlap == pytest.approx(dice(overlap) / (2 - dice(overlap)))


def test_boxes_of_different_classes_do_not_overlap() -> None:
    assert box_overlaps([(0, 0, 2, 2, "cat")], [(0, 0, 2, 2, "dog"), (0, 0, 2, 2, "cat")]).tolist() == [[0.0, 1.0]]
    assert box_overlaps([(5, 5, 5, 5)], [(5, 5, 5, 5)]).tolist() == [[0.0]]  # without area there is nothing to share


def test_box_distance_counts_matched_overlap_against_all_boxes() -> None:
    # One pair at 8/10, one box too many: 1 - 2 * .8 / 3.
    assert box_distance([(0, 0, 10, 10)], [(0, 0, 8, 10), (50, 50, 60, 60)]) == pytest.approx(1 - 1.6 / 3)
    assert box_distance([(0, 0, 2, 2)], [(1, 1, 3, 3)]) == 1.0  # too little in common to mean the same
    assert box_distance([], []) == 0.0
    assert box_distance([], [(0, 0, 1, 1)]) == 1.0


def test_two_swaps_of_neighbours_among_five_are_a_tau_of_six_tenths() -> None:
    one, other = dict(zip("abcde", [1, 2, 3, 4, 5], strict=True)), dict(zip("abcde", [2, 1, 4, 3, 5], strict=True))
    assert tau_b(one, other) == pytest.approx(0.6)
    assert ranking_distance(one, other) == pytest.approx(0.2)


def test_rankings_are_read_as_ranks_or_as_order() -> None:
    assert ranks(["b", ["a", "c"], "d"]) == {"b": 0.0, "a": 1.0, "c": 1.0, "d": 2.0}
    assert ranks({"a": 2, "b": 1}) == {"a": 2.0, "b": 1.0}
    with pytest.raises(ValueError, match="once"):
        ranks(["a", "b", "a"])
    with pytest.raises(ValueError, match="finite"):
        ranks({"a": math.nan})


def test_rankings_that_tau_cannot_compare_are_the_same_or_half_way() -> None:
    assert ranking_distance({"a": 1, "b": 1}, {"a": 3, "b": 3}) == 0.0
    assert ranking_distance({"a": 1, "b": 1}, {"a": 1, "b": 2}) == 0.5
    assert ranking_distance({"a": 1}, {"b": 1}) == 0.5


@given(rankings, rankings)
def test_tau_equals_the_library(one: dict[str, int], other: dict[str, int]) -> None:
    common = sorted(one.keys() & other.keys())
    first, second = [one[item] for item in common], [other[item] for item in common]
    expected = kendalltau(first, second).statistic if len(common) > 1 else math.nan
    found = tau_b(one, other)
    assert found == pytest.approx(expected) or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize(
    ("distance", "labels"),
    [(sequence_distance, words), (box_distance, boxes), (span_distance, spans), (ranking_distance, rankings)],
    ids=["transcripts", "boxes", "spans", "rankings"],
)
@given(st.data())
def test_every_distance_is_symmetric_within_one_and_zero_to_itself(distance: Any, labels: Any, data: Any) -> None:
    one, other = data.draw(labels), data.draw(labels)
    assert 0.0 <= distance(one, other) <= 1.0
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert distance(one, one) == pytest.approx(0.0)
