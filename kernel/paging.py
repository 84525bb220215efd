"""Pages of a list by key: the order of a list, and cursors, which say where its next page begins.

A cursor is the list's name with the values that its last row is ordered by, in URL-safe base64. It outlives its row,
is safe in an address as it stands, and belongs to one list; anything else is refused, never an empty page.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from kernel.db import Base, UTCDateTime
from kernel.errors import Invalid

R = TypeVar("R")
LONGEST = 2000
_LARGEST = 2**63 - 1
_words: list[Any] = ["This page of the list is not known. Begin at the start."]


def use_words(message: Any) -> None:
    """Give the refusal of a cursor its translatable sentence."""
    _words[:] = [message]


class Paging:
    """The order of a list: by these columns, of which the last is unique, upward or the newest first."""

    def __init__(self, name: str, *columns: InstrumentedAttribute[Any], newest_first: bool = False) -> None:
        self.name = name
        self.columns = columns
        self.newest_first = newest_first

    def order(self) -> list[ColumnElement[Any]]:
        """What a statement is ordered by."""
        return [column.desc() if self.newest_first else column.asc() for column in self.columns]

    def after(self, cursor: str | None) -> list[ColumnElement[bool]]:
        """What rows behind a cursor fulfill; nothing is asked of the first page. Raises Invalid."""
        if cursor is None:
            return []
        columns = tuple_(*self.columns)
        place = tuple_(*(literal(value, column.type) for value, column in self._read(cursor)))
        return [columns < place if self.newest_first else columns > place]

    def cut(self, rows: Sequence[R], limit: int) -> tuple[Sequence[R], str | None]:
        """A page's rows and the cursor of the next page, of what was read with one row more than the limit."""
        return rows[:limit], self.cursor(rows[limit - 1]) if len(rows) > limit else None

    def cursor(self, row: Any) -> str:
        """The cursor of the page that begins behind a row."""
        holder = row[0] if isinstance(row, Row) and isinstance(row[0], Base) else row
        return _written([self.name, *(_plain(getattr(holder, column.key)) for column in self.columns)])

    def _read(self, cursor: str) -> list[tuple[Any, InstrumentedAttribute[Any]]]:
        try:
            name, *values = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
            if name != self.name or _written([name, *values]) != cursor:
                raise ValueError
            kinds = [_kind(column.type) for column in self.columns]
            return list(zip((_value(*each) for each in zip(values, kinds, strict=True)), self.columns, strict=True))
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise Invalid("page.unknown", _words[0], {"after": _words[0]}) from None


def _kind(column: TypeEngine[Any]) -> type[Any]:
    return datetime if isinstance(column, UTCDateTime) else column.python_type


def _written(parts: list[Any]) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(value: Any) -> str | int:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _value(value: Any, kind: type[Any]) -> Any:
    """A cursor's value as the database takes it for a column of this kind; raises ValueError."""
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if type(value) is not kind or (kind is int and abs(int(value)) > _LARGEST) or (kind is str and "\0" in str(value)):
        raise ValueError
    return value
