"""What credentials from elsewhere say is kept, for their person and the vendor they brought them to."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.walls import grant_statements, row_security

KINDS = {"brought_credential": "owned"}

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "brought_credential",
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("said_sealed", sa.Text(), nullable=False),
        sa.Column("issued_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("brought_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_brought_credential_org_id_annotator_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brought_credential")),
        sa.UniqueConstraint("org_id", "annotator_id", "key", name="uq_brought_credential_key"),
    )
    with op.batch_alter_table("brought_credential", schema=None) as batch_op:
        batch_op.create_index("ix_brought_credential_expires", ["expires_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("brought_credential", schema=None) as batch_op:
        batch_op.drop_index("ix_brought_credential_expires")

    op.drop_table("brought_credential")
