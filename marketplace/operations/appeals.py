"""Appeals that touch work and pay: what an overturned decision gives back, orchestrated over the packages below."""

from functools import partial

from sqlalchemy.orm import Session

from calibration.operations import disputes, gates, natives, qualifications, restoring
from kernel.policy import Actor, system_actor
from payouts.operations import earnings
from workforce.models import DecisionReceipt
from workforce.operations import appeals
from workforce.operations.receipts import end_receipt
from workforce.values import AppealDecision


def decide_appeal(session: Session, actor: Actor, appeal_id: str, *, outcome: str, answer: str) -> AppealDecision:
    """Decide an appeal and, when the decision falls, restore what it took: standing in a lane, or pay."""
    decision = appeals.decide_appeal(session, actor, appeal_id, outcome=outcome, answer=answer)
    if decision.cause_kind == "language_check":
        natives.ensure_apart(session, actor, decision.cause_id)
    if decision.outcome == "overturned":
        _restore(session, actor, decision)
    elif decision.is_put_back:
        _put_back(session, decision)
    return decision


def hold_decision(session: Session, actor: Actor, appeal_id: str) -> bool:
    """Put a decision on hold whose appeal nobody answered by its day; False if nothing of it was in place.

    Work is given back until the answer. Pay is given for good: what was paid is not asked back, and whoever was silent
    has had five working days, as with work that nobody looks at.
    """
    return appeals.hold_decision(session, actor, appeal_id, partial(_lift, session, actor))


def _lift(session: Session, actor: Actor, receipt: DecisionReceipt) -> bool:
    if receipt.kind == "lane_paused":
        return gates.lift_pause(session, actor, receipt.id)
    if receipt.kind == "removed" and receipt.cause_kind == "qualification":
        return qualifications.lift_removal(session, actor, receipt)
    if receipt.kind == "work_rejected" and receipt.cause_kind == "judgment":
        earnings.restore(session, actor, receipt.cause_id)
        end_receipt(session, actor, receipt.id)
        return True
    return False


def _put_back(session: Session, decision: AppealDecision) -> None:
    """Let a decision about a lane hold again; it is over where something else was decided about the lane since."""
    system, receipt = system_actor("appeal", decision.org_id), session.get_one(DecisionReceipt, decision.receipt_id)
    holds = True
    if receipt.kind == "lane_paused":
        holds = gates.put_pause_back(session, system, receipt)
    if receipt.kind == "removed" and receipt.cause_kind == "qualification":
        holds = qualifications.put_removal_back(session, system, receipt)
    if not holds:
        end_receipt(session, system, receipt.id)


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
    if decision.kind == "removed" and decision.cause_kind == "qualification":
        qualifications.lift_removal(session, system, session.get_one(DecisionReceipt, decision.receipt_id))
