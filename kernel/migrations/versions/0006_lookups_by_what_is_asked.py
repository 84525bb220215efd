"""Indexes begin with what is asked for: a unit, a lane or a person is found without walking its owner's rows."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = (
    ("ix_assignment_lane", "assignment", ["org_id", "lane_id", "state"]),
    ("ix_consensus_lane", "consensus", ["org_id", "lane_id", "confidence"]),
    ("ix_earning_lane", "earning", ["org_id", "lane_id", "state"]),
    ("ix_earning_open", "earning", ["org_id", "annotator_id", "state", "earned_at"]),
    ("ix_gold_key_use", "gold_key", ["org_id", "lane_id", "pool", "status"]),
    ("ix_grade_track", "grade", ["org_id", "lane_id", "annotator_id", "at"]),
    ("ix_inference_lane", "inference_run", ["org_id", "lane_id", "at"]),
    ("ix_judgment_lane", "judgment", ["org_id", "lane_id", "answered_at"]),
    ("ix_judgment_unit", "judgment", ["org_id", "unit_id"]),
    ("ix_report_open", "problem_report", ["org_id", "project_id", "closed_at"]),
    ("ix_review_open", "review", ["org_id", "lane_id", "state"]),
    ("ix_unit_state", "unit", ["org_id", "lane_id", "state", "id"]),
)
AFTER = (
    ("ix_assignment_of_lane", "assignment", ["lane_id", "state"]),
    ("ix_attempt_account", "attempt", ["account_id", "lane_id", "number"]),
    ("ix_consensus_of_lane", "consensus", ["lane_id", "confidence"]),
    ("ix_earning_of_lane", "earning", ["lane_id", "state"]),
    ("ix_earning_state", "earning", ["org_id", "state", "annotator_id", "earned_at"]),
    ("ix_exposure_account", "exposure", ["account_id", "item_id"]),
    ("ix_gold_key_item", "gold_key", ["item_id"]),
    ("ix_gold_key_lane", "gold_key", ["lane_id", "pool", "status"]),
    ("ix_grade_of_person", "grade", ["lane_id", "annotator_id", "at"]),
    ("ix_inference_of_lane", "inference_run", ["lane_id", "at"]),
    ("ix_judgment_of_lane", "judgment", ["lane_id", "answered_at"]),
    ("ix_judgment_of_unit", "judgment", ["unit_id"]),
    ("ix_payout_line_of_run", "payout_line", ["org_id", "run_id", "id"]),
    ("ix_report_of_project", "problem_report", ["project_id", "closed_at"]),
    ("ix_review_client", "review", ["org_id", "state", "asked_at"]),
    ("ix_review_lane", "review", ["lane_id", "state", "asked_at"]),
    ("ix_unit_of_lane", "unit", ["lane_id", "state", "id"]),
)


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    _replace(AFTER, BEFORE)


def _replace(old: tuple[tuple[str, str, list[str]], ...], new: tuple[tuple[str, str, list[str]], ...]) -> None:
    for name, table, _columns in old:
        op.drop_index(name, table_name=table)
    for name, table, columns in new:
        op.create_index(name, table, columns)
