"""How long a project's content stays after its end; what ended before is kept for thirty more days at least."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.migrations.rows import every_row

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

_TIME = kernel.db.UTCDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kept_days", sa.Integer(), server_default="365", nullable=False))
        batch_op.add_column(sa.Column("content_until", _TIME, nullable=True))
        batch_op.add_column(sa.Column("content_removed_at", _TIME, nullable=True))
    op.add_column("release", sa.Column("removed_at", _TIME, nullable=True))
    op.add_column("item", sa.Column("removed_at", _TIME, nullable=True))
    project = sa.table(
        "project", sa.column("id", sa.String()), sa.column("finished_at", _TIME), sa.column("content_until", _TIME)
    )
    soonest = datetime.now(UTC) + timedelta(days=30)
    with every_row():
        ended = op.get_bind().execute(
            sa.select(project.c.id, project.c.finished_at).where(project.c.finished_at.is_not(None))
        )
        for row in ended.all():
            until = max(row.finished_at + timedelta(days=365), soonest)
            op.execute(project.update().where(project.c.id == row.id).values(content_until=until))


def downgrade() -> None:
    op.drop_column("item", "removed_at")
    op.drop_column("release", "removed_at")
    for name in ("content_removed_at", "content_until", "kept_days"):
        op.drop_column("project", name)  # as it stands: SQLite would not drop a table that rows refer to
