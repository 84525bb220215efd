"""Many rows at once: a statement compiled once for each database, and each row made ready for the driver and no more.

What SQLAlchemy does for a row of a statement costs more than the row does in the database. Who may write what is not
decided here: `kernel.db` and `kernel.hot`, the only callers, have narrowed the statement or checked the rows before.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect

from kernel.errors import Misuse

Row = Mapping[str, Any]


def insert_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns."""
    names = tuple(rows[0])
    statement, processors, defaults = _insertion(table, names, connection.dialect)
    sent: list[dict[str, Any]] = []
    for row in rows:
        if len(row) != len(names):
            raise Misuse(f"rows of {table.name} with different columns")
        ready = dict(row)
        for name, default in defaults:
            ready[name] = default(None) if callable(default) else default
        for name, process in processors:
            ready[name] = process(ready[name])
        sent.append(ready)
    connection.exec_driver_sql(statement, sent)


def insert_new(connection: Connection, table: Table, rows: Sequence[Row], conflict: tuple[str, ...]) -> set[Any]:
    """Insert those rows whose `conflict` columns do not exist yet; returns their (first) primary keys."""
    return set(connection.execute(_insertion_of_new(table, conflict, connection.dialect.name), rows).scalars())


def execute_all(connection: Connection, statement: Any, shared: Row, rows: Sequence[Row]) -> int:
    """Send a statement for many rows of parameters, with some that are the same for all; returns how many it hit."""
    text, constants, processors = _text(statement, connection.dialect)
    always = {**constants, **{name: _made(processors, name, value) for name, value in shared.items()}}
    own = [(name, process) for name, process in processors.items() if name in rows[0]]
    sent: list[dict[str, Any]] = []
    for row in rows:
        ready = {**always, **row}
        for name, process in own:
            ready[name] = process(ready[name])
        sent.append(ready)
    return connection.exec_driver_sql(text, sent).rowcount


@cache
def _insertion(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, list[Any], list[Any]]:
    """The text of an insert, how values become what the driver takes, and what stands in columns without a value."""
    columns = [column for column in table.columns if column.name in names or column.default is not None]
    statement = str(table.insert().compile(dialect=dialect, column_keys=[column.name for column in columns]))
    made = [(column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns]
    defaults = [(each.name, each.default.arg) for each in columns if each.name not in names]  # type: ignore[union-attr]
    return statement, [(name, process) for name, process in made if process is not None], defaults


@cache
def _insertion_of_new(table: Table, conflict: tuple[str, ...], dialect: str) -> Any:
    """An insert that returns the rows that are new, as an insert of many rows tells no count."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing(index_elements=conflict).returning(next(iter(table.primary_key)))


@cache
def _text(statement: Any, dialect: Dialect) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A statement's text, the values that stand in it, and how values become what the driver takes."""
    compiled = statement.compile(dialect=dialect)
    made = {name: bound.type.dialect_impl(dialect).bind_processor(dialect) for name, bound in compiled.binds.items()}
    processors = {name: process for name, process in made.items() if process is not None}
    inner = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
    return str(compiled), {name: _made(processors, name, value) for name, value in inner.items()}, processors


def _made(processors: Mapping[str, Any], name: str, value: Any) -> Any:
    return processors[name](value) if name in processors else value
