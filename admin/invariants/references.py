"""What refers to what: every column that names a row of a tenant's table, read from the tables themselves.

Most references carry the organization in their key, so that the database holds them; the others are a plain id. Here
both are asked. A large table is asked about a portion of its rows, another one each day: ids are random, so that all
have had their turn after as many days as there are first letters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Select, Table, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from kernel.db import Base, now_of
from kernel.walls import kind_of

WHOLE = 200_000
"""Tables of up to so many rows are asked about all of them: ten million rows take as long as one sixty-second part."""
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Columns that are called otherwise than the table whose rows they name.
CALLED = {
    "receipt_id": "decision_receipt", "pause_receipt_id": "decision_receipt", "answer_receipt_id": "decision_receipt",
    "test_id": "qualification_test", "run_id": None, "check_id": "attempt", "question_id": "attempt_question",
    "key_id": "gold_key", "rule_id": "gate_rule", "other_id": "annotator", "first_id": "annotator",
    "second_id": "annotator", "reverses_id": "transfer",
}  # fmt: skip
ELSEWHERE = frozenset({"grade.annotator_id"})  # a client's word on a vendor's person: its judgment says whose


@dataclass(frozen=True)
class Reference:
    """A column that names a row of another table of tenants."""

    column: Column[str]
    target: Table

    @property
    def name(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"


def references() -> list[Reference]:
    """Every reference between tables of tenants, by constraint or by name, in the order of their names."""
    tables = {table.name: table for table in Base.metadata.tables.values() if kind_of(table) != "global"}
    found = {each.name: each for table in tables.values() for each in _of(table, tables)}
    return [found[name] for name in sorted(found) if name not in ELSEWHERE]


def _of(table: Table, tables: Mapping[str, Table]) -> Iterator[Reference]:
    for constraint in table.foreign_key_constraints:
        for element in constraint.elements:
            if element.column.name == "id" and element.column.table.name in tables:
                yield Reference(element.parent, element.column.table)
    for column in table.columns:
        target = tables.get(CALLED.get(column.name, column.name.removesuffix("_id")) or "")
        if column.name.endswith("_id") and not column.foreign_keys and target is not None and "id" in target.columns:
            yield Reference(column, target)


def strange_references(session: Session) -> dict[str, int]:
    """By column: rows that refer to a row which neither their organization nor their vendor owns or is given."""
    sizes: dict[str, int] = {}
    found = {}
    for each in references():
        table = each.column.table
        if table.name not in sizes:
            sizes[table.name] = session.scalar(select(func.count()).select_from(table)) or 0
        part = None if sizes[table.name] <= WHOLE else letter_of(now_of(session))
        found[each.name] = session.scalar(strange(each, part)) or 0 if sizes[table.name] else 0
    return found


def letter_of(day: datetime) -> str:
    """The first letter whose rows have their turn on this day."""
    return LETTERS[day.toordinal() % len(LETTERS)]


@cache
def _referred(table: Table) -> Any:
    """The table under a name of its own, as it may refer to itself."""
    return table.alias("target")


def strange(reference: Reference, letter: str | None = None) -> Select[int]:
    """Counts the rows of a reference that lead to another owner; of one portion only, if a letter is given."""
    row, target = reference.column.table, _referred(reference.target)
    owners = [column for name in ("org_id", "vendor_org_id") if (column := row.columns.get(name)) is not None]
    same = or_(*(target.c.org_id == owner for owner in owners))
    if "vendor_org_id" in target.columns:  # what a vendor keeps about what was given to it
        same = or_(same, and_(target.c.vendor_org_id.is_not(None), target.c.vendor_org_id == row.columns["org_id"]))
    strangers = not_(func.coalesce(same, False))
    statement = select(func.count()).select_from(row).join(target, target.c.id == reference.column).where(strangers)
    if letter is not None:
        first = next(iter(row.primary_key))
        statement = statement.where(func.substr(first, 1, 1) == letter)
    return statement
