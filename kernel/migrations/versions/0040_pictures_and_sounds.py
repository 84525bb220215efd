"""Pictures and sounds of projects, and what those who brought them call them."""

import sqlalchemy as sa
from alembic import op

from kernel.walls import grant_statements, row_security

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KINDS = {"media": "shared", "media_name": "shared"}


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_name", sa.String(length=40), nullable=False),
        sa.Column("key_sealed", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_media_org_id_id")),
    )
    op.create_index("ix_media_of_project", "media", ["project_id", "id"])

    op.create_table(
        "media_name",
        sa.Column("by_org_id", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["org_id", "id"], ["media.org_id", "media.id"], name=op.f("fk_media_name_org_id_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_name")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_media_name_org_id_id")),
        sa.UniqueConstraint("org_id", "project_id", "by_org_id", "name_key", name="uq_media_name_once"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("media_name")
    op.drop_table("media")
