"""rules and backtests"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KINDS = {"backtest": "shared", "gate_firing": "shared"}


def upgrade() -> None:
    with op.batch_alter_table("gate_rule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(length=16), nullable=False, server_default="accuracy"))
        batch_op.add_column(sa.Column("metric", sa.String(length=16), nullable=False, server_default="accuracy_upper"))
        batch_op.add_column(sa.Column("action", sa.String(length=8), nullable=False, server_default="pause"))
        batch_op.add_column(sa.Column("release", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("created_by", sa.String(length=22), nullable=True))
        batch_op.add_column(sa.Column("created_org_id", sa.String(length=22), nullable=True))
        batch_op.add_column(sa.Column("ended_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ended_by", sa.String(length=22), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_gate_version"), type_="unique")
        batch_op.create_unique_constraint("uq_gate_name_version", ["org_id", "lane_id", "name", "version"])
        batch_op.create_unique_constraint(batch_op.f("uq_gate_rule_org_id_id"), ["org_id", "id"])
        batch_op.create_check_constraint("metric_is_known", "metric IN ('accuracy_upper', 'accuracy_lower', 'drift')")
        batch_op.create_check_constraint("action_is_known", "action IN ('warn', 'recheck', 'pause')")

    op.create_table(
        "backtest",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("rule", JSON, nullable=False),
        sa.Column("wide", sa.Boolean(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("asked_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=22), nullable=True),
        sa.Column("finished_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtest")),
    )
    with op.batch_alter_table("backtest", schema=None) as batch_op:
        batch_op.create_index("ix_backtest_lane", ["lane_id", "asked_at"], unique=False)

    op.create_table(
        "gate_firing",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("rule_id", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("receipt_id", sa.String(length=22), nullable=True),
        sa.Column("fired_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=10), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint("action = 'recheck' OR receipt_id IS NOT NULL", name=op.f("ck_gate_firing_person_was_told")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name=op.f("ck_gate_firing_end_has_reason")),
        sa.ForeignKeyConstraint(
            ["org_id", "rule_id"], ["gate_rule.org_id", "gate_rule.id"], name=op.f("fk_gate_firing_org_id_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_firing")),
    )
    with op.batch_alter_table("gate_firing", schema=None) as batch_op:
        batch_op.create_index("ix_gate_firing_person", ["lane_id", "annotator_id", "name", "fired_at"], unique=False)
        batch_op.create_index("ix_gate_firing_receipt", ["receipt_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("backtest")
    op.drop_table("gate_firing")
    with op.batch_alter_table("gate_rule", schema=None) as batch_op:
        batch_op.drop_constraint("uq_gate_name_version", type_="unique")
        batch_op.drop_constraint(op.f("uq_gate_rule_org_id_id"), type_="unique")
        batch_op.drop_constraint(op.f("ck_gate_rule_metric_is_known"), type_="check")
        batch_op.drop_constraint(op.f("ck_gate_rule_action_is_known"), type_="check")
        for column in ("ended_by", "ended_at", "created_org_id", "created_by", "release", "action", "metric", "name"):
            batch_op.drop_column(column)
        batch_op.create_unique_constraint("uq_gate_version", ["org_id", "lane_id", "version"])
