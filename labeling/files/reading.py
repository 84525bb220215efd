"""Reading an uploaded file as a stream of rows and problems, in the order of its lines."""

from collections.abc import Collection, Iterator
from typing import BinaryIO

from i18n import _, ngettext
from labeling.files.csv_rows import csv_rows
from labeling.files.jsonl_rows import jsonl_rows
from labeling.files.rows import FileEnds, FileKind, Limits, LineProblem, Row


def read_rows(
    stream: BinaryIO,
    kind: FileKind,
    limits: Limits | None = None,
    *,
    columns: Collection[str],
    needed: Collection[str] = (),
) -> Iterator[Row | LineProblem]:
    """Rows and problems; never holds more than one row of the file.

    `columns` are the names that rows may have, `needed` those that the header of a CSV file must have. A file without a
    single row is a problem too.
    """
    bounds, names = limits or Limits(), frozenset(columns)
    is_csv = kind is FileKind.CSV
    entries = csv_rows(stream, names, bounds, frozenset(needed)) if is_csv else jsonl_rows(stream, names, bounds)
    try:
        yield from _bounded(entries, bounds)
    except FileEnds as end:
        yield end.problem


def _bounded(entries: Iterator[Row | LineProblem], limits: Limits) -> Iterator[Row | LineProblem]:
    rows = problems = 0
    for entry in entries:
        if isinstance(entry, Row):
            rows += 1
        else:
            problems += 1
        if rows > limits.rows or problems > limits.problems:
            raise FileEnds(_over(entry, rows > limits.rows, limits))
        yield entry
    if not rows and not problems:
        yield LineProblem(1, None, "file.empty", _("There are no rows in this file."))


def _over(entry: Row | LineProblem, has_too_many_rows: bool, limits: Limits) -> LineProblem:
    if has_too_many_rows:
        text = ngettext("Only %(num)s row was read.", "Only the first %(num)s rows were read.", limits.rows)
        return LineProblem(entry.line, None, "file.too_many_rows", text)
    text = ngettext(
        "There is more than %(num)s problem; the rest was not read.",
        "There are more than %(num)s problems; the rest was not read.",
        limits.problems,
    )
    return LineProblem(entry.line, None, "file.too_many_problems", text)
