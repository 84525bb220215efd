"""Text spans: worked examples of distance, checks and fusion."""

import pytest

from labeling.tasktypes import registry
from labeling.tasktypes.span_matching import Span, match
from labeling.tasktypes.spans import SpansAnswer
from labeling.values import Consensus, InvalidAnswer, Ontology, Weighted
from tests.labeling.schemas import NAMES, ontology

SPANS = registry.get("spans")
FLAT = ontology("spans", "PER", "LOC", nested=False, overlapping=False)


def marked(*spans: tuple[int, int] | tuple[int, int, str]) -> SpansAnswer:
    return SpansAnswer(tuple(sorted(Span(span[0], span[1], span[2] if len(span) > 2 else "PER") for span in spans)))


def fused(*answers: SpansAnswer, weights: tuple[float, ...] = (), schema: Ontology = NAMES) -> Consensus:
    counted = weights or (1.0,) * len(answers)
    consensus = SPANS.aggregate([Weighted(*pair) for pair in zip(answers, counted, strict=True)], schema)
    assert consensus is not None
    return consensus


@pytest.mark.parametrize(
    ("one", "other", "distance", "is_right"),
    [
        (marked(), marked(), 0, True),
        (marked((0, 10)), marked(), 1, False),
        (marked((0, 10)), marked((0, 8)), 0.2, True),  # overlap 8/10
        (marked((0, 10)), marked((0, 7)), 0.3, False),
        (marked((0, 10)), marked((0, 10, "LOC")), 1, False),
        (marked((0, 10), (20, 30)), marked((0, 10)), 1 / 3, False),  # 2 * 1 / 3 agree
        (marked((0, 10)), marked((10, 20)), 1, False),
    ],
)
def test_the_distance_is_one_minus_soft_f1(
    one: SpansAnswer, other: SpansAnswer, distance: float, is_right: bool
) -> None:
    assert SPANS.distance(one, other) == pytest.approx(distance)
    assert SPANS.counts_as_right(SPANS.distance(one, other)) is is_right


def test_nested_spans_are_matched_for_the_greatest_sum_and_not_greedily() -> None:
    # Greedy pairs (0,10)-(0,9) first: 9/10 + 5/12 = 1.317; the best matching gives 10/12 + 5/9 = 25/18.
    ones, others = marked((0, 10), (0, 5)).spans, marked((0, 9), (0, 12)).spans
    assert [(row, column) for row, column, _shared in match(ones, others)] == [(0, 0), (1, 1)]
    assert SPANS.distance(SpansAnswer(ones), SpansAnswer(others)) == pytest.approx(1 - 25 / 36)


def test_boundaries_are_weighted_medians() -> None:
    answers = marked((0, 10)), marked((0, 11)), marked((0, 12))
    assert fused(*answers).label == marked((0, 11))
    assert fused(*answers, weights=(1, 1, 3)).label == marked((0, 12))
    assert fused(*answers).parts == (1.0,)


def test_a_span_that_less_than_half_marked_is_dropped() -> None:
    consensus = fused(marked((0, 5)), marked(), marked())
    assert consensus.label == marked()
    assert consensus.support == pytest.approx(2 / 3)
    assert not consensus.is_tied


def test_a_span_that_just_half_marked_is_kept_and_tied() -> None:
    consensus = fused(marked((0, 5)), marked((0, 5)), marked(), marked())
    assert consensus.label == marked((0, 5))
    assert consensus.parts == (0.5,)
    assert consensus.is_tied


def test_an_inner_span_is_not_swallowed_by_the_outer_one() -> None:
    consensus = fused(marked((0, 20), (0, 12)), marked((0, 20)), marked((0, 12)))
    assert consensus.label == marked((0, 20), (0, 12))
    assert consensus.parts == pytest.approx((2 / 3, 2 / 3))


def test_nested_spans_with_loose_boundaries_stay_two() -> None:
    consensus = fused(marked((0, 20), (3, 12)), marked((0, 21), (3, 13)), marked((1, 22), (4, 14)))
    assert consensus.label == marked((0, 21), (3, 13))
    assert consensus.parts == (1.0, 1.0)


def test_a_dispute_about_a_boundary_leaves_one_span() -> None:
    consensus = fused(marked((0, 10)), marked((0, 10)), marked((0, 11)), marked((0, 11)))
    assert consensus.label == marked((0, 10))
    assert consensus.parts == (1.0,)


def test_spans_that_cannot_stand_together_leave_the_better_supported_one() -> None:
    consensus = fused(marked((0, 8)), marked((4, 12, "LOC")), weights=(1, 1), schema=FLAT)
    assert consensus.label == marked((0, 8))
    heavier = fused(marked((0, 8)), marked((4, 12, "LOC")), marked((0, 8), (20, 24)), schema=FLAT)
    assert heavier.label == marked((0, 8))


def test_offsets_count_code_points() -> None:
    content = SPANS.parse_content({"text": "😀 Ana"})
    payload = {"spans": [{"start": 2, "end": 5, "label": "PER"}]}
    assert SPANS.parse(payload, NAMES, content) == marked((2, 5))


@pytest.mark.parametrize(
    ("spans", "schema", "path", "code"),
    [
        ([{"start": 2, "end": 6, "label": "PER"}], NAMES, "spans[0].end", "out_of_range"),
        ([{"start": -1, "end": 1, "label": "PER"}], NAMES, "spans[0].start", "out_of_range"),
        ([{"start": 3, "end": 3, "label": "PER"}], NAMES, "spans[0].end", "empty_span"),
        ([{"start": 1, "end": 2, "label": "PER"}], NAMES, "spans[0]", "blank_span"),
        ([{"start": 0, "end": 1, "label": "ORG"}], NAMES, "spans[0].label", "unknown_class"),
        ([{"start": 0, "end": 1.5, "label": "PER"}], NAMES, "spans[0].end", "not_a_whole_number"),
        ([{"start": 0, "end": 1, "label": "PER"}] * 2, NAMES, "spans[1]", "duplicate"),
        (
            [{"start": 2, "end": 4, "label": "PER"}, {"start": 2, "end": 5, "label": "LOC"}],
            FLAT,
            "spans[0]",
            "nested",
        ),
        (
            [{"start": 0, "end": 4, "label": "PER"}, {"start": 3, "end": 5, "label": "LOC"}],
            FLAT,
            "spans[1]",
            "overlapping",
        ),
        ("all", NAMES, "spans", "not_a_list"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(spans: object, schema: Ontology, path: str, code: str) -> None:
    content = SPANS.parse_content({"text": "😀 Ana"})
    with pytest.raises(InvalidAnswer) as caught:
        SPANS.parse({"spans": spans}, schema, content)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(path, code)]


def test_touching_spans_do_not_clash() -> None:
    assert SPANS.misfits(marked((0, 4), (4, 8, "LOC")), FLAT) == ()


def test_a_label_cell_lists_spans() -> None:
    expected = {"spans": [{"start": 0, "end": 4, "label": "PER"}, {"start": 10, "end": 15, "label": "LOC"}]}
    assert SPANS.from_label("0:4:PER; 10-15:loc", NAMES) == expected
    assert SPANS.from_label('[{"start": 0, "end": 4, "label": "PER"}]', NAMES) == {"spans": expected["spans"][:1]}
    assert SPANS.from_label("none", NAMES) == {"spans": []}
    with pytest.raises(InvalidAnswer):
        SPANS.from_label("0:4", NAMES)


def test_the_editors_field_holds_json() -> None:
    assert SPANS.from_form({"spans": '[{"start":0,"end":1,"label":"PER"}]'})["spans"][0]["label"] == "PER"
    with pytest.raises(InvalidAnswer):
        SPANS.from_form({"spans": "[{"})


def test_an_empty_field_is_no_answer_and_an_empty_list_is_one() -> None:
    content = SPANS.parse_content({"text": "Amina"})
    assert SPANS.parse(SPANS.from_form({"spans": "[]"}), NAMES, content).spans == ()
    for form in ({}, {"spans": " \n"}):
        with pytest.raises(InvalidAnswer):
            SPANS.parse(SPANS.from_form(form), NAMES, content)


def test_many_people_with_many_spans_are_fused_in_time() -> None:
    wide = ontology("spans", "PER", max_spans=1000)
    answers = [marked(*((40 * k + person, 40 * k + 30 + person) for k in range(500))) for person in range(5)]
    consensus = fused(*answers, schema=wide)
    assert consensus.label == marked(*((40 * k + 2, 40 * k + 32) for k in range(500)))
