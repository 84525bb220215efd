"""What is done with personal data, once for a project."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations.rows import every_row

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# What was decided first, of work before gold; units that a program sent left their originals, where they were masked.
FIRST = """
UPDATE project SET personal_choice = coalesce(
    (SELECT batch.personal_choice FROM batch
     WHERE batch.project_id = project.id AND batch.personal_choice IS NOT NULL
     ORDER BY batch.kind DESC, batch.created_at, batch.id LIMIT 1),
    (SELECT 'mask' FROM item_original WHERE item_original.project_id = project.id LIMIT 1)
)
"""


def upgrade() -> None:
    op.add_column("project", sa.Column("personal_choice", sa.String(length=5), nullable=True))
    with every_row():
        op.execute(FIRST)


def downgrade() -> None:
    op.drop_column("project", "personal_choice")
