"""Boxes: clusters, sides and classes worked out by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.inference import Boxes
from tests.support import scale

side = st.integers(0, 30)
sets = st.lists(
    st.lists(
        st.tuples(side, side, st.integers(5, 20), st.integers(5, 20), st.sampled_from(["x", "y"])), max_size=4
    ).map(lambda several: [(left, top, left + wide, top + high, name) for left, top, wide, high, name in several]),
    min_size=1,
    max_size=4,
)


def drawn(*labels: Any) -> pd.DataFrame:
    return pd.DataFrame([("t", f"w{n}", label) for n, label in enumerate(labels)], columns=["task", "worker", "label"])


def test_sides_are_medians_and_what_few_drew_is_dropped() -> None:
    labels = [[(0, 0, 10, 10), (50, 50, 60, 60)], [(1, 0, 11, 10)], [(0, 1, 10, 14)]]
    found = Boxes(max_iterations=1)
    assert found.fit_predict(drawn(*labels))["t"] == ((0.0, 0.0, 10.0, 10.0),)


def test_between_two_people_a_side_lies_in_the_middle_and_half_is_enough() -> None:
    labels = [[(0, 0, 10, 10)], [(2, 0, 12, 10), (50, 50, 60, 60)]]
    answer = Boxes(max_iterations=1).fit_predict(drawn(*labels))["t"]
    assert answer == ((1.0, 0.0, 11.0, 10.0), (50.0, 50.0, 60.0, 60.0))


def test_two_things_close_together_stay_two() -> None:
    # Each box of the second person overlaps both of the first's; only the matching as a whole pairs them rightly.
    first, second = [(0, 0, 10, 10), (4, 0, 14, 10)], [(3, 0, 13, 10), (7, 0, 17, 10)]
    answer = Boxes(max_iterations=1).fit_predict(drawn(first, second, first))["t"]
    assert answer == ((0.0, 0.0, 10.0, 10.0), (4.0, 0.0, 14.0, 10.0))


def test_boxes_of_different_classes_are_never_one() -> None:
    labels = [[(0, 0, 10, 10, "cat")], [(0, 0, 10, 10, "dog")], [(0, 0, 10, 10, "cat")]]
    assert Boxes().fit_predict(drawn(*labels))["t"] == ((0.0, 0.0, 10.0, 10.0, "cat"),)


def test_where_most_see_nothing_there_is_nothing() -> None:
    found = Boxes()
    assert found.fit_predict(drawn([], [], [(0, 0, 5, 5)]))["t"] == ()
    assert found.skills_.tolist() == pytest.approx([5 / 6, 5 / 6, 4 / 6])


def test_a_box_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="in this order"):
        Boxes().fit(drawn([(10, 0, 0, 10)]))
    with pytest.raises(ValueError, match="in this order"):
        Boxes().fit(drawn([(0, 0, float("nan"), 10)]))


@settings(max_examples=scale(60, 300))
@given(sets)
def test_any_boxes_give_boxes_that_lie_within_what_was_drawn(labels: list[Any]) -> None:
    answer = Boxes().fit_predict(drawn(*labels))["t"]
    every = [box for boxes in labels for box in boxes]
    for left, top, right, bottom, name in answer:
        assert left <= right and top <= bottom
        same = [box for box in every if box[4] == name]
        assert min(box[0] for box in same) <= left and right <= max(box[2] for box in same)
        assert min(box[1] for box in same) <= top and bottom <= max(box[3] for box in same)
    assert len(answer) <= 2 * len(every) / len(labels) + 1e-9  # half of the people stand behind each


@settings(max_examples=scale(40, 200))
@given(sets)
def test_when_all_draw_the_same_it_is_the_answer(labels: list[Any]) -> None:
    apart = [(40 * n, 0, 40 * n + wide, 20, name) for n, (_x, _y, _r, wide, name) in enumerate(labels[0])]
    answer = Boxes().fit_predict(drawn(apart, apart, apart))["t"]
    assert answer == tuple(sorted((*map(float, box[:4]), box[4]) for box in apart))
