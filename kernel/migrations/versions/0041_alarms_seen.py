"""Alarms of people's charts after which their work was looked at again; those that there are count as seen."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations.rows import every_row

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.add_column(sa.Column("alarms_seen", sa.Integer(), nullable=False, server_default="0"))
    with every_row():
        op.execute("UPDATE track SET alarms_seen = alarms")
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.alter_column("alarms_seen", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.drop_column("alarms_seen")
