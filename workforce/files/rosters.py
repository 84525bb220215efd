"""Rosters as files: CSV with a header, or the first sheet of an XLSX workbook, as lines of named cells."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from i18n import Message, _
from kernel.errors import Invalid
from workforce.files.archives import checked_parts, too_odd
from workforce.rules.rosters import COLUMNS, MOST_LINES, NEEDED
from workforce.values import FileLine

MOST_BYTES = 8 * 1024 * 1024
MOST_COLUMNS = 20
LONGEST_LINE = 20_000
MOST_LINES_OF_A_ROW = 50  # a note may have line breaks; reading anew after each fault stays bounded
LONGEST_CELL = 4000
_DELIMITERS = (",", ";", "\t")
_NAMES = {"e-mail": "email", "mail": "email", "address": "email", "language": "locale"}
# What a list of people does not need: programs, things embedded, and what is fetched from elsewhere.
_ODD_PARTS = re.compile(r"vbaProject|/embeddings/|/activeX/|/externalLinks/|/connections|/ctrlProps/|\.bin$", re.I)
# A part is XML wherever another one says so, whatever its name; and is read as UTF-16 for a mark, or a zero, in front.
_DECLARES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.I)
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|\0|.\0", re.S)


def read_roster(content: bytes, name: str) -> list[FileLine]:
    """The lines of a roster. Raises Invalid for a file that cannot be read as one; a faulty line is only told of."""
    if len(content) > MOST_BYTES:
        raise _refused(_("This file is larger than %(most)s MB.", most=MOST_BYTES // 1024 // 1024))
    if content.startswith(b"PK\x03\x04"):
        rows = _xlsx_rows(content)
    elif content.startswith(b"\xd0\xcf\x11\xe0") or name.lower().endswith((".xls", ".xlsx", ".xlsm", ".ods")):
        raise too_odd("file")
    else:
        rows = _csv_rows(content)
    return _lines(rows)


Row = tuple[int, Sequence[str], tuple[tuple[int, Message], ...], Message | None]


def _lines(rows: Iterator[Row]) -> list[FileLine]:
    """Rows under the names of the first one."""
    columns = _header(next(rows, None))
    found: list[FileLine] = []
    for count, (number, cells, faults, whole) in enumerate(rows):
        if count == MOST_LINES * 2:  # empty lines among them included
            raise _too_many()
        if whole is None and not any(cell.strip() for cell in cells) and not faults:
            continue
        if len(found) == MOST_LINES:
            raise _too_many()
        named = {column: cells[place] for place, column in columns.items() if place < len(cells)}
        told = [(columns[place], message) for place, message in faults if place in columns]
        if whole is not None:
            told.append(("", whole))
        if whole is None and any(cell.strip() for place, cell in enumerate(cells) if place not in columns):
            told.append(("", _("This line has more values than the header has columns.")))
        told += [(column, _too_long()) for column, text in named.items() if len(text) > LONGEST_CELL]
        found.append(FileLine(number, {column: text[:LONGEST_CELL] for column, text in named.items()}, tuple(told)))
    if not found:
        raise _refused(_("There is no line in this file below its header."))
    return found


def _header(row: Row | None) -> dict[int, str]:
    """Which place has which column; raises Invalid unless each is known, and the needed ones are there."""
    names = [_column(cell) for cell in row[1]] if row is not None else []
    while names and not names[-1]:
        names.pop()
    known = ", ".join(COLUMNS)
    for place, name in enumerate(names):
        if name not in COLUMNS:
            message = _("There is no column “%(name)s” here. Known columns: %(known)s.", name=name[:80], known=known)
            raise _refused(message)
        if name in names[:place]:
            raise _refused(_("The column “%(name)s” stands in the header more than once.", name=name))
    for name in NEEDED:
        if name not in names:
            raise _refused(_("The column “%(name)s” is missing. Known columns: %(known)s.", name=name, known=known))
    return dict(enumerate(names))


def _column(text: str) -> str:
    name = text.strip().casefold()
    return _NAMES.get(name, name)


def _csv_rows(content: bytes) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(_("This file is neither XLSX nor text in UTF-8. Save it anew as one of them.")) from error
    if "\0" in text:
        raise _refused(_("This file is neither XLSX nor text in UTF-8. Save it anew as one of them."))
    physical = io.StringIO(text, newline="").readlines()
    header = physical[0] if physical else ""
    delimiter = max(_DELIMITERS, key=header.count)
    done = 0
    while done < len(physical):
        feed = _Feed(physical, done)
        try:
            cells = next(csv.reader(feed, delimiter=delimiter, strict=True))
        except csv.Error:
            # A mark that is not closed takes in whatever follows: only its own line is at fault, the others are read.
            yield (
                done + 1,
                physical[done][:80].split(delimiter),
                (),
                _("A quotation mark of this line is not closed, or text follows it."),
            )
            done += 1
            continue
        number, done = done + 1, feed.number
        if len(cells) > MOST_COLUMNS:
            yield number, cells[:MOST_COLUMNS], (), _("This line has more than %(most)s values.", most=MOST_COLUMNS)
        else:
            yield number, cells, (), _too_long() if feed.is_too_long else None


class _Feed:
    """Hands the physical lines of one row to the reader, each cut to what a line may hold."""

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self._lines = lines
        self._last = min(len(lines), start + MOST_LINES_OF_A_ROW)
        self.number = start
        self.is_too_long = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.number == self._last:
            raise StopIteration
        line = self._lines[self.number]
        self.number += 1
        if len(line) > LONGEST_LINE:
            self.is_too_long = True
            return line[:80].replace('"', "") + "\n"
        return line


def _xlsx_rows(content: bytes) -> Iterator[Row]:
    """Rows of the first sheet. The workbook is read as it is stored: formulas are told of and never worked out."""
    from openpyxl import load_workbook  # loads for longer than most commands run

    for name, part in checked_parts(content).items():
        if _ODD_PARTS.search(name):
            raise _refused(_("This workbook holds macros, embedded things or links. Save only the list as .xlsx."))
        if _UTF_16.match(part) or _DECLARES.search(part):
            raise too_odd("file")
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            yield _xlsx_row(number, cells)
    except Exception as error:  # of a file from outside the library raises whatever it stumbles over
        if isinstance(error, Invalid):
            raise
        raise too_odd("file") from error


def _xlsx_row(number: int, cells: Iterable[Any]) -> Row:
    texts: list[str] = []
    faults: list[tuple[int, Message]] = []
    for place, cell in enumerate(cells):
        value = cell.value
        texts.append("" if value is None else str(value))
        if cell.data_type == "f":
            faults.append((place, _("This is a formula for a spreadsheet. Write the value itself.")))
        elif cell.data_type == "e":
            faults.append((place, _("The spreadsheet tells an error here. Write the value itself.")))
    return number, texts, tuple(faults), None


def _too_many() -> Invalid:
    return _refused(_("A roster has at most %(most)s lines. Send the others in a second file.", most=MOST_LINES))


def _too_long() -> Message:
    return _("This is longer than %(most)s letters.", most=LONGEST_CELL)


def _refused(message: Message) -> Invalid:
    return Invalid("roster.unreadable", message, fields={"file": message})
