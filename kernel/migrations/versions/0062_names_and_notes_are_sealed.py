"""What invited people are called, what was written to them, and what people say about themselves are sealed."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.crypto import BY_TENANT, place_of, seal, unseal
from kernel.migrations.rows import every_row, in_portions

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

_SEALED: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "annotator": {"about": sa.Text()},
    "invitation": {"name": sa.String(120), "note": sa.Text()},
    "roster_line": {"name": sa.String(120), "note": sa.Text()},
}
_NEEDED = {"roster_line"}  # whose plain columns always held a text


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.execute("PRAGMA secure_delete = ON")  # what was plain is written over in the file, too
    for table, columns in _SEALED.items():
        for name in columns:
            op.add_column(table, sa.Column(f"{name}_sealed", sa.Text(), nullable=True))
    with every_row():
        for table in _SEALED:
            _change_rows(table, _sealed)
    for table, columns in _SEALED.items():
        for name in columns:
            op.drop_column(table, name)


def downgrade() -> None:
    for table, columns in _SEALED.items():
        for name, kind in columns.items():
            is_needed = table in _NEEDED
            op.add_column(
                table, sa.Column(name, kind, server_default="" if is_needed else None, nullable=not is_needed)
            )
    with every_row():
        for table in _SEALED:
            _change_rows(table, _plain)
    for table, columns in _SEALED.items():
        for name in columns:
            if op.get_bind().dialect.name == "postgresql":
                op.alter_column(table, name, server_default=None)
            op.drop_column(table, f"{name}_sealed")


def _change_rows(table: str, changed: Callable[[str, Any], dict[str, Any]]) -> None:
    """Write each row anew."""
    columns = [each for name in _SEALED[table] for each in (name, f"{name}_sealed")]
    rows_of = sa.table(table, *(sa.column(name) for name in ("id", "org_id", *columns)))
    given: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in columns}
    update = sa.update(rows_of).where(rows_of.c.id == sa.bindparam("row_id")).values(given)
    for rows in in_portions(rows_of):
        op.get_bind().execute(update, [{"row_id": row.id, **changed(table, row)} for row in rows])


def _sealed(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _SEALED[table]:
        text, place = row._mapping[name], place_of(table, f"{name}_sealed", row.id, row.org_id)
        found[f"new_{name}"] = "" if table in _NEEDED else None
        found[f"new_{name}_sealed"] = seal(text, place, BY_TENANT) if text else None
    return found


def _plain(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _SEALED[table]:
        stored, place = row._mapping[f"{name}_sealed"], place_of(table, f"{name}_sealed", row.id, row.org_id)
        nothing = "" if table in _NEEDED else None
        found[f"new_{name}"] = nothing if stored is None else unseal(stored, place)
        found[f"new_{name}_sealed"] = stored
    return found
