"""A label schema written in lines."""

from typing import Any

from labeling.rules.ontology import ontology_json
from labeling.rules.schema_lines import class_lines, fits_lines, schema_of_form
from labeling.tasktypes.registry import TYPES, read_ontology

BEFORE: dict[str, Any] = ontology_json(
    read_ontology(
        {
            "task_type": "choice",
            "question": {"en": "What is it?", "ar": "ما هذا؟"},
            "classes": [
                {
                    "id": "refund", "names": {"en": "Refund", "sw": "Marejesho"}, "definitions": {"en": "Money back"},
                    "examples": [{"text": "I want my money"}],
                },
                {"id": "other", "names": {"en": "Other"}},
            ],
        }
    )
)  # fmt: skip


def form(**more: str) -> dict[str, str]:
    sent = {f"classes.{tag}": class_lines(BEFORE, tag, is_first=tag == "en") for tag in ("en", "sw")}
    return {"question.en": "What is it?", "question.sw": ""} | sent | more


def read(typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    body, faults = schema_of_form(BEFORE, "choice", (), typed, ["en", "sw"])
    return body, {field: str(text) for field, text in faults.items()}


def test_what_is_shown_and_sent_back_says_the_same() -> None:
    assert class_lines(BEFORE, "en", is_first=True) == "refund | Refund | Money back\nother | Other"
    assert class_lines(BEFORE, "sw", is_first=False) == "refund | Marejesho"
    body, faults = read(form())
    assert faults == {}
    assert ontology_json(read_ontology(body)) == BEFORE


def test_classes_are_added_renamed_and_ordered_by_their_lines() -> None:
    typed = form(**{"classes.en": "other | Something else\n\nnew\nrefund | Refund"})
    body, faults = read(typed)
    assert faults == {}
    assert [(each["id"], each["names"]) for each in body["classes"]] == [
        ("other", {"en": "Something else"}), ("new", {"en": "new"}), ("refund", {"en": "Refund", "sw": "Marejesho"}),
    ]  # fmt: skip
    assert body["classes"][2]["definitions"] == {} and body["classes"][2]["examples"][0]["text"] == "I want my money"


def test_lines_that_cannot_be_taken_are_named() -> None:
    _body, faults = read(form(**{"classes.en": "a | A\na | B", "classes.sw": "b | C"}))
    assert faults == {
        "classes.en": "Line 2: the id “a” stands here twice.",
        "classes.sw": "Line 1: there is no class “b” in the first list.",
    }


def test_options_are_read_by_their_kind() -> None:
    typed = {"question.en": "Which?", "option.strength_steps": "two"}
    body, faults = schema_of_form({}, "pairwise", TYPES["pairwise"].option_fields, typed, ["en"])
    assert (body["options"], body["classes"], faults) == ({"allow_tie": False, "strength_steps": "two"}, [], {})


def test_a_schema_with_the_mark_in_a_name_is_left_to_json() -> None:
    assert fits_lines(BEFORE)
    assert not fits_lines({"classes": [{"id": "a", "names": {"en": "A | B"}}]})
    assert not fits_lines({"classes": [{"id": "a", "names": {}, "definitions": {"en": "one\ntwo"}}]})
