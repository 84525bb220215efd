"""what vendors are told of checks"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lane_progress", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_checked", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("told_right", sa.Float(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("told_to", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("lane_progress", schema=None) as batch_op:
        batch_op.drop_column("told_to")
        batch_op.drop_column("told_right")
        batch_op.drop_column("told_checked")
