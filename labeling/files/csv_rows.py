"""Rows of a CSV file (RFC 4180, with a header; commas, semicolons or tabs), read as a stream."""

import csv
from collections import Counter
from collections.abc import Generator, Iterator
from itertools import chain
from typing import BinaryIO

from i18n import _, ngettext
from labeling.files.lines import Line, text_lines
from labeling.files.rows import FileEnds, Limits, LineProblem, Row
from labeling.rules.reading import longer_than

_DELIMITERS = (",", ";", "\t")


class _Feed:
    """Hands physical lines to the CSV reader and remembers what was wrong with those of the current record."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self.number = 0
        self.problems: list[LineProblem] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        if line.problem is not None:
            self.problems.append(line.problem)
        return line.text


def csv_rows(
    stream: BinaryIO, columns: frozenset[str], limits: Limits, needed: frozenset[str] = frozenset()
) -> Iterator[Row | LineProblem]:
    """Rows by the names of the header, or problems. Nothing is read past a header that is wrong or lacks a name."""
    lines = text_lines(stream, limits)
    first = next(lines, None)
    if first is None:
        return
    feed = _Feed(chain([first], lines))
    records = _records(feed, _delimiter(first.text, columns))
    header = yield from _header(next(records, None), columns, limits, needed)
    if header is None:
        return
    for start, record in records:
        if isinstance(record, LineProblem):
            yield record
        else:
            yield from _row(start, record, header, limits)


def _header(
    opening: tuple[int, list[str] | LineProblem] | None, columns: frozenset[str], limits: Limits, needed: frozenset[str]
) -> Generator[LineProblem, None, list[str] | None]:
    """The names of the columns; None, after its problems, when the header cannot be used."""
    if opening is None:
        return None
    line, record = opening
    if isinstance(record, LineProblem):
        yield record
        return None
    names = [name.strip().casefold() for name in record]
    problems = _header_problems(line, names, columns, limits)
    for name in sorted(needed.difference(names)):
        text = _("The column “%(name)s” is missing.", name=name)
        problems.append(LineProblem(line, name, "csv.missing_column", text))
    yield from problems
    return None if problems else names


def _records(feed: _Feed, delimiter: str) -> Iterator[tuple[int, list[str] | LineProblem]]:
    """Records with the line they begin on; blank lines are passed over, lines with problems become those."""
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        start, feed.problems = feed.number + 1, []
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, _syntax_problem(start, str(error))
            continue
        if feed.problems:
            yield from ((problem.line, problem) for problem in feed.problems)
        elif record:
            yield start, record


def _syntax_problem(line: int, error: str) -> LineProblem:
    """The reader's error in our words; ends the file where no next row can be told."""
    if "field limit" in error:
        text = _("A value that begins here is too long. Is a quotation mark not closed?")
        raise FileEnds(LineProblem(line, None, "csv.field_too_long", text))
    if "unexpected end" in error:
        text = _("A quotation mark that opens in this row is never closed.")
        raise FileEnds(LineProblem(line, None, "csv.unclosed_quote", text))
    if "new-line" in error:
        return LineProblem(line, None, "csv.line_break", _("There is a line break of an old kind in this row."))
    text = _("After a closing quotation mark only a separator may follow. Write quotation marks inside a value twice.")
    return LineProblem(line, None, "csv.stray_quote", text)


def _delimiter(header: str, columns: frozenset[str]) -> str:
    """The separator under which most names of the header are known; the comma when none does better."""
    return max(_DELIMITERS, key=lambda mark: _known_names(header, mark, columns))


def _known_names(header: str, delimiter: str, columns: frozenset[str]) -> int:
    names = {name.strip().strip('"').strip().casefold() for name in header.split(delimiter)}
    return len(names & columns)


def _header_problems(line: int, names: list[str], columns: frozenset[str], limits: Limits) -> list[LineProblem]:
    if len(names) > limits.columns:
        text = ngettext("At most %(num)s column is allowed.", "At most %(num)s columns are allowed.", limits.columns)
        return [LineProblem(line, None, "csv.too_many_columns", text)]
    known = ", ".join(sorted(columns))
    problems = []
    for name, count in Counter(names).items():
        shown = name[:80]
        if name not in columns:
            text = _("There is no column “%(name)s” here. Known columns: %(known)s.", name=shown, known=known)
            problems.append(LineProblem(line, shown, "csv.unknown_column", text))
        elif count > 1:
            text = _("The column “%(name)s” stands in the header more than once.", name=shown)
            problems.append(LineProblem(line, shown, "csv.duplicate_column", text))
    return problems


def _row(line: int, record: list[str], header: list[str], limits: Limits) -> Iterator[Row | LineProblem]:
    if len(record) != len(header):
        text = ngettext(
            "This row has %(num)s value, the header has %(columns)s.",
            "This row has %(num)s values, the header has %(columns)s.",
            len(record),
            columns=len(header),
        )
        yield LineProblem(line, None, "csv.ragged", text)
    elif max(map(len, record)) > limits.field_characters:
        for name, value in zip(header, record, strict=True):
            if len(value) > limits.field_characters:
                yield LineProblem(line, name, "field.too_long", longer_than(limits.field_characters))
    else:
        yield Row(line, dict(zip(header, record, strict=True)))
