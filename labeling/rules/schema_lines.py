"""A label schema as people write it in a form: a question, and a class on each line as `id | name | description`.

One block of lines for each language. The first block says which classes there are and in which order; the others name
the same classes in their languages. What a form does not show (examples, further languages) is taken from before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from i18n import Message, _
from labeling.values import OptionField

MARK = "|"
_PARTS = 3


def class_lines(body: Mapping[str, Any], locale: str, *, is_first: bool) -> str:
    """The classes of a schema as lines; in the first block all of them, in another those with a name there."""
    lines = []
    for entry in body.get("classes", []):
        name = entry.get("names", {}).get(locale, "")
        if name or is_first:
            definition = entry.get("definitions", {}).get(locale, "")
            lines.append(f" {MARK} ".join(part for part in (entry["id"], name or entry["id"], definition) if part))
    return "\n".join(lines)


def fits_lines(body: Mapping[str, Any]) -> bool:
    """Whether lines can say it all: no name holds the mark, and no text runs over several lines."""
    for entry in body.get("classes", []):
        texts = [*entry.get("names", {}).values(), *entry.get("definitions", {}).values()]
        if any("\n" in text for text in texts) or any(MARK in text for text in entry.get("names", {}).values()):
            return False
    return True


def schema_of_form(
    before: Mapping[str, Any], task_type: str, options: Sequence[OptionField], typed: Mapping[str, str],
    locales: Sequence[str],
) -> tuple[dict[str, Any], dict[str, Message]]:  # fmt: skip
    """The schema that the fields `question.<locale>`, `classes.<locale>` and `option.<name>` describe, with the faults
    of single lines by field; `before` is the newest version."""
    faults: dict[str, Message] = {}
    question = dict(before.get("question", {})) | {tag: typed.get(f"question.{tag}", "").strip() for tag in locales}
    known = {entry["id"]: entry for entry in before.get("classes", [])}
    classes: dict[str, dict[str, Any]] = {}
    for place, tag in enumerate(locales):
        field, stated = f"classes.{tag}", set()
        for number, line in enumerate(typed.get(field, "").splitlines(), start=1):
            if not line.strip():
                continue
            class_id, name, definition = _parts(line)
            if place == 0 and class_id not in classes:
                classes[class_id] = _begun(class_id, known.get(class_id, {}), locales)
            elif place == 0 or class_id not in classes or class_id in stated:
                faults.setdefault(field, _line_fault(number, class_id, is_first=place == 0 or class_id in stated))
                continue
            stated.add(class_id)
            classes[class_id]["names"][tag] = name
            if definition:
                classes[class_id]["definitions"][tag] = definition
    body = {
        "task_type": task_type,
        "question": {tag: text for tag, text in question.items() if text},
        "classes": list(classes.values()),
        "options": {option.name: _option(option, typed.get(f"option.{option.name}", "")) for option in options},
    }
    return body, faults


def _parts(line: str) -> tuple[str, str, str]:
    """Id, name and description; a line without a mark is an id that is its own name."""
    parts = [part.strip() for part in line.split(MARK, _PARTS - 1)]
    class_id, name, definition = (*parts, "", "")[:_PARTS]
    return class_id, name or class_id, definition


def _begun(class_id: str, before: Mapping[str, Any], locales: Sequence[str]) -> dict[str, Any]:
    """A class as it was, without what the form says anew."""
    return {
        "id": class_id,
        "names": {tag: text for tag, text in before.get("names", {}).items() if tag not in locales},
        "definitions": {tag: text for tag, text in before.get("definitions", {}).items() if tag not in locales},
        "examples": list(before.get("examples", [])),
    }


def _line_fault(number: int, class_id: str, *, is_first: bool) -> Message:
    if is_first:
        return _("Line %(number)s: the id “%(id)s” stands here twice.", number=number, id=class_id)
    return _("Line %(number)s: there is no class “%(id)s” in the first list.", number=number, id=class_id)


def _option(option: OptionField, typed: str) -> bool | int | str:
    """As typed where it is no number, so that reading the schema tells what is wrong with it."""
    if isinstance(option.default, bool):
        return typed == "1"
    text = typed.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
