"""Languages are stated for each mode, and their levels rest on evidence; what was stated holds for every mode."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel import ids
from kernel.migrations.rows import every_row
from kernel.walls import grant_statements, row_security

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
KINDS = {"language_evidence": "owned"}
MODES = ("write", "listen", "speak")  # beside "read", which the rows that are there become
FULL, FADES = 2.9444389791664403, 2493.8227383434933
KNOWN = ("test", "peer", "work", "document", "imported")
NO_END = "2100-01-01T00:00:00+00:00"
CHUNK = 2000

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_AT = kernel.db.UTCDateTime(timezone=True)
_CLAIM = sa.table(
    "language_claim",
    *(sa.column(name) for name in ("id", "org_id", "annotator_id", "locale", "proficiency", "status", "verified_by")),
    sa.column("mode"), sa.column("evidence", JSON), sa.column("steps", JSON), sa.column("claimed_at", _AT),
    sa.column("verified_at", _AT), sa.column("until_at", _AT),
)  # fmt: skip
_EVIDENCE = sa.table(
    "language_evidence",
    *(sa.column(name) for name in ("id", "org_id", "claim_id", "kind", "source", "level", "weight", "fades_days")),
    sa.column("note"), sa.column("by_account_id"), sa.column("at", _AT), sa.column("until_at", _AT),
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("language_claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(length=6), nullable=False, server_default="read"))
        batch_op.add_column(sa.Column("steps", JSON, nullable=False, server_default="[]"))
        batch_op.drop_constraint(batch_op.f("uq_claim_once"), type_="unique")
        batch_op.create_unique_constraint("uq_claim_once", ["org_id", "annotator_id", "locale", "mode"])
        batch_op.create_unique_constraint(batch_op.f("uq_language_claim_org_id_id"), ["org_id", "id"])
    op.create_table(
        "language_evidence",
        sa.Column("claim_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=6), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("fades_days", sa.Float(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("until_at", _AT, nullable=True),
        sa.Column("by_account_id", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "claim_id"],
            ["language_claim.org_id", "language_claim.id"],
            name=op.f("fk_language_evidence_org_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_evidence")),
        sa.UniqueConstraint("org_id", "claim_id", "kind", "source", name="uq_evidence_source"),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)
    with every_row():
        _move()
    op.drop_column("language_claim", "evidence")  # not in a batch, which would build the table anew under its evidence


def downgrade() -> None:
    op.drop_table("language_evidence")
    with op.batch_alter_table("language_claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("evidence", JSON, nullable=False, server_default="{}"))
    with every_row():
        op.execute("DELETE FROM language_claim WHERE mode <> 'read'")
    with op.batch_alter_table("language_claim", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_language_claim_org_id_id"), type_="unique")
        batch_op.drop_constraint("uq_claim_once", type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_claim_once"), ["org_id", "annotator_id", "locale"])
        batch_op.drop_column("steps")
        batch_op.drop_column("mode")


def _move() -> None:
    """Every claim once more for each other mode, and what verified it as a piece of evidence of each."""
    connection, last = op.get_bind(), ""
    while True:
        rows = connection.execute(
            sa.select(_CLAIM).where(_CLAIM.c.mode == "read", _CLAIM.c.id > last).order_by(_CLAIM.c.id).limit(CHUNK)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        copies, pieces = [], []
        for row in rows:
            own = dict(row._mapping)
            if row.status == "verified":
                own["steps"] = [[row.proficiency, row.until_at.isoformat() if row.until_at else NO_END]]
                connection.execute(sa.update(_CLAIM).where(_CLAIM.c.id == row.id).values(steps=own["steps"]))
            modes = [own, *({**own, "id": ids.new_id(), "mode": mode} for mode in MODES)]
            copies += modes[1:]
            if row.status == "verified":
                pieces += [_piece(each) for each in modes]
        connection.execute(sa.insert(_CLAIM), copies)
        if pieces:
            connection.execute(sa.insert(_EVIDENCE), pieces)


def _piece(claim: dict[str, Any]) -> dict[str, Any]:
    told = claim["evidence"] or {}
    kind = told.get("kind") if told.get("kind") in KNOWN else "imported"
    return {
        "id": ids.new_id(), "org_id": claim["org_id"], "claim_id": claim["id"], "kind": kind,
        "source": str(told.get("ref") or "before")[:80], "level": claim["proficiency"], "weight": FULL,
        "fades_days": FADES, "note": str(told.get("note") or ""), "by_account_id": claim["verified_by"],
        "at": claim["verified_at"] or claim["claimed_at"], "until_at": claim["until_at"],
    }  # fmt: skip
