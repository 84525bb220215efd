"""Pauses that end by themselves are found by their end."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

WITH_END = sa.text("kind = 'paused' AND until_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_receipt_pause_end", "decision_receipt", ["until_at"], sqlite_where=WITH_END, postgresql_where=WITH_END
    )


def downgrade() -> None:
    op.drop_index("ix_receipt_pause_end", table_name="decision_receipt")
