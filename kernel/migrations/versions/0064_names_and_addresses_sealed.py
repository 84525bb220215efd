"""Names and addresses of people are sealed; they are found by keyed digests of addresses and of beginnings of names.
Names of documents are sealed, too.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.crypto import BY_FIELD_KEY, BY_TENANT, place_of, seal, unseal
from kernel.errors import Invalid
from kernel.migrations.rows import every_row, in_portions
from kernel.walls import grant_statements
from workforce.rules.indexes import address_index, name_numbers
from workforce.rules.names import email_key

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

_ADDRESS, _NAME = sa.String(254), sa.String(120)
# By table, what is sealed, and whether there is always something.
_SEALED: dict[str, dict[str, tuple[sa.types.TypeEngine[Any], bool]]] = {
    "account": {"email": (_ADDRESS, True), "name": (_NAME, True)},
    "account_link": {"email": (_ADDRESS, False)},
    "invitation": {"email": (_ADDRESS, True)},
    "person_document": {"name": (_NAME, True), "about": (sa.String(200), True)},
    "role_offer": {"email": (_ADDRESS, True)},
    "roster_line": {"email": (_ADDRESS, True)},
}
_OWNED = {"invitation", "person_document", "role_offer", "roster_line"}
_WITH_KEY = {"account", "invitation", "role_offer", "roster_line"}
_ERASED = "erased-"  # how the address of an erased account begins
_PARTS = sa.table("name_part", sa.column("part"), sa.column("account_id"))


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "name_part",
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_name_part_account_id")),
        sa.PrimaryKeyConstraint("part", "account_id", name=op.f("pk_name_part")),
    )
    op.create_index("ix_name_part_account", "name_part", ["account_id"])
    if is_postgresql:
        for statement in grant_statements({"name_part"}, set(), set()):
            op.execute(statement)
    else:
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
        for name, (kind, is_needed) in columns.items():
            default = "" if is_needed else None
            op.add_column(table, sa.Column(name, kind, server_default=default, nullable=not is_needed))
    with every_row():
        for table in _SEALED:
            _change_rows(table, _plain)
    for table, columns in _SEALED.items():
        for name, (_kind, is_needed) in columns.items():
            if is_postgresql and is_needed:
                op.alter_column(table, name, server_default=None)
            op.drop_column(table, f"{name}_sealed")
    op.drop_index("ix_name_part_account", "name_part")
    op.drop_table("name_part")


def _change_rows(table: str, changed: Callable[[str, Any], dict[str, Any]]) -> None:
    """Write each row anew, and what people are found by."""
    names = [each for name in _SEALED[table] for each in (name, f"{name}_sealed")]
    names += ["email_key"] if table in _WITH_KEY else []
    owner = ["org_id"] if table in _OWNED else []
    rows_of = sa.table(table, *(sa.column(name) for name in ("id", *owner, *names)))
    given: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
    update = sa.update(rows_of).where(rows_of.c.id == sa.bindparam("row_id")).values(given)
    for rows in in_portions(rows_of):
        op.get_bind().execute(update, [{"row_id": row.id, **changed(table, row)} for row in rows])
        parts = _parts(rows) if table == "account" and changed is _sealed else []
        if parts:
            op.get_bind().execute(sa.insert(_PARTS), parts)


def _parts(rows: Any) -> list[dict[str, Any]]:
    return [
        {"part": part, "account_id": row.id}
        for row in rows
        if not row.email.startswith(_ERASED)
        for part in name_numbers(row.name)
    ]


def _sealed(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (_kind, is_needed) in _SEALED[table].items():
        text, version = _text(table, name, row), BY_TENANT if table in _OWNED else BY_FIELD_KEY
        found[f"new_{name}"] = "" if is_needed else None
        found[f"new_{name}_sealed"] = None if text is None else seal(text, _place(table, name, row), version)
    if table in _WITH_KEY:
        # A line that was wrong for something else had no key, though it has an address.
        key = _key(_text(table, "email", row))
        found["new_email_key"] = address_index(key) if key else None
    return found


def _plain(table: str, row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _SEALED[table]:
        stored = row._mapping[f"{name}_sealed"]
        found[f"new_{name}"] = None if stored is None else unseal(stored, _place(table, name, row))
        found[f"new_{name}_sealed"] = stored
    if table in _WITH_KEY:
        found["new_email_key"] = _key(found["new_email"])
    return found


def _text(table: str, name: str, row: Any) -> Any:
    """What is sealed: what stood there, but for what stood in the place of an address whose owner was erased."""
    text = row._mapping[name]
    is_erased = name == "email" and table in ("invitation", "role_offer") and "@" not in text
    return f"{row.id}@erased.invalid" if is_erased else text


def _place(table: str, name: str, row: Any) -> str:
    return place_of(table, f"{name}_sealed", row.id, row.org_id if table in _OWNED else None)


def _key(email: str) -> str | None:
    try:
        return email_key(email)
    except Invalid:
        return None
