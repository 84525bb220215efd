"""Networks that agreements were signed from lie apart from the signatures, which nothing can change."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations.rows import every_row
from kernel.walls import grant_statements, row_security

KINDS = {"signature_place": "owned"}

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signature_place",
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_signature_place_org_id_annotator_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_place")),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)
    with every_row():  # but nothing of people who were erased
        op.execute(
            "INSERT INTO signature_place (id, org_id, annotator_id, network)"
            " SELECT s.id, s.org_id, s.annotator_id, s.network FROM agreement_signature s"
            " JOIN annotator a ON a.id = s.annotator_id JOIN account c ON c.id = a.account_id"
            " WHERE s.network IS NOT NULL AND c.status <> 'erased'"
        )
    # By hand, for a rebuilt table would lose the triggers that keep its rows.
    op.execute("ALTER TABLE agreement_signature DROP COLUMN network")


def downgrade() -> None:
    op.execute("ALTER TABLE agreement_signature ADD COLUMN network VARCHAR(64)")
    op.drop_table("signature_place")
