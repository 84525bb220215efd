"""When a clearance and a grant were last used; those that there are take it from what was handed out."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.migrations.rows import every_row

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

SENSITIVE = "('confidential', 'restricted-pii', 'restricted-phi')"
HANDED_OUT = (
    "SELECT max(assignment.leased_at) FROM assignment JOIN unit ON unit.id = assignment.unit_id"
    " JOIN lane ON lane.id = assignment.lane_id"
    f" WHERE (lane.classification IN {SENSITIVE} OR unit.classification IN {SENSITIVE})"
)


def upgrade() -> None:
    for table, name in (("annotator", "sensitive_seen_at"), ("access_grant", "used_at")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column(name, kernel.db.UTCDateTime(timezone=True), nullable=True))
    with every_row():
        op.execute(
            f"UPDATE annotator SET sensitive_seen_at = ({HANDED_OUT} AND assignment.annotator_id = annotator.id)"
            " WHERE clearance > 0"
        )
        op.execute(
            f"UPDATE access_grant SET used_at = ({HANDED_OUT} AND assignment.project_id = access_grant.subject_id"
            " AND assignment.vendor_org_id = access_grant.grantee_org_id)"
        )


def downgrade() -> None:
    for table, name in (("annotator", "sensitive_seen_at"), ("access_grant", "used_at")):
        op.drop_column(table, name)  # as it stands: SQLite would not drop a table that rows refer to, to make it anew
