"""Searches among people that are kept under a name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kernel.walls import grant_statements, row_security

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KINDS = {"saved_filter": "owned"}
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("asked", JSON, nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_saved_filter_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("org_id", "account_id", "name", name="uq_saved_filter_name"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("saved_filter")
