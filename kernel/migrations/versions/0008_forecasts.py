"""forecasts"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DATES = ("forecast_on", "finish_middle", "finish_likely", "finish_sure")


def upgrade() -> None:
    with op.batch_alter_table("lane_progress", schema=None) as batch_op:
        for name in DATES:
            batch_op.add_column(sa.Column(name, sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("finish_chance", sa.Float(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("lane_progress", schema=None) as batch_op:
        for name in (*DATES, "finish_chance"):
            batch_op.drop_column(name)
