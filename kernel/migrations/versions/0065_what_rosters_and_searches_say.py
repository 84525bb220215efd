"""What stood in rosters, also in a wrong column, how their files are called, and kept searches are sealed."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kernel.crypto import BY_TENANT, place_of, seal, unseal
from kernel.migrations.rows import every_row, in_portions

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
# By table, what is sealed, and whether there is always something; values of JSON are sealed as its text.
_SEALED: dict[str, dict[str, tuple[sa.types.TypeEngine[Any], bool]]] = {
    "roster": {"name": (sa.String(120), True)},
    "roster_line": {"locale": (sa.String(35), True), "faults": (_JSON, False)},
    "saved_filter": {"asked": (_JSON, True)},
}
_NOTHING: dict[str, Any] = {"faults": []}


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if not is_postgresql:
        op.execute("PRAGMA secure_delete = ON")  # what was plain is written over in the file, too
    for table, columns in _SEALED.items():
        for name, (_kind, is_needed) in columns.items():
            default = "" if is_needed else None
            op.add_column(table, sa.Column(f"{name}_sealed", sa.Text(), server_default=default, nullable=not is_needed))
    with every_row():
        for table in _SEALED:
            _change_rows(table, _sealed)
    for table, columns in _SEALED.items():
        for name, (_kind, is_needed) in columns.items():
            if is_postgresql and is_needed:
                op.alter_column(table, f"{name}_sealed", server_default=None)
            op.drop_column(table, name)


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, columns in _SEALED.items():
        for name, (kind, _is_needed) in columns.items():
            default = "[]" if name in _NOTHING else "{}" if isinstance(kind, sa.JSON) else ""
            op.add_column(table, sa.Column(name, kind, server_default=default, nullable=False))
    with every_row():
        for table in _SEALED:
            _change_rows(table, _plain)
    for table, columns in _SEALED.items():
        for name in columns:
            if is_postgresql:
                op.alter_column(table, name, server_default=None)
            op.drop_column(table, f"{name}_sealed")


def _change_rows(table: str, changed: Callable[[str, Any], dict[str, Any]]) -> None:
    """Write each row anew."""
    kinds = {name: kind for name, (kind, _is_needed) in _SEALED[table].items()}
    columns = [sa.column(name, kind) for name, kind in kinds.items()] + [sa.column(f"{name}_sealed") for name in kinds]
    rows_of = sa.table(table, sa.column("id"), sa.column("org_id"), *columns)
    given: dict[str, Any] = {one.name: sa.bindparam(f"new_{one.name}", type_=one.type) for one in columns}
    update = sa.update(rows_of).where(rows_of.c.id == sa.bindparam("row_id")).values(given)
    for rows in in_portions(rows_of):
        op.get_bind().execute(update, [{"row_id": row.id, **changed(table, row)} for row in rows])


def _sealed(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (kind, is_needed) in _SEALED[table].items():
        value = row._mapping[name]
        text = json.dumps(value, ensure_ascii=False) if isinstance(kind, sa.JSON) else value
        found[f"new_{name}"] = type(value)()
        found[f"new_{name}_sealed"] = seal(text, _place(table, name, row), BY_TENANT) if value or is_needed else None
    return found


def _plain(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (kind, _is_needed) in _SEALED[table].items():
        stored = row._mapping[f"{name}_sealed"]
        text = None if stored is None else unseal(stored, _place(table, name, row))
        value = json.loads(text) if text is not None and isinstance(kind, sa.JSON) else text
        found[f"new_{name}"] = _NOTHING[name] if value is None else value
        found[f"new_{name}_sealed"] = stored
    return found


def _place(table: str, name: str, row: Any) -> str:
    return place_of(table, f"{name}_sealed", row.id, row.org_id)
