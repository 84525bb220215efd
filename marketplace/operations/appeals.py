"""Appeals that touch work and pay: what an overturned decision gives back, orchestrated over the packages below."""

from sqlalchemy.orm import Session

from calibration.operations import disputes, gates, natives, qualifications, restoring
from kernel.policy import Actor, system_actor
from payouts.operations import earnings
from workforce.operations import appeals
from workforce.values import AppealDecision


def decide_appeal(session: Session, actor: Actor, appeal_id: str, *, outcome: str, answer: str) -> AppealDecision:
    """Decide an appeal and, when the decision falls, restore what it took: standing in a lane, or pay."""
    decision = appeals.decide_appeal(session, actor, appeal_id, outcome=outcome, answer=answer)
    if decision.outcome == "overturned":
        _restore(session, actor, decision)
    return decision


def _restore(session: Session, actor: Actor, decision: AppealDecision) -> None:
    system = system_actor("appeal", decision.org_id)  # whoever answers may undo, whatever else their role may do
    if decision.kind == "work_rejected" and decision.cause_kind == "judgment":
        earnings.restore(session, actor, decision.cause_id)
    if decision.kind == "lane_paused":
        gates.lift_pause(session, system, decision.receipt_id)
    if decision.kind == "lane_warned":
        gates.take_back_warning(session, system, decision.receipt_id)
    cause_id = decision.cause_id.partition(":")[0]
    if decision.kind == "dispute_rejected":
        disputes.reopen(session, system, cause_id)
    if decision.kind == "language_rejected" and decision.cause_kind == "language_check":
        natives.undo_check(session, system, cause_id)
    if decision.kind == "test_failed":
        restoring.give_back_attempt(session, system, cause_id)
    if decision.kind == "removed" and decision.cause_kind == "qualification" and decision.lane_id:
        qualifications.restore(session, system, decision.lane_id, decision.annotator_id)
