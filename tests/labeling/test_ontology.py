"""Ontologies: strict reading, canonical form, differences, and what stays valid."""

import copy
import json
from typing import Any

import pytest

from labeling.rules.ontology import diff, fingerprint, keeps_valid, ontology_json
from labeling.tasktypes import registry
from labeling.tasktypes.choice import ChoiceAnswer
from labeling.tasktypes.pairwise import PairwiseAnswer
from labeling.tasktypes.span_matching import Span
from labeling.tasktypes.spans import SpansAnswer
from labeling.values import Example, InvalidOntology, in_locale
from tests.labeling.schemas import BETTER, NAMES, class_json, ontology


def full() -> dict[str, Any]:
    return {
        "task_type": "spans",
        "question": {"en": "Mark the names.", "sw-ke": "Weka alama kwenye majina."},
        "classes": [
            {
                "id": "PER",
                "names": {"en": "Person", "sw-KE": "Mtu"},
                "definitions": {"en": "A human being."},
                "examples": [{"text": "Amina", "locale": "sw"}, {"text": "Amina Ltd", "fits": False, "note": "a firm"}],
            },
            class_json("LOC"),
        ],
        "options": {"nested": False, "max_spans": 10},
    }


def problems_of(payload: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidOntology) as caught:
        registry.read_ontology(payload)
    return [(problem.path, problem.code) for problem in caught.value.problems]


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    payload = copy.deepcopy(full())
    place: Any = payload
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return payload


def test_an_ontology_is_read_with_canonical_locales_and_all_options() -> None:
    read = registry.read_ontology(full())
    assert read.question_in("sw-KE") == "Weka alama kwenye majina."
    assert read.options == {"nested": False, "overlapping": False, "max_spans": 10}
    assert read.classes[0].examples == (Example("Amina", True, "sw"), Example("Amina Ltd", False, None, "a firm"))


def test_an_ontology_reads_back_from_its_json_with_the_same_fingerprint() -> None:
    read = registry.read_ontology(full())
    again = registry.read_ontology(json.loads(json.dumps(ontology_json(read))))
    assert again == read
    assert fingerprint(again) == fingerprint(read)


def test_the_fingerprint_ignores_the_order_of_keys_and_sees_every_word() -> None:
    backwards = dict(reversed(full().items()))
    assert fingerprint(registry.read_ontology(backwards)) == fingerprint(registry.read_ontology(full()))
    other = registry.read_ontology(changed(["classes", 0, "definitions", "en"], "A human being!"))
    assert fingerprint(other) != fingerprint(registry.read_ontology(full()))


@pytest.mark.parametrize(
    ("payload", "path", "code"),
    [
        ([], "", "not_an_object"),
        (changed(["task_type"], "boxes"), "task_type", "unknown_task_type"),
        (changed(["colour"], 1), "colour", "unknown_field"),
        (changed(["question"], {}), "question", "missing"),
        (changed(["question"], {"english": "?"}), "question.english", "bad_locale"),
        (changed(["question"], {"en": " "}), "question.en", "missing"),
        (changed(["question"], {"sw-KE": "a", "sw-ke": "b"}), "question.sw-ke", "duplicate"),
        (changed(["classes"], []), "classes", "class_count"),
        (changed(["classes", 0, "id"], "a b"), "classes[0].id", "bad_id"),
        (changed(["classes", 1, "id"], "per"), "classes[1].id", "duplicate"),
        (changed(["classes", 0, "names"], {}), "classes[0].names", "missing"),
        (changed(["classes", 1, "names"], {"en": " person"}), "classes[1].names.en", "duplicate"),
        (changed(["classes", 0, "shape"], "box"), "classes[0].shape", "unknown_field"),
        (changed(["classes", 0, "examples", 0, "fits"], 1), "classes[0].examples[0].fits", "not_a_switch"),
        (changed(["classes", 0, "examples"], [{"text": "x"}] * 51), "classes[0].examples", "too_many"),
        (changed(["classes", 0, "names", "en"], "x" * 201), "classes[0].names.en", "too_long"),
        (changed(["classes"], [class_json(f"c{n}") for n in range(1001)]), "classes", "too_many"),
        (changed(["options", "allow_tie"], True), "options.allow_tie", "unknown_field"),
        (changed(["options", "nested"], 1), "options.nested", "not_a_switch"),
        (changed(["options", "max_spans"], 0), "options.max_spans", "out_of_range"),
        (changed(["options", "max_spans"], True), "options.max_spans", "not_a_whole_number"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(payload: Any, path: str, code: str) -> None:
    assert (path, code) in problems_of(payload)


def test_a_schema_of_more_than_a_megabyte_is_refused() -> None:
    words = {"en": "x" * 4000}
    classes = [{**class_json(f"c{n}"), "definitions": words} for n in range(300)]
    assert problems_of(changed(["classes"], classes)) == [("", "too_big")]


def test_a_type_without_classes_takes_none() -> None:
    payload = {"task_type": "pairwise", "question": {"en": "?"}, "classes": [class_json("a")]}
    assert problems_of(payload) == [("classes", "too_many")]


def test_a_diff_tells_added_removed_renamed_and_redefined() -> None:
    old = registry.read_ontology(full())
    payload = changed(["classes", 0, "names", "en"], "Human")
    payload["classes"][1] = class_json("ORG")
    payload["classes"].append(class_json("DATE"))
    payload["options"]["nested"] = True
    found = diff(old, registry.read_ontology(payload))
    assert (found.added, found.removed, found.renamed, found.redefined) == (("ORG", "DATE"), ("LOC",), ("PER",), ())
    assert found.options == {"nested": (False, True)}
    assert not found.asks_differently
    assert not found.is_reordered
    assert diff(old, old).is_empty


def test_a_diff_tells_a_new_order_and_new_meanings() -> None:
    payload = full()
    payload["classes"].reverse()
    payload["classes"][1]["definitions"] = {"en": "Someone."}
    found = diff(registry.read_ontology(full()), registry.read_ontology(payload))
    assert found.is_reordered
    assert found.redefined == ("PER",)


@pytest.mark.parametrize(
    ("answer", "new", "is_valid"),
    [
        (ChoiceAnswer("good"), ontology("choice", "good", "worse"), True),
        (ChoiceAnswer("bad"), ontology("choice", "good", "worse"), False),
        (ChoiceAnswer("good"), NAMES, False),
        (PairwiseAnswer("a", 3), BETTER, True),
        (PairwiseAnswer("a", 3), ontology("pairwise", strength_steps=2), False),
        (PairwiseAnswer("tie"), ontology("pairwise", allow_tie=False), False),
        (SpansAnswer((Span(0, 4, "PER"), Span(0, 9, "LOC"))), NAMES, True),
        (SpansAnswer((Span(0, 4, "PER"), Span(0, 9, "LOC"))), ontology("spans", "PER", "LOC", nested=False), False),
    ],
)
def test_an_answer_stays_valid_when_it_could_still_be_given(answer: Any, new: Any, is_valid: bool) -> None:
    names = {ChoiceAnswer: "choice", PairwiseAnswer: "pairwise", SpansAnswer: "spans"}
    assert keeps_valid(answer, new, registry.get(names[type(answer)])) is is_valid


@pytest.mark.parametrize(
    ("locale", "text"),
    [("sr-Latn-RS", "latin"), ("sr-Cyrl", "serbian"), ("de", "english"), ("en-GB", "english")],
)
def test_a_text_falls_back_to_parents_language_then_english(locale: str, text: str) -> None:
    assert in_locale({"sr": "serbian", "sr-Latn": "latin", "en": "english", "ar": "arabic"}, locale) == text


def test_the_registry_knows_its_types() -> None:
    assert registry.names() == ("choice", "pairwise", "spans")
    with pytest.raises(Exception, match=r"task_type\.unknown"):
        registry.get("boxes")
