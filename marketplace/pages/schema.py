"""The label schema on a form: its fields as shown, and what was sent, with each fault beside its field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from i18n import Message, _
from kernel.errors import Invalid
from labeling.rules.schema_lines import class_lines, fits_lines, schema_of_form
from labeling.tasktypes.registry import TYPES
from labeling.values import OptionField

_CLASS_AT = re.compile(r"classes\.(\d+)(?:\.|$)")


@dataclass(frozen=True)
class Block:
    """The question and the classes in one language."""

    locale: str
    question: str
    classes: str


@dataclass(frozen=True)
class SchemaForm:
    """What the form shows; `has_classes` is False for a task type without any, `fits` for a schema too rich for it."""

    blocks: tuple[Block, ...]
    options: tuple[tuple[OptionField, Any], ...]
    has_classes: bool
    fits: bool


def schema_form(body: Mapping[str, Any], locales: list[str], typed: Mapping[str, str]) -> SchemaForm:
    """The newest schema as fields, or what was typed over it."""
    kind = TYPES[body["task_type"]]
    is_sent = any(name.startswith("question.") for name in typed)
    blocks = tuple(
        Block(
            tag,
            typed.get(f"question.{tag}", body.get("question", {}).get(tag, "")),
            typed.get(f"classes.{tag}", class_lines(body, tag, is_first=place == 0)),
        )
        for place, tag in enumerate(locales)
    )
    options = tuple(
        (
            option,
            typed.get(f"option.{option.name}", "") if is_sent else body["options"].get(option.name, option.default),
        )
        for option in kind.option_fields
    )
    return SchemaForm(blocks, options, kind.class_count[1] > 0, fits_lines(body))


def schema_locales(body: Mapping[str, Any]) -> list[str]:
    """The languages of a form: the first is the one whose list of classes counts; English where nothing is said yet."""
    named = [tag for entry in body.get("classes", []) for tag in entry.get("names", {})]
    found = list(dict.fromkeys([*body.get("question", {}), *named]))
    first = "en" if "en" in found or not found else found[0]
    return [first, *sorted(tag for tag in found if tag != first)]


def read_schema(before: Mapping[str, Any], locales: list[str], typed: Mapping[str, str]) -> dict[str, Any]:
    """The schema that was sent; raises Invalid with the faulty fields."""
    kind = TYPES[before["task_type"]]
    fields, tags = dict(typed), list(locales)
    other = typed.get("other_language", "").strip()
    if other and other not in locales:
        tags.append(other)
        fields[f"question.{other}"] = typed.get("other_question", "")
        fields[f"classes.{other}"] = typed.get("other_classes", "")
    body, faults = schema_of_form(before, kind.name, kind.option_fields, fields, tags)
    if faults:
        added = f"classes.{other}"
        told = {"other_classes" if name == added and other not in locales else name: faults[name] for name in faults}
        raise Invalid("ontology.lines", _("This label schema is not valid."), told)
    return body


def beside_fields(problem: Invalid, locales: list[str]) -> dict[str, Message]:
    """Faults of the schema by the field of the form that they are about."""
    if problem.code == "ontology.lines" or not problem.fields:
        return dict(problem.fields) or {"": problem.message}
    found: dict[str, Message] = {}
    for path, text in problem.fields.items():
        at = _CLASS_AT.match(path)
        if at:
            found.setdefault(
                f"classes.{locales[0]}", _("Class %(number)s: %(fault)s", number=int(at[1]) + 1, fault=text)
            )
        elif path.startswith("options."):
            found.setdefault(f"option.{path.removeprefix('options.')}", text)
        else:
            area = path.partition(".")[0]
            name = f"{area}.{locales[0]}" if area in ("question", "classes") else ""
            found.setdefault(name, text)
    return found
