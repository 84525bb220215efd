"""Attempts are found by their project."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_attempt_project", "attempt", ["project_id", "number", "state"])


def downgrade() -> None:
    op.drop_index("ix_attempt_project", table_name="attempt")
