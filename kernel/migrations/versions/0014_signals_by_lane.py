"""signals by lane"""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = {"behaviour_look": "shared"}


def upgrade() -> None:
    op.create_table(
        "behaviour_look",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("signal", sa.String(length=12), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.Integer(), nullable=False),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("lane_id", "signal", name=op.f("pk_behaviour_look")),
    )
    op.create_index("ix_behaviour_look_vendor", "behaviour_look", ["vendor_org_id", "signal", "at"])
    op.create_index("ix_behaviour_review_lane", "behaviour_review", ["lane_id", "opened_at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_behaviour_review_lane", table_name="behaviour_review")
    op.drop_table("behaviour_look")
