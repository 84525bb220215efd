"""Rankings: majorities, ties and gaps worked out by hand, and the best of all orders by trying them."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.inference import Rankings
from tests.support import scale

orders = st.lists(st.permutations("abcd"), min_size=1, max_size=7)


def ranked(*labels: Any) -> pd.DataFrame:
    return pd.DataFrame([("t", f"w{n}", label) for n, label in enumerate(labels)], columns=["task", "worker", "label"])


def fused(*labels: Any) -> Any:
    return Rankings(max_iterations=1).fit_predict(ranked(*labels))["t"]


def contradictions(order: Any, labels: list[Any]) -> int:
    places = [{thing: place for place, thing in enumerate(label)} for label in labels]
    return sum(place[one] > place[other] for one, other in combinations(order, 2) for place in places)


def test_the_majority_order_beats_the_sum_of_ranks() -> None:
    # Three put a first, two put it last: sums of ranks 9, 8 and 13 would have b in front.
    assert fused(["a", "b", "c"], ["a", "b", "c"], ["a", "b", "c"], ["b", "c", "a"], ["b", "c", "a"]) == ("a", "b", "c")


def test_ties_and_ranks_are_read_and_the_rest_decides() -> None:
    assert fused([["a", "b"], "c"], {"b": 1, "a": 2, "c": 3}) == ("b", "a", "c")


def test_rankings_of_parts_are_put_together() -> None:
    assert fused(["a", "b"], ["b", "c"], ["c", "d"]) == ("a", "b", "c", "d")


def test_equals_are_ordered_by_hash_whatever_they_are_called() -> None:
    answers = [fused([list(names)]) for names in ("abcdef", "fedcba")]
    assert answers[0] == answers[1] != tuple("abcdef")


def test_confidence_and_skill_come_from_tau() -> None:
    found = Rankings().fit(ranked([*"abcde"], [*"abcde"], [*"badce"]))
    # Two neighbours swapped twice among five: tau .6, a distance of .2.
    assert found.skills_.tolist() == pytest.approx([5 / 6, 5 / 6, 4.8 / 6])


@settings(max_examples=scale(80, 400))
@given(orders)
def test_no_move_of_one_thing_makes_an_order_better(labels: list[Any]) -> None:
    answer = fused(*labels)
    assert sorted(answer) == [*"abcd"]
    reached = contradictions(answer, labels)
    for thing in answer:
        rest = [other for other in answer if other != thing]
        moved = [[*rest[:place], thing, *rest[place:]] for place in range(4)]
        assert reached <= min(contradictions(order, labels) for order in moved)


@settings(max_examples=scale(80, 400))
@given(orders)
def test_where_majorities_form_no_cycle_the_order_is_the_best_of_all(labels: list[Any]) -> None:
    if len(labels) % 2 == 0:
        labels = labels[:-1] or labels * 3
    best = min(permutations("abcd"), key=lambda order: contradictions(order, labels))
    is_majority = all(contradictions(pair, labels) < len(labels) / 2 for pair in combinations(best, 2))
    if is_majority:
        assert fused(*labels) == best
