"""adaptive overlap and lots"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lane") as batch_op:
        batch_op.add_column(sa.Column("overlap_least", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("overlap_target", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("lot_limit", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("lot_allowed", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("release") as batch_op:
        lots = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
        batch_op.add_column(sa.Column("lots", lots, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("in_spite", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("release") as batch_op:
        batch_op.drop_column("in_spite")
        batch_op.drop_column("lots")
    with op.batch_alter_table("lane") as batch_op:
        batch_op.drop_column("lot_allowed")
        batch_op.drop_column("lot_limit")
        batch_op.drop_column("overlap_target")
        batch_op.drop_column("overlap_least")
