"""A decision whose appeal is not answered by its day is on hold, and found by it; one that is over says since when."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.migrations.rows import every_row

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

UNHELD = sa.text("decided_at IS NULL AND held_at IS NULL")


def upgrade() -> None:
    op.add_column("decision_receipt", sa.Column("ended_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("appeal", sa.Column("held_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    with every_row():  # when each was over was not kept: its own end where it had one, else the day it was made
        op.execute("UPDATE decision_receipt SET ended_at = COALESCE(until_at, decided_at) WHERE state = 'ended'")
    op.create_index("ix_appeal_late", "appeal", ["due_at", "id"], sqlite_where=UNHELD, postgresql_where=UNHELD)


def downgrade() -> None:
    op.drop_index("ix_appeal_late", table_name="appeal")
    op.drop_column("appeal", "held_at")
    op.drop_column("decision_receipt", "ended_at")
