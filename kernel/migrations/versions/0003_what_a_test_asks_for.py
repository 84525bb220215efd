"""What a test asks for beyond its plan, checks of people who are in, and what is measured of a question."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose", sa.String(length=10), nullable=False, server_default="entrance"))
        batch_op.add_column(sa.Column("network", sa.String(length=64), nullable=True))

    with op.batch_alter_table("gold_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("link", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("answers", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("difficulty", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("discrimination", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("measured", JSON, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("measured_at", kernel.db.UTCDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("check_id", sa.String(length=22), nullable=True))

    with op.batch_alter_table("qualification_test", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose", sa.String(length=10), nullable=False, server_default="entrance"))
        batch_op.add_column(sa.Column("strata", sa.String(length=20), nullable=False, server_default="class"))
        batch_op.add_column(sa.Column("begin_hours", sa.Integer(), nullable=False, server_default="24"))
        batch_op.add_column(sa.Column("expires_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_paid", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("accepted", JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("about", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("categories", JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("due_at", kernel.db.UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("qualification_test", schema=None) as batch_op:
        batch_op.drop_column("due_at")
        batch_op.drop_column("categories")
        batch_op.drop_column("about")
        batch_op.drop_column("accepted")
        batch_op.drop_column("is_paid")
        batch_op.drop_column("expires_days")
        batch_op.drop_column("begin_hours")
        batch_op.drop_column("strata")
        batch_op.drop_column("purpose")

    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.drop_column("check_id")

    with op.batch_alter_table("gold_key", schema=None) as batch_op:
        batch_op.drop_column("measured_at")
        batch_op.drop_column("measured")
        batch_op.drop_column("discrimination")
        batch_op.drop_column("difficulty")
        batch_op.drop_column("answers")
        batch_op.drop_column("link")

    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_column("network")
        batch_op.drop_column("purpose")
