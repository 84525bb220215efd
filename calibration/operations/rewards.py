"""Pay for exams: what a question earns is what a unit of the lane earns, whatever the outcome."""

from datetime import timedelta

from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import Attempt
from calibration.queries.attempts import questions_of
from calibration.queries.tests import TestView
from kernel.db import now_of
from kernel.policy import system_actor
from payouts.operations import earnings
from payouts.queries.rates import rate_of

HOLD = timedelta(hours=72)


def pay_attempt(session: Session, row: Attempt, test: TestView) -> None:
    """Note what an attempt that has just ended earns, by the questions that were answered in its exam. Once."""
    lane = find_lane(session, row.lane_id)
    questions = questions_of(session, row.id).values()
    answered = row.position - sum(question.stage == "training" for question in questions)
    if not test.is_paid or answered <= 0 or lane is None or row.vendor_org_id is None:
        return
    rate = rate_of(session, row.lane_id, now_of(session))
    if rate is None:
        return
    earnings.accrue(
        session, system_actor("qualification test", row.vendor_org_id), vendor_org_id=row.vendor_org_id,
        annotator_id=row.annotator_id, account_id=row.account_id, lane_id=row.lane_id, project_id=row.project_id,
        judgment_id=row.id, micros=rate.micros * answered, currency=rate.currency,
        memo={"project": lane.name, "questions": answered}, due_at=now_of(session) + HOLD, is_fresh=True,
    )  # fmt: skip
