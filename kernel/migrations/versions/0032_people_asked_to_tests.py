"""Who was asked to take which test, and when last."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"test_invitation": "owned"}

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "test_invitation",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_account_id", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_test_invitation_org_id_annotator_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_invitation")),
        sa.UniqueConstraint("org_id", "lane_id", "annotator_id", name="uq_test_invitation_once"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("test_invitation")
