"""Contents of items, and what uploads are told to hold, are sealed; which files an item shows stands beside it."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from kernel.crypto import BY_TENANT, place_of, seal, unseal
from kernel.db import Json
from kernel.migrations.rows import every_row, in_portions
from kernel.walls import grant_statements, row_security

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

KINDS = {"media_use": "shared"}
_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_OWNER = ("org_id", "vendor_org_id", "project_id")
_USE = sa.table("media_use", *(sa.column(name) for name in ("item_id", "media_id", *_OWNER)))
# What is sealed: by table, each column with what stands in its place; None: nothing does.
_SEALED: dict[str, dict[str, Any]] = {
    "item": {"content": {}},
    "batch": {"findings": [], "preview": [], "personal": None},
}
_KEYS = (("batch", "key_sealed"), ("release", "file_keys_sealed"))  # of files that are encrypted from now on


def upgrade() -> None:
    op.create_table(
        "media_use",
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("media_id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "item_id"], ["item.org_id", "item.id"], name=op.f("fk_media_use_org_id_item_id")
        ),
        sa.PrimaryKeyConstraint("item_id", "media_id", name=op.f("pk_media_use")),
    )
    op.create_index("ix_media_use_of_file", "media_use", ["media_id"])
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)
    else:
        op.execute("PRAGMA secure_delete = ON")  # what was plain is written over in the file, too
    op.add_column("item", sa.Column("content_sealed", sa.Text(), server_default="", nullable=False))
    for name in _SEALED["batch"]:
        op.add_column("batch", sa.Column(f"{name}_sealed", sa.Text(), nullable=True))
    for table, name in _KEYS:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
    with every_row():
        for table in _SEALED:
            _change_rows(table, _sealed)
    if is_postgresql:
        op.alter_column("item", "content_sealed", server_default=None)
    for table, columns in _SEALED.items():
        for name in columns:
            op.drop_column(table, name)


def downgrade() -> None:
    for table, columns in _SEALED.items():
        for name, nothing in columns.items():
            default = None if nothing is None else json.dumps(nothing)
            op.add_column(table, sa.Column(name, Json, server_default=default, nullable=default is None))
    with every_row():
        for table in _SEALED:
            _change_rows(table, _plain)
    for table, columns in _SEALED.items():
        for name in columns:
            if op.get_bind().dialect.name == "postgresql":
                op.alter_column(table, name, server_default=None)
            op.drop_column(table, f"{name}_sealed")
    for table, name in _KEYS:  # and with them what was uploaded or built since
        op.drop_column(table, name)
    op.drop_table("media_use")


def _change_rows(table: str, changed: Callable[[str, Any], dict[str, Any]]) -> None:
    """Write each row anew."""
    plain, sealed = list(_SEALED[table]), [f"{name}_sealed" for name in _SEALED[table]]
    rows_of = sa.table(
        table, *(sa.column(name) for name in ("id", *_OWNER, *sealed)), *(sa.column(name, _JSON) for name in plain)
    )
    given = {name: sa.bindparam(f"new_{name}", type_=rows_of.c[name].type) for name in (*plain, *sealed)}
    update = sa.update(rows_of).where(rows_of.c.id == sa.bindparam("row_id")).values(given)
    for rows in in_portions(rows_of):
        op.get_bind().execute(update, [{"row_id": row.id, **changed(table, row)} for row in rows])
        uses = [use for row in rows for use in _uses(row)] if table == "item" else []
        if uses:
            op.get_bind().execute(sa.insert(_USE), uses)


def _sealed(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, nothing in _SEALED[table].items():
        value, place = row._mapping[name], place_of(table, f"{name}_sealed", row.id, row.org_id)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        found[f"new_{name}"] = nothing
        found[f"new_{name}_sealed"] = None if value is None else seal(text, place, BY_TENANT)
    return found


def _plain(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, nothing in _SEALED[table].items():
        stored, place = row._mapping[f"{name}_sealed"], place_of(table, f"{name}_sealed", row.id, row.org_id)
        found[f"new_{name}"] = nothing if stored is None else json.loads(unseal(stored, place))
        found[f"new_{name}_sealed"] = stored
    return found


def _uses(row: Any) -> list[dict[str, Any]]:
    stated = {row.content.get(field) for field in ("picture", "sound")}
    shown = {each for each in stated if isinstance(each, str) and len(each) <= 22}
    owner = {"org_id": row.org_id, "vendor_org_id": row.vendor_org_id, "project_id": row.project_id}
    return [{"item_id": row.id, "media_id": media_id, **owner} for media_id in sorted(shown)]
