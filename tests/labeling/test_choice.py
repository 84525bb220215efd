"""Single choice: worked examples."""

import pytest

from i18n import render
from labeling.tasktypes import registry
from labeling.tasktypes.choice import ChoiceAnswer
from labeling.values import InvalidAnswer, InvalidContent, Weighted
from tests.labeling.schemas import MOOD

CHOICE = registry.get("choice")
CONTENT = CHOICE.parse_content({"text": "Habari ya asubuhi"})


def test_a_vote_counts_weights_and_spreads_one_prior_answer() -> None:
    answers = [
        Weighted(ChoiceAnswer("good"), 1.0),
        Weighted(ChoiceAnswer("bad"), 0.5),
        Weighted(ChoiceAnswer("good"), 0.5),
    ]
    consensus = CHOICE.aggregate(answers, MOOD)
    assert consensus.label == ChoiceAnswer("good")
    assert consensus.support == 0.75
    # (1.5 + 1/3) / 3, (0.5 + 1/3) / 3, (0 + 1/3) / 3
    assert consensus.posterior == pytest.approx({"good": 11 / 18, "bad": 5 / 18, "mixed": 2 / 18})
    assert not consensus.is_tied


def test_equal_weights_are_marked_as_tied() -> None:
    consensus = CHOICE.aggregate([Weighted(ChoiceAnswer("good")), Weighted(ChoiceAnswer("bad"))], MOOD)
    assert consensus.is_tied
    assert consensus.support == 0.5


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        CHOICE.aggregate([Weighted(ChoiceAnswer("good"), weight)], MOOD)


def test_guessing_among_three_classes_is_two_thirds_apart() -> None:
    assert CHOICE.chance_distance(MOOD) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("payload", "path", "code"),
    [
        ({}, "choice", "missing"),
        ({"choice": "ugly"}, "choice", "unknown_class"),
        ({"choice": 1}, "choice", "not_text"),
        ({"choice": "good", "sure": True}, "sure", "unknown_field"),
        ("good", "", "not_an_object"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(payload: object, path: str, code: str) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        CHOICE.parse(payload, MOOD, CONTENT)
    assert (path, code) in [(problem.path, problem.code) for problem in caught.value.problems]
    assert path in caught.value.fields


@pytest.mark.parametrize("label", ["good", " GOOD ", "Good"])
def test_a_label_cell_may_hold_the_id_or_the_name(label: str) -> None:
    assert CHOICE.from_label(label, MOOD) == {"choice": "good"}


def test_a_label_that_no_class_has_is_refused() -> None:
    with pytest.raises(InvalidAnswer) as caught:
        CHOICE.from_label("fine", MOOD)
    assert caught.value.problems[0].code == "unknown_class"


def test_an_empty_form_leaves_the_choice_out() -> None:
    assert CHOICE.from_form({}) == {}
    assert CHOICE.from_form({"choice": "bad", "csrf_token": "x"}) == {"choice": "bad"}


def test_a_class_is_described_in_the_nearest_language() -> None:
    assert render(CHOICE.describe(ChoiceAnswer("bad"), MOOD, "sw-KE")) == "Bad"


@pytest.mark.parametrize("text", ["", "   ", None, 7, "a\0b", "a\ud800b", "x" * 100_001])
def test_content_that_cannot_be_shown_is_refused(text: object) -> None:
    with pytest.raises(InvalidContent):
        CHOICE.parse_content({"text": text})
