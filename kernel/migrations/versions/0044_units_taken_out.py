"""How many units of a lane were taken out of the work."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lane_progress", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("lane_progress", schema=None) as batch_op:
        batch_op.drop_column("cancelled")
