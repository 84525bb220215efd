"""Second factors, recovery codes, resets by two people, and when a session or token was last proven."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.tenancy import Power
from kernel.walls import grant_statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "factor_reset",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=22), nullable=False),
        sa.Column("decided_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (outcome IS NULL)", name=op.f("ck_factor_reset_decided_has_outcome")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_factor_reset_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_reset")),
    )
    with op.batch_alter_table("factor_reset", schema=None) as batch_op:
        batch_op.create_index("ix_factor_reset_account", ["account_id", "asked_at"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("used_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("account_id", "code_hash", name="uq_recovery_code_once"),
    )
    op.create_table(
        "totp_factor",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_totp_factor_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_factor")),
        sa.UniqueConstraint("account_id", name=op.f("uq_totp_factor_account_id")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("factor_since", kernel.db.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("has_short_password", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("account_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proven_at", kernel.db.UTCDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("auth_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mfa_kind", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("proven_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))

    if op.get_bind().dialect.name == "postgresql":
        for statement in grant_statements({"factor_reset"}, set(), set()):
            op.execute(statement)
        for table in ("recovery_code", "totp_factor"):  # no tenant's transaction has a use for them
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {Power.SYSTEM.value}")


def downgrade() -> None:
    with op.batch_alter_table("auth_session", schema=None) as batch_op:
        batch_op.drop_column("waits")
        batch_op.drop_column("proven_at")
        batch_op.drop_column("mfa_kind")

    with op.batch_alter_table("account_token", schema=None) as batch_op:
        batch_op.drop_column("proven_at")

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("has_short_password")
        batch_op.drop_column("factor_since")

    op.drop_table("totp_factor")
    op.drop_table("recovery_code")
    with op.batch_alter_table("factor_reset", schema=None) as batch_op:
        batch_op.drop_index("ix_factor_reset_account")

    op.drop_table("factor_reset")
