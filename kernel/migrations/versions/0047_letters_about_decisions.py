"""What people and deciders were written about decisions and appeals; what there is already is told."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.migrations.rows import every_row

UNTOLD = sa.column("told_at").is_(None)

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decision_receipt", sa.Column("told_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("appeal", sa.Column("told", sa.String(length=4), nullable=False, server_default=""))
    op.add_column("appeal", sa.Column("answer_told_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    with every_row():
        op.execute("UPDATE decision_receipt SET told_at = decided_at")
        op.execute("UPDATE appeal SET answer_told_at = decided_at")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.alter_column("told", server_default=None)
    op.create_index(
        "ix_receipt_untold", "decision_receipt", ["decided_at"], sqlite_where=UNTOLD, postgresql_where=UNTOLD
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_receipt_untold", table_name="decision_receipt")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_column("answer_told_at")
        batch_op.drop_column("told")
    with op.batch_alter_table("decision_receipt", schema=None) as batch_op:
        batch_op.drop_column("told_at")
