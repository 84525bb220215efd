"""Sheets: tables for people's spreadsheets, in which no text can become a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kernel.money import to_text

_PIECE = 1 << 16  # letters
_FORMULA = tuple("=+-@\t\r\0＝＋－＠")


@dataclass(frozen=True)
class Amount:
    """Money in a sheet: a number, in full, with a point. A negative one begins with a minus and is no formula."""

    micros: int

    def __str__(self) -> str:
        return to_text(self.micros)


def safe(cell: object) -> object:
    """A text that a spreadsheet would run as a formula, made harmless by an apostrophe; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def write(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file in UTF-8 with a byte order mark, by which spreadsheets recognize it."""
    return b"".join(pieces(head, rows))


def pieces(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same piece by piece, while the rows are read."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow([safe(cell) for cell in head])
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if text.tell() > _PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
