"""What is sealed and opened as it is read: from an object, and from a row of columns.

What a statement selects is id, organization and sealed text as one value, as all three are needed to open it. Nothing
else can be done with it in the database: it cannot be compared, ordered or looked into there.
"""

import json
from typing import Any

from sqlalchemy import ColumnElement, Text, literal_column, type_coerce
from sqlalchemy.types import TypeDecorator

from kernel.crypto import BY_TENANT, Sealed, SealedByTenant, place_of, seal, unseal
from kernel.errors import Misuse

_BETWEEN = literal_column("'|'", Text())
_NOBODY = literal_column("''", Text())  # rows of no organization
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class OpenedText(TypeDecorator[Any]):
    """What a select gets of `opened`: the text that was sealed."""

    impl = Text
    cache_ok = True

    def __init__(self, table: str, column: str) -> None:
        super().__init__()
        self.table = table
        self.column = column

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        raise Misuse(f"{self.table}.{self.column} is sealed: the database compares nothing with it")

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        if value is None:
            return None
        row_id, org_id, stored = value.split("|", 2)
        return unseal(stored, place_of(self.table, self.column, row_id, org_id))


class OpenedJson(OpenedText):
    """The same of a value that was sealed as JSON."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        text = super().process_result_value(value, dialect)
        return None if text is None else json.loads(text)


def opened(columns: Any, table: str, column: str, kind: type[OpenedText] = OpenedJson) -> ColumnElement[Any]:
    """What a select names to get the opened value; `columns` are a mapped class, or the columns of its table."""
    org_id = getattr(columns, "org_id", _NOBODY)
    parts = columns.id.concat(_BETWEEN).concat(org_id).concat(_BETWEEN).concat(getattr(columns, column))
    return type_coerce(parts, kind(table, column)).label(column.removesuffix("_sealed"))


def sealed_json(value: Any, table: str, column: str, row_id: str, org_id: str) -> str:
    """What is written of a value, where rows go to the database without objects."""
    return seal(_json(value), place_of(table, column, row_id, org_id), BY_TENANT)


class SealedText(Sealed):
    """An attribute of a model with `id`: the text of an object, and what a select names."""

    def __get__(self, row: Any, owner: Any) -> Any:
        if row is None:
            return opened(owner, owner.__tablename__, self.column, OpenedText)
        return super().__get__(row, owner)


class SealedTextByTenant(SealedText):
    """The same, under the key of the organization that the row belongs to."""

    version = BY_TENANT


class SealedJson(SealedByTenant):
    """An attribute of a model with `id` and `org_id`: the value of an object, and what a select names."""

    def __get__(self, row: Any, owner: Any) -> Any:
        if row is None:
            return opened(owner, owner.__tablename__, self.column)
        found = super().__get__(row, owner)
        return None if found is None else json.loads(found)

    def __set__(self, row: Any, value: Any) -> None:
        super().__set__(row, None if value is None else _json(value))
