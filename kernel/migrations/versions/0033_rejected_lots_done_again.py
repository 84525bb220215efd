"""Rejected lots that are done again."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KINDS = {"lot_rework": "shared"}


def upgrade() -> None:
    op.create_table(
        "lot_rework",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("lot_since", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("asked_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=22), nullable=True),
        sa.Column("begun_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("done_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint("kind IN ('answers', 'review')", name=op.f("ck_lot_rework_kind_is_known")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_lot_rework_has_reason")),
        sa.CheckConstraint("state IN ('ordered', 'working', 'done')", name=op.f("ck_lot_rework_state_is_known")),
        sa.ForeignKeyConstraint(
            ["org_id", "lane_id"], ["lane.org_id", "lane.id"], name=op.f("fk_lot_rework_org_id_lane_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_rework")),
    )
    with op.batch_alter_table("lot_rework", schema=None) as batch_op:
        batch_op.create_index("ix_lot_rework_lane", ["lane_id", "asked_at"], unique=False)

    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rework_id", sa.String(length=22), nullable=True))
        batch_op.create_index(
            "ix_unit_reworked",
            ["rework_id", "state"],
            unique=False,
            sqlite_where=sa.text("rework_id IS NOT NULL"),
            postgresql_where=sa.text("rework_id IS NOT NULL"),
        )

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_unit_reworked",
            sqlite_where=sa.text("rework_id IS NOT NULL"),
            postgresql_where=sa.text("rework_id IS NOT NULL"),
        )
        batch_op.drop_column("rework_id")

    with op.batch_alter_table("lot_rework", schema=None) as batch_op:
        batch_op.drop_index("ix_lot_rework_lane")

    op.drop_table("lot_rework")
