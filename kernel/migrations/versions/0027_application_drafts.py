"""Applications that were begun."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"application_draft": "owned"}

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application_draft",
        sa.Column("pool_id", sa.String(length=22), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=True),
        sa.Column("saved_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "pool_id"], ["pool.org_id", "pool.id"], name=op.f("fk_application_draft_org_id_pool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_draft")),
        sa.UniqueConstraint("org_id", "pool_id", "key_hash", name="uq_draft_key"),
    )
    with op.batch_alter_table("application_draft", schema=None) as batch_op:
        batch_op.create_index("ix_application_draft_expires", ["expires_at"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("application_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_application_draft_expires")

    op.drop_table("application_draft")
