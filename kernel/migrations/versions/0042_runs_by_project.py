"""Runs of inference by project, newest first: the last fitted temperature, and agreement by language."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inference_run", schema=None) as batch_op:
        batch_op.create_index("ix_inference_of_project", ["project_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("inference_run", schema=None) as batch_op:
        batch_op.drop_index("ix_inference_of_project")
