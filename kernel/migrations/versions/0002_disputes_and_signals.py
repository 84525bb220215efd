"""Disputes about right answers with what they change, and signals in behaviour for people to look at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KINDS = {
    "behaviour_review": "shared",
    "disclosure": "shared",
    "dispute": "shared",
    "gold_key_version": "owned",
    "question_grade": "shared",
}
# added, never changed or removed
EVENTS = ("disclosure", "gold_key_version", "question_grade")


def upgrade() -> None:
    op.create_table(
        "behaviour_review",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("other_id", sa.String(length=22), nullable=True),
        sa.Column("signal", sa.String(length=12), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("opened_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.Column("receipt_id", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'pause') <= (receipt_id IS NOT NULL)", name=op.f("ck_behaviour_review_pause_has_receipt")
        ),
        sa.CheckConstraint(
            "outcome IN ('nothing', 'more_checks', 'pause')", name=op.f("ck_behaviour_review_outcome_is_known")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (outcome IS NULL)", name=op.f("ck_behaviour_review_decided_has_outcome")
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR decided_by IS NOT NULL", name=op.f("ck_behaviour_review_decided_by_a_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_behaviour_review")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_behaviour_review_org_id_id")),
    )
    with op.batch_alter_table("behaviour_review", schema=None) as batch_op:
        batch_op.create_index("ix_behaviour_review_open", ["vendor_org_id", "decided_at", "opened_at"], unique=False)
        batch_op.create_index("ix_behaviour_review_person", ["vendor_org_id", "annotator_id"], unique=False)

    op.create_table(
        "dispute",
        sa.Column("lane_id", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=True),
        sa.Column("account_id", sa.String(length=22), nullable=True),
        sa.Column("attempt_id", sa.String(length=22), nullable=True),
        sa.Column("receipt_id", sa.String(length=22), nullable=True),
        sa.Column("ontology_id", sa.String(length=22), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("due_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("decided_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.Column("decided_before", JSON, nullable=False),
        sa.Column("answer_receipt_id", sa.String(length=22), nullable=True),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint("(source = 'people') = (account_id IS NULL)", name=op.f("ck_dispute_people_are_nobody")),
        sa.CheckConstraint(
            "outcome IN ('agreed', 'rejected', 'corrected', 'both', 'void', 'lapsed')",
            name=op.f("ck_dispute_outcome_is_known"),
        ),
        sa.CheckConstraint("source IN ('training', 'exam', 'live', 'people')", name=op.f("ck_dispute_source_is_known")),
        sa.CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name=op.f("ck_dispute_decided_has_outcome")),
        sa.ForeignKeyConstraint(
            ["org_id", "item_id"], ["item.org_id", "item.id"], name=op.f("fk_dispute_org_id_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("org_id", "account_id", "item_id", name="uq_dispute_once"),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_dispute_org_id_id")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index("ix_dispute_item", ["org_id", "item_id"], unique=False)
        batch_op.create_index("ix_dispute_open", ["org_id", "decided_at", "due_at"], unique=False)

    op.create_table(
        "disclosure",
        sa.Column("receipt_id", sa.String(length=22), nullable=False),
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("judgment_id", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "item_id"], ["item.org_id", "item.id"], name=op.f("fk_disclosure_org_id_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "judgment_id"], ["judgment.org_id", "judgment.id"], name=op.f("fk_disclosure_org_id_judgment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
        sa.UniqueConstraint("org_id", "receipt_id", "judgment_id", name="uq_disclosure_once"),
    )
    with op.batch_alter_table("disclosure", schema=None) as batch_op:
        batch_op.create_index("ix_disclosure_receipt", ["vendor_org_id", "receipt_id"], unique=False)

    with op.batch_alter_table("gold_key", schema=None) as batch_op:
        batch_op.create_index("ix_gold_key_owner", ["org_id", "id"], unique=True)

    op.create_table(
        "gold_key_version",
        sa.Column("key_id", sa.String(length=22), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("truth", JSON, nullable=False),
        sa.Column("also", JSON, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("dispute_id", sa.String(length=22), nullable=True),
        sa.Column("by_account_id", sa.String(length=22), nullable=True),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "key_id"], ["gold_key.org_id", "gold_key.id"], name=op.f("fk_gold_key_version_org_id_key_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold_key_version")),
        sa.UniqueConstraint("org_id", "key_id", "version", name="uq_gold_key_version_once"),
    )
    op.create_table(
        "question_grade",
        sa.Column("attempt_id", sa.String(length=22), nullable=False),
        sa.Column("question_id", sa.String(length=22), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("truth_category", sa.String(length=120), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.Column("vendor_org_id", sa.String(length=22), nullable=True),
        sa.Column("project_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "attempt_id"], ["attempt.org_id", "attempt.id"], name=op.f("fk_question_grade_org_id_attempt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_grade")),
        sa.UniqueConstraint("org_id", "question_id", "key_version", name="uq_question_grade_once"),
    )
    with op.batch_alter_table("question_grade", schema=None) as batch_op:
        batch_op.create_index("ix_question_grade_attempt", ["org_id", "attempt_id"], unique=False)

    with op.batch_alter_table("gold_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("also", JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("voided", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("source", sa.String(length=10), nullable=False, server_default="expert"))
        batch_op.add_column(sa.Column("added_at", kernel.db.UTCDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heightened_to", sa.Integer(), nullable=False, server_default="0"))

    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.create_index("ix_grade_item", ["org_id", "item_id"], unique=False)

    _guard()


def _guard() -> None:
    dialect = op.get_bind().dialect.name
    statements = event_triggers(dialect)
    if dialect == "postgresql":
        statements += row_security(KINDS) + grant_statements(KINDS, set(EVENTS), {"gold_key_version"})
    for statement in statements:
        op.execute(statement)


def event_triggers(dialect: str) -> list[str]:
    """Statements by which the database itself refuses to change or remove an event."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in EVENTS
            for name, verb in (("keeps", "UPDATE"), ("stays", "DELETE"))
        ]
    keeps = "BEFORE UPDATE OR DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION event_refuse()"
    whole = "BEFORE TRUNCATE ON {0} EXECUTE FUNCTION event_refuse()"
    triggers = [f"CREATE TRIGGER {{0}}_keeps {keeps}", f"CREATE TRIGGER {{0}}_whole {whole}"]
    return [trigger.format(table) for table in EVENTS for trigger in triggers]


def downgrade() -> None:
    raise RuntimeError("events would be lost; restore a backup instead")
