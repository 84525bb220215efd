"""Releases of restricted data go out by two people, and units raised above their project are found."""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RAISED = sa.text("classification IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opened_by", sa.String(length=22), nullable=True))
        batch_op.add_column(sa.Column("opened_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_unit_raised", "unit", ["project_id", "classification"], sqlite_where=RAISED, postgresql_where=RAISED
    )


def downgrade() -> None:
    op.drop_index("ix_unit_raised", table_name="unit")
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_column("opened_at")
        batch_op.drop_column("opened_by")
