"""When projects ended; those that have ended take it from the log."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.migrations.rows import every_row

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("finished_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    with every_row():
        op.execute(
            "UPDATE project SET finished_at = (SELECT max(at) FROM audit_event WHERE action = 'project.finished'"
            " AND object_ref = project.id) WHERE state = 'done'"
        )


def downgrade() -> None:
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("finished_at")
