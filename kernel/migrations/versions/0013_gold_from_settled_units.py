"""gold from settled units"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = {"gold_key_proposal": "owned"}


def upgrade() -> None:
    op.create_table(
        "gold_key_proposal",
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("unit_id", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("label", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("category", sa.String(length=120), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("proven", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("third", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposed_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_gold_key_proposal_decided_has_time")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'refused', 'gone')", name=op.f("ck_gold_key_proposal_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "item_id"], ["item.org_id", "item.id"], name=op.f("fk_gold_key_proposal_org_id_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold_key_proposal")),
        sa.UniqueConstraint("org_id", "item_id", name="uq_gold_proposal_once"),
    )
    with op.batch_alter_table("gold_key_proposal", schema=None) as batch_op:
        batch_op.create_index("ix_gold_proposal_lane", ["lane_id", "state"], unique=False)
        batch_op.create_index("ix_gold_proposal_project", ["org_id", "project_id", "state", "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set(KINDS)):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("gold_key_proposal")
