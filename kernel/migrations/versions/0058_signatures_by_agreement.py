"""Signatures are listed by what was signed."""

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_signature_of_agreement", "agreement_signature", ["agreement_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_signature_of_agreement", "agreement_signature")
