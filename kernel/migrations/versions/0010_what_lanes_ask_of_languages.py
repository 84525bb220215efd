"""What lanes ask of people's languages: the modes, and the tags that fit as well."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.add_column(sa.Column("modes", JSON, nullable=False, server_default='["read"]'))
        batch_op.add_column(sa.Column("also", JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.drop_column("also")
        batch_op.drop_column("modes")
