"""Checks by natives: prompts, texts, what natives said, and what a check earns."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"language_prompt": "owned", "language_check": "owned", "language_vote": "owned"}

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "language_prompt",
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_prompt")),
    )
    op.create_table(
        "language_check",
        sa.Column("claim_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("pool_id", sa.String(length=22), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("level", sa.String(length=6), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("asked_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("receipt_id", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "(state IN ('decided', 'undone')) = (confirmed IS NOT NULL)",
            name=op.f("ck_language_check_decided_has_outcome"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'answered', 'decided', 'undone')", name=op.f("ck_language_check_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_language_check_org_id_annotator_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_check")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_language_check_org_id_id")),
    )
    with op.batch_alter_table("language_check", schema=None) as batch_op:
        batch_op.create_index("ix_language_check_person", ["org_id", "annotator_id", "asked_at"], unique=False)
        batch_op.create_index("ix_language_check_queue", ["org_id", "state", "locale", "answered_at"], unique=False)

    op.create_table(
        "language_vote",
        sa.Column("check_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("taken_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("held_until", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("confirms", sa.Boolean(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("voted_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint("(voted_at IS NULL) = (confirms IS NULL)", name=op.f("ck_language_vote_vote_has_answer")),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_language_vote_org_id_annotator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "check_id"],
            ["language_check.org_id", "language_check.id"],
            name=op.f("fk_language_vote_org_id_check_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_vote")),
        sa.UniqueConstraint("org_id", "check_id", "account_id", name="uq_language_vote_once"),
    )
    with op.batch_alter_table("language_vote", schema=None) as batch_op:
        batch_op.create_index("ix_language_vote_person", ["org_id", "annotator_id", "voted_at"], unique=False)

    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.add_column(sa.Column("check_micros", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("check_currency", sa.String(length=3), nullable=False, server_default="USD"))

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    # Not in a batch, which would build the table anew under its people.
    op.drop_column("pool", "check_currency")
    op.drop_column("pool", "check_micros")

    with op.batch_alter_table("language_vote", schema=None) as batch_op:
        batch_op.drop_index("ix_language_vote_person")

    op.drop_table("language_vote")
    with op.batch_alter_table("language_check", schema=None) as batch_op:
        batch_op.drop_index("ix_language_check_queue")
        batch_op.drop_index("ix_language_check_person")

    op.drop_table("language_check")
    op.drop_table("language_prompt")
