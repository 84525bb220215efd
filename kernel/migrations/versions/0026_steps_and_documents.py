"""What pools ask of people on their way in, as data; documents that people hand in, and who was shown them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import kernel.db
from kernel.walls import grant_statements, row_security

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KINDS = {"person_document": "owned", "document_look": "owned"}
BEFORE = '["email", "profile", "languages", "agreements", "payout", "test"]'


def upgrade() -> None:
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "steps",
                sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
                nullable=False,
                server_default=BEFORE,
            )
        )
    op.create_table(
        "person_document",
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=True),
        sa.Column("uploaded_at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", kernel.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'refused', 'withdrawn')", name=op.f("ck_person_document_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_person_document_org_id_annotator_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_document")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_person_document_org_id_id")),
    )
    with op.batch_alter_table("person_document", schema=None) as batch_op:
        batch_op.create_index("ix_person_document_decided", ["decided_at"], unique=False)
        batch_op.create_index("ix_person_document_person", ["org_id", "annotator_id", "uploaded_at"], unique=False)

    op.create_table(
        "document_look",
        sa.Column("document_id", sa.String(length=22), nullable=False),
        sa.Column("by_account_id", sa.String(length=22), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", kernel.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "document_id"],
            ["person_document.org_id", "person_document.id"],
            name=op.f("fk_document_look_org_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_look")),
    )
    with op.batch_alter_table("document_look", schema=None) as batch_op:
        batch_op.create_index("ix_document_look", ["org_id", "document_id", "at"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("document_look")
    op.drop_table("person_document")
    # Not in a batch, which would build the table anew under its people.
    op.drop_column("pool", "steps")
