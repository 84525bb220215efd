"""How far the answers to a unit agree, kept with its label."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consensus", sa.Column("agreed", sa.Float(), nullable=True))
    op.create_index("ix_consensus_agreed", "consensus", ["lane_id", "agreed", "unit_id"])


def downgrade() -> None:
    op.drop_index("ix_consensus_agreed", table_name="consensus")
    op.drop_column("consensus", "agreed")
