"""Watching for exams whose questions were known: a row for a person to look at, and nothing else."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Attempt, AttemptQuestion, BehaviourReview
from calibration.operations.scoring import Scorer
from calibration.policy import GRADE_RUN
from calibration.queries.tests import test_by_id
from calibration.rules import leaks
from calibration.rules.leaks import Sign
from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor

LEAK = "leak"
BACK = timedelta(hours=3)  # more than the job's pace, so that nothing slips through
MEMORY = timedelta(days=90)
CROWD = 200


def look_for_leaks(session: Session, actor: Actor) -> int:
    """Open a review for each exam passed of late that bears a sign; returns how many. What is open stays one row."""
    require(session, actor, GRADE_RUN)
    rows = session.scalars(
        select(Attempt)
        .where(Attempt.state == "passed", Attempt.ended_at > now_of(session) - BACK)
        .order_by(Attempt.lane_id, Attempt.ended_at)
    ).all()
    known = set(
        session.scalars(
            select(BehaviourReview.evidence[0]["id"].as_string()).where(
                BehaviourReview.signal == LEAK, BehaviourReview.opened_at > now_of(session) - 2 * BACK
            )
        )
    )
    return sum(_look(session, actor, row) for row in rows if row.id not in known)


def _look(session: Session, actor: Actor, row: Attempt) -> bool:
    others = session.scalars(
        select(Attempt)
        .where(
            Attempt.lane_id == row.lane_id, Attempt.account_id != row.account_id, Attempt.ended_at.is_not(None),
            Attempt.ended_at > now_of(session) - MEMORY, Attempt.started_at <= row.started_at,
        )
        .order_by(Attempt.ended_at.desc())
        .limit(CROWD)
    ).all()  # fmt: skip
    paces = _paces(session, [row.id, *(other.id for other in others)])
    near = [other for other in others if other.network == row.network]
    found = [
        leaks.fast_and_perfect(
            paces.get(row.id), [pace for key, pace in paces.items() if key != row.id], row.right, row.asked
        ),
        leaks.shared_network(row.network, [other.network for other in others], row.right, row.asked),
        _seen(session, row, near) if row.network not in (None, "unknown") else None,
    ]
    signs = [sign for sign in found if sign is not None]
    if signs:
        _open(session, actor, row, signs, near)
    return bool(signs)


def _paces(session: Session, attempt_ids: Sequence[str]) -> dict[str, float]:
    moments: dict[str, list[float]] = {}
    answered = select(AttemptQuestion.attempt_id, AttemptQuestion.answered_at).where(
        AttemptQuestion.attempt_id.in_(attempt_ids),
        AttemptQuestion.stage == "exam",
    )
    for attempt_id, at in session.execute(answered):
        if at is not None:
            moments.setdefault(attempt_id, []).append(at.timestamp())
    paces = {attempt_id: leaks.pace(each) for attempt_id, each in moments.items()}
    return {attempt_id: pace for attempt_id, pace in paces.items() if pace is not None}


def _seen(session: Session, row: Attempt, near: Sequence[Attempt]) -> Sign | None:
    met = set(
        session.scalars(
            select(AttemptQuestion.item_id).where(AttemptQuestion.attempt_id.in_([other.id for other in near]))
        )
    )
    scored = session.execute(
        select(AttemptQuestion.item_id, AttemptQuestion.score).where(
            AttemptQuestion.attempt_id == row.id, AttemptQuestion.stage == "exam", AttemptQuestion.score.is_not(None)
        )
    ).all()
    task_type, _ontology = Scorer(session).schema(test_by_id(session, row.test_id).ontology_id)
    right = {item: task_type.counts_as_right(round(1.0 - (score or 0.0), 9)) for item, score in scored}
    old = [is_right for item, is_right in right.items() if item in met]
    new = [is_right for item, is_right in right.items() if item not in met]
    return leaks.seen_before(sum(old), len(old), sum(new), len(new))


def _open(session: Session, actor: Actor, row: Attempt, signs: Sequence[Sign], near: Sequence[Attempt]) -> None:
    beside = next((other for other in near if other.vendor_org_id == row.vendor_org_id), None)
    review = BehaviourReview(
        id=ids.new_id(), org_id=row.org_id, vendor_org_id=row.vendor_org_id, project_id=row.project_id,
        lane_id=row.lane_id, annotator_id=row.annotator_id,
        other_id=beside.annotator_id if beside and any(sign.name != "fast_and_perfect" for sign in signs) else None,
        signal=LEAK, figures={"asked": row.asked, "right": row.right, "signs": [asdict(sign) for sign in signs]},
        evidence=[{"kind": "attempt", "id": row.id}], opened_at=now_of(session),
    )  # fmt: skip
    session.add(review)
    audit.record(session, actor, "behaviour.opened", "behaviour_review", review.id, org_id=row.vendor_org_id,
                 details={"signal": LEAK, "signs": [sign.name for sign in signs]})  # fmt: skip
