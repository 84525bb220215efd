"""How large a lane's lot is, counted by a job."""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lane_progress") as batch_op:
        batch_op.add_column(sa.Column("lot_rest", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("lot_known", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("lot_since", kernel.db.UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("lane_progress") as batch_op:
        for name in ("lot_since", "lot_known", "lot_rest"):
            batch_op.drop_column(name)
