"""From rows to units and gold: what is accepted, and what is said about the rest."""

from typing import Any

import pytest

from labeling.files.drafts import (
    GoldDraft,
    UnitDraft,
    content_fingerprint,
    gold_columns,
    parse_gold,
    parse_unit,
    unit_columns,
)
from labeling.files.rows import FileKind, LineProblem, Row
from labeling.tasktypes import registry
from labeling.values import Classification, GoldPool
from tests.labeling.schemas import BETTER, MOOD, NAMES

CHOICE, PAIRWISE, SPANS = (registry.get(name) for name in ("choice", "pairwise", "spans"))


def unit(values: dict[str, Any], locales: tuple[str, ...] = ("sw-KE",), task_type: Any = CHOICE) -> Any:
    return parse_unit(Row(7, values), task_type, locales)


def gold(values: dict[str, Any], task_type: Any = CHOICE, ontology: Any = MOOD, **more: Any) -> Any:
    return parse_gold(Row(7, values), task_type, ontology, locales=("sw-KE",), **more)


def faults(found: Any) -> list[tuple[int, object, str]]:
    assert isinstance(found, tuple)
    assert all(isinstance(problem, LineProblem) for problem in found)
    return [(problem.line, problem.column, problem.code) for problem in found]


def test_a_unit_takes_all_its_columns() -> None:
    row = {"id": "A-1", "text": "Habari", "locale": "sw-ke", "classification": "Internal", "priority": "5"}
    content = {"text": "Habari"}
    assert unit(row) == UnitDraft(
        7, "A-1", content, "sw-KE", Classification.INTERNAL, 5, content_fingerprint({"text": "Habari"})
    )


def test_a_unit_needs_no_more_than_its_content_where_there_is_one_language() -> None:
    found = unit({"id": "", "text": "Habari", "locale": "", "classification": "", "priority": ""})
    assert (found.reference, found.locale, found.classification, found.priority) == (None, "sw-KE", None, 0)


def test_the_content_may_be_one_object() -> None:
    assert unit({"id": 12, "content": {"text": "Habari", "context": "Jambo"}}).content["context"] == "Jambo"
    assert unit({"id": 12, "content": {"text": "Habari"}}).reference == "12"
    assert faults(unit({"content": {"text": ""}})) == [(7, "content.text", "missing")]
    assert faults(unit({"content": {"text": "a"}, "text": "b"})) == [(7, "content", "twice")]


@pytest.mark.parametrize(
    ("values", "locales", "expected"),
    [
        ({"text": " "}, ("sw",), [("text", "missing")]),
        ({"text": "a\0"}, ("sw",), [("text", "bad_character")]),
        ({"text": "a"}, ("sw", "es"), [("locale", "missing")]),
        ({"text": "a", "locale": "fr"}, ("sw", "es"), [("locale", "unknown_locale")]),
        ({"text": "a", "locale": 5}, ("sw",), [("locale", "unknown_locale")]),
        ({"text": "a", "priority": "soon"}, ("sw",), [("priority", "not_a_whole_number")]),
        ({"text": "a", "priority": 101}, ("sw",), [("priority", "out_of_range")]),
        ({"text": "a", "classification": "secret"}, ("sw",), [("classification", "unknown_value")]),
        ({"text": "a", "classification": ["public"]}, ("sw",), [("classification", "unknown_value")]),
        ({"text": "a", "id": "x" * 201}, ("sw",), [("id", "too_long")]),
        ({"text": "", "locale": "fr"}, ("sw",), [("text", "missing"), ("locale", "unknown_locale")]),
    ],
)
def test_all_that_is_wrong_with_a_unit_is_named(
    values: dict[str, Any], locales: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert faults(unit(values, locales)) == [(7, *each) for each in expected]


def test_a_pair_has_two_sides_and_perhaps_a_prompt() -> None:
    found = unit({"prompt": "", "a": "One", "b": "Two"}, task_type=PAIRWISE)
    assert found.content == {"a": "One", "b": "Two"}
    assert faults(unit({"prompt": "?", "a": "One", "b": ""}, task_type=PAIRWISE)) == [(7, "b", "missing")]


def test_contents_that_read_the_same_have_one_fingerprint() -> None:
    composed, decomposed = {"text": "Café  au\tlait \n"}, {"text": "Cafe\u0301 au lait"}
    assert content_fingerprint(composed) == content_fingerprint(decomposed)
    assert content_fingerprint(composed) != content_fingerprint({"text": "café au lait"})
    assert content_fingerprint({"a": "x", "b": "y"}) != content_fingerprint({"a": "y", "b": "x"})


def test_gold_takes_a_label_with_its_reason_and_pool() -> None:
    found = gold({"text": "Nzuri sana", "label": "Good", "explanation": "Praise.", "pool": "EXAM"})
    assert isinstance(found, GoldDraft)
    assert (found.answer, found.explanation, found.pool) == ({"choice": "good"}, "Praise.", GoldPool.EXAM)


def test_gold_takes_an_answer_object() -> None:
    spans = [{"start": 6, "end": 13, "label": "LOC"}, {"start": 0, "end": 5, "label": "PER"}]
    row = {"content": {"text": "Amina Nairobi"}, "answer": {"spans": spans}}
    found = gold(row, SPANS, NAMES, default_pool=GoldPool.LIVE)
    assert found.answer == {"spans": [spans[1], spans[0]]}
    assert found.pool is GoldPool.LIVE


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"text": "a", "label": "good"}, [("pool", "missing")]),
        ({"text": "a", "label": "good", "pool": "test"}, [("pool", "unknown_value")]),
        ({"text": "a", "pool": "exam"}, [("label", "one_answer")]),
        ({"text": "a", "label": "good", "answer": {"choice": "good"}, "pool": "exam"}, [("label", "one_answer")]),
        ({"text": "a", "label": "fine", "pool": "exam"}, [("label", "unknown_class")]),
        ({"text": "a", "label": 3, "pool": "exam"}, [("label", "not_text")]),
        ({"text": "a", "answer": {"choice": "x"}, "pool": "exam"}, [("answer.choice", "unknown_class")]),
        ({"text": "", "label": "good", "pool": "no"}, [("text", "missing"), ("pool", "unknown_value")]),
    ],
)
def test_all_that_is_wrong_with_gold_is_named(values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(gold(values)) == [(7, *each) for each in expected]


def test_a_span_beyond_the_text_is_a_problem_of_the_label() -> None:
    row = {"text": "Amina", "label": "0:9:PER", "pool": "exam"}
    assert faults(gold(row, SPANS, NAMES)) == [(7, "label", "out_of_range")]


def test_a_preference_with_its_strength_is_gold() -> None:
    row = {"a": "One", "b": "Two", "label": "b:3", "pool": "training"}
    assert gold(row, PAIRWISE, BETTER).answer == {"preference": "b", "strength": 3}


def test_the_columns_follow_the_task_type_and_the_kind_of_file() -> None:
    common = {"id", "locale", "classification", "priority", "picture", "sound"}
    assert unit_columns(PAIRWISE, FileKind.CSV) == common | {"prompt", "a", "b"}
    assert unit_columns(SPANS, FileKind.JSONL) == common | {"text", "content"}
    assert gold_columns(CHOICE, FileKind.CSV) == common | {"text", "context", "label", "explanation", "pool", "link"}
    assert gold_columns(CHOICE, FileKind.JSONL) - gold_columns(CHOICE, FileKind.CSV) == {"content", "answer"}
