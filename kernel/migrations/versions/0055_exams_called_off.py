"""When an exam was called off and what for, since when its question is another one; contents by their class."""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("renewed_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("called_off_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("short_of", sa.String(120), nullable=True))
    op.create_index("ix_item_class", "item", ["project_id", "classification"])


def downgrade() -> None:
    op.drop_index("ix_item_class", table_name="item")
    for name in ("short_of", "called_off_at", "renewed_at"):
        op.drop_column("attempt", name)  # as it stands: SQLite would not drop a table that rows refer to
