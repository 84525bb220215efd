"""fairness of pay, and by the language of people's pages"""

from alembic import op

from kernel.migrations.rows import every_row

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_NOW = {
    "outcome_is_known": "outcome IN ('passed', 'paused', 'rejected', 'paid_less')",
    "kind_is_known": "kind IN ('locale', 'country', 'page')",
}
_BEFORE = {
    "outcome_is_known": "outcome IN ('passed', 'paused', 'rejected')",
    "kind_is_known": "kind IN ('locale', 'country')",
}


def upgrade() -> None:
    _ask(_NOW)


def downgrade() -> None:
    with every_row():
        op.execute("DELETE FROM fairness_cell WHERE outcome = 'paid_less' OR kind = 'page'")
    _ask(_BEFORE)


def _ask(conditions: dict[str, str]) -> None:
    with op.batch_alter_table("fairness_cell") as batch_op:
        for name, condition in conditions.items():
            batch_op.drop_constraint(op.f(f"ck_fairness_cell_{name}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_fairness_cell_{name}"), condition)
