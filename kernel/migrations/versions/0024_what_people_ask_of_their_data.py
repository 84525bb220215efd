"""What people ask of their data: exports and erasures."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_request",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("due_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("done_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("held_up_by", sa.String(length=20), nullable=False),
        sa.Column("stored_name", sa.String(length=40), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.CheckConstraint("kind IN ('export', 'erasure')", name=op.f("ck_data_request_kind_is_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'taken', 'over', 'done', 'cancelled')",
            name=op.f("ck_data_request_state_is_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_data_request_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    op.create_index("ix_data_request_account", "data_request", ["account_id", "asked_at"])
    op.create_index("ix_data_request_due", "data_request", ["kind", "state", "due_at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in grant_statements({"data_request"}, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_data_request_due", table_name="data_request")
    op.drop_index("ix_data_request_account", table_name="data_request")
    op.drop_table("data_request")
