"""A check by natives may end undecided, and a native may give one back."""

import sqlalchemy as sa
from alembic import op

import kernel.db
from kernel.migrations.rows import every_row

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

_STATES = "state IN ('asked', 'answered', 'decided', 'undone', 'undecided')"
_STATES_BEFORE = "state IN ('asked', 'answered', 'decided', 'undone')"


def upgrade() -> None:
    _ask(_STATES)
    with every_row():  # no appeal undoes what nobody was told by a receipt
        op.execute(
            "UPDATE language_check SET state = 'undecided', confirmed = NULL WHERE state = 'undone'"
            " AND receipt_id IS NULL"
        )
    with op.batch_alter_table("language_vote") as batch_op:
        batch_op.add_column(sa.Column("given_back_at", kernel.db.UTCDateTime(timezone=True), nullable=True))
    with every_row():
        op.execute(
            "UPDATE language_vote SET given_back_at = taken_at WHERE voted_at IS NULL AND held_until <= taken_at"
        )
    with op.batch_alter_table("language_vote") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_language_vote_said_or_given_back"), "voted_at IS NULL OR given_back_at IS NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("language_vote") as batch_op:
        batch_op.drop_constraint(op.f("ck_language_vote_said_or_given_back"), type_="check")
    with every_row():
        op.execute("UPDATE language_vote SET held_until = taken_at WHERE given_back_at IS NOT NULL")
    with op.batch_alter_table("language_vote") as batch_op:
        batch_op.drop_column("given_back_at")
    with every_row():
        # false and not 0: PostgreSQL takes no number for a truth value
        op.execute("UPDATE language_check SET state = 'undone', confirmed = false WHERE state = 'undecided'")
    _ask(_STATES_BEFORE)


def _ask(condition: str) -> None:
    with op.batch_alter_table("language_check") as batch_op:
        batch_op.drop_constraint(op.f("ck_language_check_state_is_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_language_check_state_is_known"), condition)
