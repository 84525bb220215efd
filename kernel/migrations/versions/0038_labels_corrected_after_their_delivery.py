"""Labels corrected after their delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

KINDS = {"label_change": "shared"}


def upgrade() -> None:
    op.create_table(
        "label_change",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("unit_id", sa.String(length=22), nullable=False),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("since", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("told_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "cause IN ('consensus', 'review', 'objection')", name=op.f("ck_label_change_cause_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "unit_id"], ["unit.org_id", "unit.id"], name=op.f("fk_label_change_org_id_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_change")),
    )
    with op.batch_alter_table("label_change", schema=None) as batch_op:
        batch_op.create_index("ix_label_change_project", ["project_id", "at", "id"], unique=False)
        batch_op.create_index(
            "ix_label_change_untold",
            ["org_id", "at"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("label_change")
