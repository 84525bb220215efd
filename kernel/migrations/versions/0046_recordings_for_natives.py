"""Recordings for checks by natives, and whether a check or a prompt is of writing or of speaking."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"language_recording": "owned"}

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "language_recording",
        sa.Column("check_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kept_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("stored_name", sa.String(length=40), nullable=False),
        sa.Column("key_sealed", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_language_recording_org_id_annotator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "check_id"],
            ["language_check.org_id", "language_check.id"],
            name=op.f("fk_language_recording_org_id_check_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_recording")),
        sa.UniqueConstraint("org_id", "check_id", name="uq_language_recording_once"),
    )
    with op.batch_alter_table("language_recording", schema=None) as batch_op:
        batch_op.create_index("ix_language_recording_person", ["org_id", "annotator_id"], unique=False)

    with op.batch_alter_table("language_check", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(length=6), server_default="write", nullable=False))

    with op.batch_alter_table("language_prompt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(length=6), server_default="write", nullable=False))

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    # Not in a batch, which would build the tables anew under what refers to them.
    op.drop_column("language_prompt", "mode")
    op.drop_column("language_check", "mode")
    with op.batch_alter_table("language_recording", schema=None) as batch_op:
        batch_op.drop_index("ix_language_recording_person")

    op.drop_table("language_recording")
