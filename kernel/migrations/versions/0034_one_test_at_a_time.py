"""One test at a time for each account; of two that were begun at once, the later one ends and costs nothing."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations.rows import every_row

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

UNDER_WAY = sa.text("state IN ('training', 'exam')")


def upgrade() -> None:
    with every_row():
        op.execute(
            "UPDATE attempt SET state = 'ended', ended_at = deadline_at WHERE state IN ('training', 'exam')"
            " AND EXISTS (SELECT 1 FROM attempt AS other WHERE other.account_id = attempt.account_id"
            " AND other.state IN ('training', 'exam') AND (other.started_at < attempt.started_at"
            " OR (other.started_at = attempt.started_at AND other.id < attempt.id)))"
        )
    op.create_index(
        "uq_attempt_under_way", "attempt", ["account_id"], unique=True, sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("uq_attempt_under_way", "attempt")
