"""fairness by group"""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = {"fairness_cell": "shared"}


def upgrade() -> None:
    op.create_table(
        "fairness_cell",
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=35), nullable=False),
        sa.Column("third", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("counted_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('passed', 'paused', 'rejected')", name=op.f("ck_fairness_cell_outcome_is_known")
        ),
        sa.CheckConstraint("kind IN ('locale', 'country')", name=op.f("ck_fairness_cell_kind_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fairness_cell")),
        sa.UniqueConstraint("org_id", "project_id", "outcome", "kind", "name", "third", name="uq_fairness_cell"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("fairness_cell")
