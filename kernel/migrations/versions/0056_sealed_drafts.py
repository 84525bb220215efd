"""What somebody has typed and not sent yet is sealed."""

import json

import sqlalchemy as sa
from alembic import op

from kernel.config import settings_or_end
from kernel.crypto import KeyRing, place_of
from kernel.migrations.rows import every_row

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TABLE = sa.table(
    "assignment",
    sa.column("id", sa.String), sa.column("org_id", sa.String), sa.column("state", sa.String),
    sa.column("draft", sa.JSON), sa.column("draft_sealed", sa.Text), sa.column("draft_at", sa.DateTime),
)  # fmt: skip
COLUMN = TABLE.c


def upgrade() -> None:
    op.add_column("assignment", sa.Column("draft_sealed", sa.Text(), nullable=True))
    with every_row():
        _seal()
    op.drop_column("assignment", "draft")


def _seal() -> None:
    """Only what can still be sent is kept; an older draft was of no use to anybody."""
    connection = op.get_bind()
    kept = sa.select(COLUMN.id, COLUMN.org_id, COLUMN.draft).where(
        COLUMN.draft_at.is_not(None), COLUMN.state.in_(("leased", "expired"))
    )
    rows = [row for row in connection.execute(kept) if row.draft is not None]
    if not rows:
        return
    ring = KeyRing(settings_or_end().field_keys)
    for row in rows:
        place = place_of("assignment", "draft_sealed", row.id, row.org_id)
        sealed = ring.seal(json.dumps(row.draft, ensure_ascii=False), place)
        connection.execute(TABLE.update().where(COLUMN.id == row.id).values(draft_sealed=sealed))


def downgrade() -> None:
    op.add_column("assignment", sa.Column("draft", sa.JSON(), nullable=True))
    op.drop_column("assignment", "draft_sealed")
