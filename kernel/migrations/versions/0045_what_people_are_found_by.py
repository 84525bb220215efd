"""What people are found by lies where an index reaches it: skills and domains one a row, and the quality shown."""

import sqlalchemy as sa
from alembic import op

from kernel.migrations.rows import every_row
from kernel.walls import grant_statements, row_security

KINDS = {"annotator_code": "owned"}

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annotator_code",
        sa.Column("annotator_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=22), nullable=False),
        sa.CheckConstraint("kind IN ('skill', 'domain')", name=op.f("ck_annotator_code_kind_is_known")),
        sa.ForeignKeyConstraint(
            ["org_id", "annotator_id"],
            ["annotator.org_id", "annotator.id"],
            name=op.f("fk_annotator_code_org_id_annotator_id"),
        ),
        sa.PrimaryKeyConstraint("annotator_id", "kind", "code", name=op.f("pk_annotator_code")),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        for statement in row_security(KINDS) + grant_statements(KINDS, set(), set()):
            op.execute(statement)
    each = "jsonb_array_elements_text(a.{0}) AS each(value)" if is_postgresql else "json_each(a.{0}) AS each"
    with every_row():
        for kind, column in (("skill", "skills"), ("domain", "domains")):
            op.execute(
                "INSERT INTO annotator_code (org_id, annotator_id, kind, code)"
                f" SELECT DISTINCT a.org_id, a.id, '{kind}', each.value FROM annotator a, {each.format(column)}"
            )
    op.create_index(
        "ix_annotator_listed",
        "annotator",
        ["org_id", "id", "status", "pool_id", "country", "weekly_hours", "clearance", "clearance_until"],
        unique=False,
    )
    op.create_index("ix_annotator_code", "annotator_code", ["org_id", "kind", "code", "annotator_id"], unique=False)

    op.add_column("track", sa.Column("shown_low", sa.Float(), nullable=True))
    low = "(shown ->> 'low')::double precision" if is_postgresql else "json_extract(shown, '$.low')"
    with every_row():
        op.execute(f"UPDATE track SET shown_low = {low} WHERE shown_at IS NOT NULL")
    op.create_index(
        "ix_qualification_lane", "qualification", ["vendor_org_id", "lane_id", "annotator_id"], unique=False
    )
    op.create_index("ix_track_shown", "track", ["vendor_org_id", "shown_low", "annotator_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_qualification_lane", table_name="qualification")
    op.drop_index("ix_track_shown", table_name="track")
    op.drop_column("track", "shown_low")
    op.drop_index("ix_annotator_listed", table_name="annotator")
    op.drop_table("annotator_code")
