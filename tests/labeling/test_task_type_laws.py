"""Laws that hold for every registered task type, tried on generated answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.tasktypes import registry
from labeling.values import InvalidAnswer, Ontology, Weighted
from tests.labeling.schemas import BETTER, MOOD, NAMES, ontology
from tests.support import scale

TEXT = "Amina Otieno of Nairobi met Señor Gómez 😀 in São Paulo."


def _choices(draw: st.DrawFn) -> tuple[Ontology, dict[str, Any], Callable[[], dict[str, Any]]]:
    return MOOD, {"text": TEXT}, lambda: {"choice": draw(st.sampled_from(MOOD.class_ids))}


def _preferences(draw: st.DrawFn) -> tuple[Ontology, dict[str, Any], Callable[[], dict[str, Any]]]:
    schema = draw(st.sampled_from([BETTER, ontology("pairwise", allow_tie=False), ontology("pairwise")]))
    steps = schema.options["strength_steps"]

    def answer() -> dict[str, Any]:
        side = draw(st.sampled_from(registry.get("pairwise").categories(schema) or ()))
        has_strength = steps and side != "tie"
        return {"preference": side, **({"strength": draw(st.integers(1, steps))} if has_strength else {})}

    return schema, {"prompt": "Which?", "a": "One", "b": "Two"}, answer


def _markings(draw: st.DrawFn) -> tuple[Ontology, dict[str, Any], Callable[[], dict[str, Any]]]:
    free = ontology("spans", "PER", "LOC", nested=True, overlapping=True)
    flat = ontology("spans", "PER", "LOC", nested=False, overlapping=False, max_spans=3)
    schema = draw(st.sampled_from([free, flat, NAMES]))
    edges = st.tuples(st.integers(0, 30), st.integers(1, 25), st.sampled_from(["PER", "LOC"]))

    def answer() -> dict[str, Any]:
        chosen: list[dict[str, Any]] = []
        for start, length, label in draw(st.lists(edges, max_size=5)):
            candidate = [*chosen, {"start": start, "end": start + length, "label": label}]
            if _is_valid("spans", {"spans": candidate}, schema, {"text": TEXT}):
                chosen = candidate
        return {"spans": chosen}

    return schema, {"text": TEXT}, answer


def _is_valid(name: str, payload: dict[str, Any], schema: Ontology, content: dict[str, Any]) -> bool:
    task_type = registry.get(name)
    try:
        task_type.parse(payload, schema, task_type.parse_content(content))
    except InvalidAnswer:
        return False
    return True


CASES = {"choice": _choices, "pairwise": _preferences, "spans": _markings}


@st.composite
def worlds(draw: st.DrawFn, name: str, most: int = 5) -> tuple[Any, Ontology, Any, list[Any]]:
    """A task type, an ontology of it, a content, and one to `most` answers."""
    task_type = registry.get(name)
    schema, content_json, answer = CASES[name](draw)
    content = task_type.parse_content(content_json)
    count = draw(st.integers(1, most))
    return task_type, schema, content, [task_type.parse(answer(), schema, content) for _turn in range(count)]


every_type = pytest.mark.parametrize("name", registry.names())
few = settings(max_examples=scale(25, 200), deadline=None)
weights = st.floats(0.01, 10, allow_nan=False)


def test_every_registered_type_is_under_these_laws() -> None:
    assert tuple(sorted(CASES)) == registry.names()


@every_type
@few
@given(data=st.data())
def test_a_canonical_answer_parses_to_the_same_answer(name: str, data: st.DataObject) -> None:
    task_type, schema, content, answers = data.draw(worlds(name, most=1))
    stored = json.loads(json.dumps(task_type.canonical(answers[0])))
    assert task_type.parse(stored, schema, content) == answers[0]
    assert task_type.misfits(answers[0], schema) == ()


@every_type
@few
@given(data=st.data())
def test_a_content_reads_back_to_itself(name: str, data: st.DataObject) -> None:
    task_type, _schema, content, _answers = data.draw(worlds(name, most=1))
    assert task_type.parse_content(task_type.content_json(content)) == content
    assert set(task_type.content_json(content)) <= set(task_type.content_fields)


@every_type
@few
@given(data=st.data())
def test_distance_is_symmetric_within_range_and_zero_to_itself(name: str, data: st.DataObject) -> None:
    task_type, _schema, _content, answers = data.draw(worlds(name))
    one, other = answers[0], answers[-1]
    assert task_type.distance(one, one) == 0
    assert task_type.distance(one, other) == task_type.distance(other, one)
    assert 0 <= task_type.distance(one, other) <= 1
    assert (task_type.distance(one, other) == 0) == (one == other)


@every_type
@few
@given(data=st.data())
def test_a_right_answer_counts_as_right_and_an_opposite_one_does_not(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, _answers = data.draw(worlds(name, most=1))
    assert task_type.counts_as_right(0.0)
    assert not task_type.counts_as_right(1.0)
    assert 0 < task_type.chance_distance(schema) <= 1


@every_type
@few
@given(data=st.data())
def test_equal_answers_aggregate_to_themselves(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, answers = data.draw(worlds(name, most=1))
    several = [Weighted(answers[0], weight) for weight in data.draw(st.lists(weights, min_size=1, max_size=5))]
    consensus = task_type.aggregate(several, schema)
    assert consensus.label == answers[0]
    assert consensus.support == pytest.approx(1)
    assert not consensus.is_tied
    assert all(part == pytest.approx(1) for part in consensus.parts)


@every_type
@few
@given(data=st.data())
def test_the_order_of_answers_does_not_matter(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, answers = data.draw(worlds(name))
    weighted = [Weighted(answer, data.draw(weights)) for answer in answers]
    shuffled = data.draw(st.permutations(weighted))
    assert task_type.aggregate(shuffled, schema) == task_type.aggregate(weighted, schema)


@every_type
@few
@given(data=st.data())
def test_an_answer_of_no_weight_changes_nothing(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, answers = data.draw(worlds(name))
    counted = [Weighted(answer, data.draw(weights)) for answer in answers[1:]]
    assert task_type.aggregate([*counted, Weighted(answers[0], 0.0)], schema) == task_type.aggregate(counted, schema)


@every_type
@few
@given(data=st.data())
def test_a_consensus_is_itself_a_valid_answer(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, answers = data.draw(worlds(name))
    consensus = task_type.aggregate([Weighted(answer, data.draw(weights)) for answer in answers], schema)
    assert task_type.misfits(consensus.label, schema) == ()
    assert 0 <= consensus.support <= 1
    assert all(0.5 - 1e-9 <= part <= 1 for part in consensus.parts)


@every_type
@few
@given(data=st.data())
def test_categories_are_a_closed_set_with_a_posterior_that_sums_to_one(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, answers = data.draw(worlds(name))
    categories = task_type.categories(schema)
    consensus = task_type.aggregate([Weighted(answer) for answer in answers], schema)
    if categories is None:
        assert consensus.posterior is None
        assert task_type.category(answers[0]) is None
        return
    assert {task_type.category(answer) for answer in answers} <= set(categories)
    assert set(consensus.posterior) == set(categories)
    assert sum(consensus.posterior.values()) == pytest.approx(1)
    assert consensus.posterior[task_type.category(consensus.label)] == max(consensus.posterior.values())


@every_type
@few
@given(data=st.data())
def test_every_answer_can_be_put_into_words(name: str, data: st.DataObject) -> None:
    task_type, schema, _content, answers = data.draw(worlds(name, most=1))
    assert str(task_type.describe(answers[0], schema, "en"))


@every_type
def test_nothing_with_weight_gives_no_consensus(name: str) -> None:
    schema = {"choice": MOOD, "pairwise": BETTER, "spans": NAMES}[name]
    assert registry.get(name).aggregate([], schema) is None


@every_type
@few
@given(
    payload=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["choice", "preference", "strength", "spans", "start", "end", "label", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_no_payload_breaks_the_parser(name: str, payload: Any) -> None:
    content = {"choice": {"text": TEXT}, "pairwise": {"a": "1", "b": "2"}, "spans": {"text": TEXT}}[name]
    schema = {"choice": MOOD, "pairwise": BETTER, "spans": NAMES}[name]
    task_type = registry.get(name)
    try:
        task_type.parse(payload, schema, task_type.parse_content(content))
    except InvalidAnswer as error:
        assert error.problems
