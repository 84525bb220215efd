"""Field keys turned over while everything runs: what an older key sealed is sealed anew with the first one.

What sealed addresses and names are found by is digested anew with it. Old keys keep opening until nothing is left
under them. A row that somebody changes meanwhile is theirs: it was sealed
with the first key already. Nothing is kept of the way: what is left is seen in the rows themselves.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, String, Table, func, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel import audit
from kernel.changes import changed_rows
from kernel.crypto import CannotDecrypt, Sealed, key_id_of, place_of, primary_key_id, seal, unseal
from kernel.db import Base
from kernel.policy import Actor
from kernel.registry import load_models
from workforce.models import Account
from workforce.naming import find_again
from workforce.rules.indexes import address_index
from workforce.rules.names import email_key

PORTION = 200
PORTION_OF_FILES = 5  # each may have megabytes
_HEAD = 80
_OF_FILES = frozenset({"person_document.content_sealed"})


@dataclass(frozen=True)
class SealedColumn:
    """A column whose texts are sealed, bound to their rows."""

    table: Table
    column: Column[Any]
    version: str  # which its texts are sealed in from now on

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    @property
    def portion(self) -> int:
        """How many of its texts are held in memory at a time."""
        return PORTION_OF_FILES if self.name in _OF_FILES else PORTION


@dataclass(frozen=True)
class Portion:
    """What one portion came to, and where the next begins; None at the end."""

    sealed: int
    unreadable: int
    after: str | None


def sealed_columns() -> list[SealedColumn]:
    """Every sealed column of every table, by name; a new one is among them by being sealed."""
    load_models()
    found = []
    for mapper in Base.registry.mappers:
        for value in vars(mapper.class_).values():
            if isinstance(value, Sealed):
                table = Base.metadata.tables[mapper.class_.__tablename__]
                found.append(SealedColumn(table, table.c[value.column], value.version))
    return sorted(found, key=lambda each: each.name)


def count_by_key(session: Session, actor: Actor, sealed: SealedColumn) -> Counter[str]:
    """How many texts of a column each key has sealed."""
    # The beginning says by which key; a document is too much to be read for that.
    begins = func.substr(sealed.column, 1, _HEAD)
    stored = select(begins).where(sealed.column.is_not(None)).execution_options(yield_per=1_000)
    return Counter(key_id_of(text) for text in session.scalars(stored))


def reseal(
    session: Session, actor: Actor, sealed: SealedColumn, after: str | None, limit: int | None = None
) -> Portion:
    """Seal one portion of a column anew, by id; what no key opens stays as it is and is counted."""
    limit = limit or sealed.portion
    columns = sealed.table.c
    org_id = columns.org_id if "org_id" in columns else columns.id
    first = f"{sealed.version}|{primary_key_id()}|"
    old = select(columns.id, org_id, sealed.column).where(
        sealed.column.is_not(None), ~sealed.column.startswith(first, autoescape=True)
    )
    if after is not None:
        old = old.where(columns.id > after)
    done = unreadable = 0
    rows = session.execute(old.order_by(columns.id).limit(limit)).all()
    for row_id, owner, text in rows:
        place = place_of(sealed.table.name, sealed.column.name, row_id, owner if "org_id" in columns else None)
        try:
            fresh = seal(unseal(text, place), place, sealed.version)
        except CannotDecrypt:
            unreadable += 1
            continue
        changed = session.execute(
            update(sealed.table).where(columns.id == row_id, sealed.column == text).values({sealed.column: fresh})
        )
        done += changed_rows(changed)
    return Portion(done, unreadable, rows[-1][0] if len(rows) == limit else None)


def index_columns() -> list[Column[Any]]:
    """The columns of digests, of which each says by which key it was made."""
    load_models()
    tables = (table for table in Base.metadata.tables.values() if isinstance(table.c.get("email_key"), Column))
    return sorted((table.c.email_key for table in tables), key=lambda column: column.table.name)


def count_indexes_by_key(session: Session, actor: Actor, index: Column[Any]) -> Counter[str]:
    """How many digests of a column each key has made."""
    stored = select(index).where(index.is_not(None)).execution_options(yield_per=1_000)
    return Counter(text.partition("|")[0] for text in session.scalars(stored))


def reindex(session: Session, actor: Actor, index: Column[Any], after: str | None, limit: int = PORTION) -> Portion:
    """Digest one portion of addresses anew, by id, and with those of accounts the names; what no key opens, and what
    another row has been written for meanwhile, stays and is counted as unreadable."""
    table = index.table
    model = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)
    first = f"{primary_key_id()}|"
    old = select(model).where(index.is_not(None), ~type_coerce(index, String).startswith(first, autoescape=True))
    if after is not None:
        old = old.where(model.id > after)
    done = 0
    rows = session.scalars(old.order_by(model.id).limit(limit).with_for_update()).all()
    for row in rows:
        try:
            with session.begin_nested():
                if isinstance(row, Account):
                    find_again(session, row)
                else:
                    row.email_key = address_index(email_key(row.email))
        except (CannotDecrypt, IntegrityError):
            continue
        done += 1
    return Portion(done, len(rows) - done, rows[-1].id if len(rows) == limit else None)


def note_resealed(session: Session, actor: Actor, counts: dict[str, int], unreadable: int) -> None:
    """The log keeps that keys were turned over, and how much that was."""
    details = {"key": primary_key_id(), "sealed": sum(counts.values()), "unreadable": unreadable}
    audit.record(session, actor, "keys.turned_over", "keys", None, details=details)
