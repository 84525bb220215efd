"""What the packages below ask of skill, put in place in every process."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import BehaviourReview, Judgment, Qualification
from calibration.operations.natives import end_refusals
from calibration.queries.people import quality_of_person
from kernel.config import Settings
from kernel.db import now_of
from workforce import onboarding
from workforce.grounds import know_ground
from workforce.models import Annotator
from workforce.refusals import use_refusals

MOST = 200


def connect(settings: Settings) -> None:
    """Tell who has been let into a first lane, by a test or by hand, and what else decisions may rest on; end what
    natives found against a language that is proven by hand."""
    onboarding.use_tests(_is_qualified)
    onboarding.use_qualifications(_qualifications)
    onboarding.use_accuracies(accuracies)
    use_refusals(end_refusals)
    know_ground(
        "judgment",
        lambda person: select(Judgment.id, Judgment.answered_at).where(Judgment.annotator_id == person),
    )
    know_ground("behaviour_review", _looked_at)


def _looked_at(annotator_id: str) -> Any:
    """Signals that somebody has decided on: what nobody decided on is a suspicion, and is not told."""
    return select(BehaviourReview.id, BehaviourReview.decided_at).where(
        BehaviourReview.annotator_id == annotator_id, BehaviourReview.decided_at.is_not(None)
    )


def _qualifications(session: Session, annotator_id: str) -> list[onboarding.Passed]:
    now = now_of(session)
    rows = session.scalars(
        select(Qualification)
        .where(Qualification.annotator_id == annotator_id, Qualification.revoked_at.is_(None))
        .order_by(Qualification.since_at, Qualification.id)
        .limit(MOST)
    )
    found = []
    for row in rows:
        lane = find_lane(session, row.lane_id)
        if lane is not None and (row.until_at is None or row.until_at > now):
            found.append(onboarding.Passed(lane.task_type, lane.locale, row.basis, row.since_at, row.until_at))
    return found


def accuracies(session: Session, annotator_id: str) -> list[onboarding.Measured]:
    """What the person reads on their own page, without the lane's name, which is a client's."""
    found = []
    for told in quality_of_person(session, annotator_id, limit=MOST):
        lane = find_lane(session, told.lane_id) if told.accuracy is not None else None
        if lane is not None and told.accuracy is not None and told.low is not None and told.high is not None:
            found.append(
                onboarding.Measured(
                    lane.task_type, lane.locale, told.accuracy, told.low, told.high, told.checks, told.as_of
                )
            )
    return found


def _is_qualified() -> ColumnElement[bool]:
    return (
        select(Qualification.id)
        .where(
            Qualification.vendor_org_id == Annotator.org_id, Qualification.annotator_id == Annotator.id,
            Qualification.revoked_at.is_(None),
        )
        .correlate(Annotator)
        .exists()
    )  # fmt: skip
