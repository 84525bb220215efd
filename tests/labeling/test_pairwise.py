"""Pairwise preference: worked examples."""

from collections.abc import Mapping

import pytest

from i18n import render
from labeling.tasktypes import registry
from labeling.tasktypes.pairwise import PairwiseAnswer
from labeling.values import InvalidAnswer, Ontology, Weighted
from tests.labeling.schemas import BETTER, ontology

PAIRWISE = registry.get("pairwise")
CONTENT = PAIRWISE.parse_content({"a": "One", "b": "Two"})
PLAIN = ontology("pairwise")
NO_TIE = ontology("pairwise", allow_tie=False)


@pytest.mark.parametrize(
    ("one", "other", "distance", "is_right"),
    [
        (("a", None), ("a", None), 0, True),
        (("a", None), ("b", None), 1, False),
        (("a", None), ("tie", None), 0.5, False),
        (("a", 2), ("a", 3), 0.075, True),
        (("a", 1), ("a", 3), 0.15, True),
        (("b", 1), ("b", 5), 0.15, True),
        (("a", 1), ("b", 1), 1, False),
    ],
)
def test_the_side_weighs_more_than_the_strength(
    one: tuple[str, int | None], other: tuple[str, int | None], distance: float, is_right: bool
) -> None:
    found = PAIRWISE.distance(PairwiseAnswer(*one), PairwiseAnswer(*other))
    assert found == pytest.approx(distance)
    assert PAIRWISE.counts_as_right(found) is is_right


def test_the_strength_is_the_median_of_those_who_share_the_side() -> None:
    answers = [PairwiseAnswer("a", 1), PairwiseAnswer("a", 3), PairwiseAnswer("a", 3), PairwiseAnswer("b", 1)]
    consensus = PAIRWISE.aggregate([Weighted(answer) for answer in answers], BETTER)
    assert consensus.label == PairwiseAnswer("a", 3)
    assert consensus.support == 0.75
    assert consensus.posterior == pytest.approx({"a": 10 / 15, "b": 4 / 15, "tie": 1 / 15})


def test_chance_depends_on_whether_a_tie_is_possible() -> None:
    assert PAIRWISE.chance_distance(PLAIN) == pytest.approx(4 / 9)
    assert PAIRWISE.chance_distance(NO_TIE) == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("payload", "schema", "path", "code"),
    [
        ({"preference": "c"}, PLAIN, "preference", "unknown_preference"),
        ({"preference": "tie"}, NO_TIE, "preference", "unknown_preference"),
        ({"preference": "a", "strength": 1}, PLAIN, "strength", "no_strength"),
        ({"preference": "tie", "strength": 1}, BETTER, "strength", "no_strength"),
        ({"preference": "a"}, BETTER, "strength", "missing"),
        ({"preference": "a", "strength": 4}, BETTER, "strength", "out_of_range"),
        ({"preference": "a", "strength": True}, BETTER, "strength", "not_a_whole_number"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(payload: object, schema: Ontology, path: str, code: str) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        PAIRWISE.parse(payload, schema, CONTENT)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(path, code)]


@pytest.mark.parametrize(
    ("form", "payload"),
    [
        ({"preference": "a:2"}, {"preference": "a", "strength": 2}),
        ({"preference": "b", "strength": "3"}, {"preference": "b", "strength": 3}),
        ({"preference": "tie", "strength": "3"}, {"preference": "tie"}),
        ({"preference": "a", "strength": "much"}, {"preference": "a", "strength": "much"}),
        ({}, {}),
    ],
)
def test_a_form_says_side_and_strength_in_one_field_or_two(form: Mapping[str, str], payload: object) -> None:
    assert PAIRWISE.from_form(form) == payload


def test_a_label_cell_may_carry_a_strength() -> None:
    assert PAIRWISE.from_label(" A:2 ", BETTER) == {"preference": "a", "strength": 2}
    assert PAIRWISE.from_label("Tie", BETTER) == {"preference": "tie"}
    with pytest.raises(InvalidAnswer):
        PAIRWISE.from_label("left", BETTER)


def test_an_answer_is_put_into_a_sentence() -> None:
    assert render(PAIRWISE.describe(PairwiseAnswer("b", 2), BETTER, "en"), "en") == "B is better, strength 2 of 3"
    assert render(PAIRWISE.describe(PairwiseAnswer("tie"), BETTER, "en"), "en") == "Equally good or bad"
