"""Rows of a JSON Lines file: one strict JSON object on each line, read as a stream."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from i18n import _
from labeling.files.lines import Line, text_lines
from labeling.files.rows import Limits, LineProblem, Row
from labeling.rules.reading import longer_than
from web.json_text import BadJson, read_json


def jsonl_rows(stream: BinaryIO, columns: frozenset[str], limits: Limits) -> Iterator[Row | LineProblem]:
    """A row or the problems of every line that is not blank."""
    for line in text_lines(stream, limits):
        if line.problem is not None:
            yield line.problem
        elif not line.text.isspace():
            yield from _row(line, columns, limits)


def _row(line: Line, columns: frozenset[str], limits: Limits) -> Iterator[Row | LineProblem]:
    try:
        value = read_json(line.text.rstrip("\r\n"))
    except BadJson as error:
        yield LineProblem(line.number, error.position, error.code, error.message)
        return
    if not isinstance(value, dict):
        text = _("Each line is a JSON object with named fields.")
        yield LineProblem(line.number, None, "json.not_an_object", text)
        return
    problems = list(_field_problems(line.number, value, columns, limits))
    if problems:
        yield from problems
    else:
        yield Row(line.number, value)


def _field_problems(line: int, value: dict[str, Any], columns: frozenset[str], limits: Limits) -> Iterator[LineProblem]:
    for name, content in value.items():
        if name not in columns:
            shown, known = name[:80], ", ".join(sorted(columns))
            text = _("There is no field “%(name)s” here. Known fields: %(known)s.", name=shown, known=known)
            yield LineProblem(line, shown, "json.unknown_field", text)
        elif isinstance(content, str) and len(content) > limits.field_characters:
            yield LineProblem(line, name, "field.too_long", longer_than(limits.field_characters))
