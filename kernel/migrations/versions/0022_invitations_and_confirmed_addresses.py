"""Invitations and the rosters that they come from; addresses that their owners have confirmed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"invitation": "owned", "roster": "owned", "roster_line": "owned"}

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("pool_id", sa.String(length=22), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=True),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.String(length=22), nullable=True),
        sa.Column("sent_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("sent_times", sa.Integer(), nullable=False),
        sa.Column("expires_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("annotator_id", sa.String(length=22), nullable=True),
        sa.Column("revoked_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "pool_id"], ["pool.org_id", "pool.id"], name=op.f("fk_invitation_org_id_pool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_invitation_org_id_id")),
        sa.UniqueConstraint("org_id", "pool_id", "email_key", name="uq_invitation_once"),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitation_secret_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_pool", ["org_id", "pool_id", "id"], unique=False)

    op.create_table(
        "roster",
        sa.Column("pool_id", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=22), nullable=True),
        sa.Column("sent_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.String(length=22), nullable=True),
        sa.Column("dropped_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "pool_id"], ["pool.org_id", "pool.id"], name=op.f("fk_roster_org_id_pool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_roster_org_id_id")),
    )
    op.create_table(
        "roster_line",
        sa.Column("roster_id", sa.String(length=22), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column(
            "faults", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "roster_id"], ["roster.org_id", "roster.id"], name=op.f("fk_roster_line_org_id_roster_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_line")),
        sa.UniqueConstraint("org_id", "roster_id", "number", name="uq_roster_line_number"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email_confirmed_at", kernel.db.UTCDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("account_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=254), nullable=True))

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    # Not in a batch, which would build the tables anew under their people.
    op.drop_column("account_link", "email")
    op.drop_column("account", "email_confirmed_at")

    op.drop_table("roster_line")
    op.drop_table("roster")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index("ix_invitation_pool")

    op.drop_table("invitation")
