"""Contents of items are sealed under their client's key; which files an item shows stands beside it."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.crypto import BY_TENANT, place_of, seal, unseal
from kernel.db import Json
from kernel.migrations.rows import every_row, use_configured_keys
from kernel.walls import grant_statements, row_security

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

KINDS = {"media_use": "shared"}
PORTION = 1_000
_ITEM = sa.table(
    "item", *(sa.column(name) for name in ("id", "org_id", "vendor_org_id", "project_id")),
    sa.column("content", Json), sa.column("content_sealed"),
)  # fmt: skip
_USE = sa.table(
    "media_use", *(sa.column(name) for name in ("item_id", "media_id", "org_id", "vendor_org_id", "project_id"))
)


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
    with every_row():
        _change_items(_sealed)
    if is_postgresql:
        op.alter_column("item", "content_sealed", server_default=None)
    op.drop_column("item", "content")


def downgrade() -> None:
    op.add_column("item", sa.Column("content", Json, server_default="{}", nullable=False))
    with every_row():
        _change_items(_plain)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("item", "content", server_default=None)
    op.drop_column("item", "content_sealed")
    op.drop_table("media_use")


def _change_items(changed: Callable[[Any], dict[str, Any]]) -> None:
    """Write each item anew, in portions by id, so that no more than one of them is in memory."""
    after = ""
    given = {name: sa.bindparam(f"new_{name}", type_=_ITEM.c[name].type) for name in ("content", "content_sealed")}
    update = sa.update(_ITEM).where(_ITEM.c.id == sa.bindparam("row_id")).values(given)
    while rows := op.get_bind().execute(
        sa.select(_ITEM).where(_ITEM.c.id > after).order_by(_ITEM.c.id).limit(PORTION)
    ).all():  # fmt: skip
        use_configured_keys()
        op.get_bind().execute(update, [{"row_id": row.id, **changed(row)} for row in rows])
        uses = [use for row in rows for use in _uses(row)]
        if uses:
            op.get_bind().execute(sa.insert(_USE), uses)
        after = rows[-1].id


def _place(row: Any) -> str:
    return place_of("item", "content_sealed", row.id, row.org_id)


def _sealed(row: Any) -> dict[str, Any]:
    text = json.dumps(row.content, ensure_ascii=False, separators=(",", ":"))
    return {"new_content": {}, "new_content_sealed": seal(text, _place(row), BY_TENANT)}


def _plain(row: Any) -> dict[str, Any]:
    return {"new_content": json.loads(unseal(row.content_sealed, _place(row))), "new_content_sealed": ""}


def _uses(row: Any) -> list[dict[str, Any]]:
    stated = {row.content.get(field) for field in ("picture", "sound")}
    shown = {each for each in stated if isinstance(each, str) and len(each) <= 22}
    owner = {"org_id": row.org_id, "vendor_org_id": row.vendor_org_id, "project_id": row.project_id}
    return [{"item_id": row.id, "media_id": media_id, **owner} for media_id in sorted(shown)]
