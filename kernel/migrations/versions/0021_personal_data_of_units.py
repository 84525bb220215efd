"""Personal data of units: what was found in an upload, what was decided, and sealed originals of masked items."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kernel.walls import grant_statements, row_security

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = {"item_original": "shared"}
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "item_original",
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["org_id", "id"], ["item.org_id", "item.id"], name=op.f("fk_item_original_org_id_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_original")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_item_original_org_id_id")),
    )
    op.create_index("ix_original_of_project", "item_original", ["project_id"])
    op.add_column("batch", sa.Column("personal", JSON, nullable=True))
    op.add_column("batch", sa.Column("personal_choice", sa.String(length=5), nullable=True))

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_column("batch", "personal_choice")
    op.drop_column("batch", "personal")
    op.drop_index("ix_original_of_project", table_name="item_original")
    op.drop_table("item_original")
