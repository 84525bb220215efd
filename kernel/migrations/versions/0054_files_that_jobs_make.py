"""Lists that somebody asked for as files, which jobs make and keep sealed for a day."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"made_file": "owned"}

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "made_file",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("membership_id", sa.String(length=22), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("asked_sealed", sa.Text(), nullable=False),
        sa.Column("under_way", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("until_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("job_id", sa.String(length=22), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("stored_name", sa.String(length=40), nullable=True),
        sa.Column("key_sealed", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'refused', 'failed')", name=op.f("ck_made_file_state_is_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_made_file_account_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_made_file_membership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_made_file")),
        sa.UniqueConstraint("org_id", "account_id", "under_way", name="uq_made_file_under_way"),
    )
    with op.batch_alter_table("made_file", schema=None) as batch_op:
        batch_op.create_index("ix_made_file_account", ["account_id", "asked_at"], unique=False)
        batch_op.create_index("ix_made_file_until", ["until_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("made_file", schema=None) as batch_op:
        batch_op.drop_index("ix_made_file_until")
        batch_op.drop_index("ix_made_file_account")

    op.drop_table("made_file")
