"""Writing files that people open: CSV cells that no spreadsheet takes for a formula, and canonical JSON Lines."""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from web.json_text import canonical_json

_STARTS_A_FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
_NEEDS_QUOTES = frozenset('",;\t\r\n')


def csv_cell(value: Any) -> str:
    """One value as it stands in a CSV line.

    A text that a spreadsheet would run gets a leading apostrophe; numbers stay numbers, also negative ones; None is
    empty; times are ISO 8601. Lists and objects are written as JSON text.
    """
    return _quoted(_plain(value))


def csv_line(values: Iterable[Any]) -> str:
    """A line of cells with the line break that RFC 4180 asks for."""
    return ",".join(csv_cell(value) for value in values) + "\r\n"


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The header and all rows, one line at a time; a row of another length is a programming error."""
    yield csv_line(header)
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row has {len(row)} values, the header {len(header)}")
        yield csv_line(row)


def jsonl_line(value: Mapping[str, Any]) -> str:
    """One object in canonical JSON: the same value is always the same bytes."""
    return canonical_json(value) + "\n"


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return _number(value)
        case dt.datetime() | dt.date():
            return value.isoformat()
        case dict() | list() | tuple():
            return _harmless(canonical_json(value))
    return _harmless(str(value))


def _number(value: float | Decimal) -> str:
    if not isinstance(value, int) and not math.isfinite(value):
        raise ValueError("a file holds finite numbers only")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in _STARTS_A_FORMULA else text


def _quoted(text: str) -> str:
    if _NEEDS_QUOTES.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
