"""Units of their own class, what projects ask of readers, and reads found by whose content it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

READS = sa.text("object_type = 'content'")


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("protection", json, nullable=True))
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("class_rank", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("classification", sa.String(length=20), nullable=True))
    op.create_index("ix_unit_of_project", "unit", ["project_id", "id"])
    op.create_index("ix_audit_reads", "audit_event", ["org_id", "at", "id"], sqlite_where=READS, postgresql_where=READS)


def downgrade() -> None:
    op.drop_index("ix_audit_reads", table_name="audit_event")
    op.drop_index("ix_unit_of_project", table_name="unit")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_column("classification")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_column("class_rank")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("protection")
