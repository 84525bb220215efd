"""Judgments: keeping an answer as an event, and moving its unit's outlook. The same two statements for every unit."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from calibration.inference.online import Outlook
from calibration.models import Judgment, PendingGrade
from calibration.policy import JUDGMENT_RECORD
from calibration.rules.intervals import DEFAULT_PRIOR
from calibration.values import NewJudgment, Recorded
from kernel import ids
from kernel.db import insert_later, now_of
from kernel.guard import require
from kernel.policy import Actor, Resource


def record(session: Session, actor: Actor, judgment: NewJudgment, *, accuracy: float = DEFAULT_PRIOR.mean) -> Recorded:
    """Keep a judgment and queue it for grading; `accuracy` is what is known of the person in this lane.

    Whether an item has a known answer is not looked at here: every judgment waits for the grading job alike.
    """
    require(session, actor, JUDGMENT_RECORD, Resource("judgment", owner_account_id=judgment.account_id))
    now, judgment_id = now_of(session), ids.new_id()
    owner = {
        "org_id": judgment.org_id,
        "vendor_org_id": judgment.vendor_org_id,
        "project_id": judgment.project_id,
        "lane_id": judgment.lane_id,
    }
    event = {
        "id": judgment_id,
        "unit_id": judgment.unit_id,
        "item_id": judgment.item_id,
        "assignment_id": judgment.assignment_id,
        "annotator_id": judgment.annotator_id,
        "account_id": judgment.account_id,
        "ontology_id": judgment.ontology_id,
        "guideline_id": judgment.guideline_id,
        "answer": dict(judgment.answer),
        "category": judgment.category,
        "is_late": judgment.is_late,
        "answered_at": now,
        "seconds": judgment.seconds,
    }
    insert_later(session, Judgment, owner | event)
    insert_later(session, PendingGrade, owner | {"judgment_id": judgment_id, "at": now})
    before = judgment.outlook
    return Recorded(judgment_id, {} if before is None else next_outlook(judgment, before, accuracy))


def next_outlook(
    judgment: NewJudgment, before: Mapping[str, Any] | None, accuracy: float = DEFAULT_PRIOR.mean
) -> dict[str, Any]:
    """The unit's outlook with this judgment; a late one is kept beside the overlap and moves nothing."""
    so_far = before or {}
    if judgment.is_late:
        return dict(so_far)
    if judgment.labels is None or judgment.category is None:
        return {**so_far, "judgments": _count(so_far) + 1}
    outlook = Outlook.from_dict(so_far) if so_far else Outlook.start(judgment.labels)
    after = outlook.add(judgment.category, accuracy)
    leader, confidence = after.leader()
    return {**after.to_dict(), "leader": leader, "confidence": confidence}


def _count(outlook: Mapping[str, Any]) -> int:
    return int(outlook.get("judgments", 0))
