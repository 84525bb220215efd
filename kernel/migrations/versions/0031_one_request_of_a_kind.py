"""One open request for one's data of each kind."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations.rows import every_row

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'ready')")


def upgrade() -> None:
    # Of two that were asked for at once one is enough; a file that was made for the other is still removed in time.
    with every_row():
        op.execute(
            "UPDATE data_request SET state = 'cancelled', done_at = asked_at WHERE state IN ('waiting', 'ready')"
            " AND EXISTS (SELECT 1 FROM data_request AS other WHERE other.account_id = data_request.account_id"
            " AND other.kind = data_request.kind AND other.state IN ('waiting', 'ready')"
            " AND other.id > data_request.id)"
        )
    op.create_index(
        "uq_data_request_open", "data_request", ["account_id", "kind"], unique=True, sqlite_where=OPEN,
        postgresql_where=OPEN,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("uq_data_request_open", "data_request")
