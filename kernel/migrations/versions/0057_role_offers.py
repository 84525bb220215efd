"""Roles that an organization offers to an address."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

KINDS = {"role_offer": "owned"}


def upgrade() -> None:
    op.create_table(
        "role_offer",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("offered_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("offered_by", sa.String(length=22), nullable=True),
        sa.Column("expires_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_offer")),
        sa.UniqueConstraint("org_id", "email_key", "role", name="uq_role_offer_once"),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_role_offer_org_id_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_role_offer_secret_hash")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("role_offer")
