"""Words that go with an event of the log lie beside it, where an erasure can take them."""

import sqlalchemy as sa
from alembic import op

from kernel.walls import grant_statements, row_security

KINDS = {"audit_words": "owned"}
ABOUT = sa.column("about_id").is_not(None)

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_words",
        sa.Column("about_id", sa.String(length=22), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_words")),
    )
    op.create_index(
        "ix_audit_words_about", "audit_words", ["about_id"], sqlite_where=ABOUT, postgresql_where=ABOUT
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_words")
