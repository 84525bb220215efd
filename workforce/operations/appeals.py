"""Appeals: opened with one click by the person, answered by somebody who did not decide."""

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor, system_actor
from workforce.models import Annotator, Appeal, DecisionReceipt
from workforce.operations.clearances import give_back_clearance
from workforce.operations.documents import give_back_document
from workforce.operations.evidence import hold_claims_of
from workforce.operations.languages import give_back_claim
from workforce.operations.receipts import end_receipt, issue_receipt
from workforce.operations.standing import CAUSE, give_back, hold_standing, put_standing_back
from workforce.policy import Action, appeal_resource, receipt_resource
from workforce.queries.receipts import appeal_view
from workforce.queries.rows import annotator_row
from workforce.rules.appeals import due_at, is_over, is_to_hold, may_appeal, state_after
from workforce.rules.names import clean_text
from workforce.values import AppealDecision, AppealView, Outcome, ReceiptKind, ReceiptState

LATE, LATE_VERSION = "late_appeal", "1"


def open_appeal(session: Session, actor: Actor, receipt_id: str, text: str = "") -> AppealView:
    """Object to a decision about oneself. What to look at may be said in any language, or left unsaid."""
    receipt = session.get(DecisionReceipt, receipt_id)
    if receipt is None:
        raise guard.not_found()
    person = annotator_row(session, receipt.annotator_id)
    guard.require(session, actor, Action.RECEIPT_APPEAL, receipt_resource(receipt, person))
    text = clean_text(text, "text", 4000, required=False)
    session.refresh(receipt, with_for_update={"key_share": True})  # it may be over, or undone, at this very moment
    now, kind, state = now_of(session), ReceiptKind(receipt.kind), ReceiptState(receipt.state)
    if not may_appeal(kind, state, receipt.ended_at, _appeal_of(session, receipt) is not None, now):
        message = _("This decision has been appealed already, or has been over for more than 30 days.")
        raise Conflict("appeal.not_open", message)
    row = Appeal(
        id=ids.new_id(), org_id=receipt.org_id, receipt_id=receipt.id, text=text, opened_at=now, due_at=due_at(now)
    )
    receipt.state = ReceiptState.APPEALED
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "appeal.opened", "appeal", row.id, org_id=row.org_id,
        details={"receipt": receipt.id, "due_at": row.due_at.isoformat()},
    )  # fmt: skip
    return appeal_view(row)


def decide_appeal(session: Session, actor: Actor, appeal_id: str, *, outcome: str, answer: str) -> AppealDecision:
    """Answer an appeal; an overturned decision gives back standing and languages here, and the rest by the caller."""
    appeal, receipt, person = _load(session, appeal_id)
    guard.require(session, actor, Action.APPEAL_DECIDE, appeal_resource(appeal, receipt, person, actor))
    result, answer = Outcome(outcome), clean_text(answer, "answer", 4000)
    _hold_still(session, actor, person, appeal, receipt)
    decided = session.execute(
        update(Appeal)
        .where(Appeal.id == appeal.id, Appeal.decided_at.is_(None))
        .values(decided_at=now_of(session), decided_by=actor.account_id, outcome=result, answer=answer)
    )
    if changed_rows(decided) != 1:
        raise Conflict("appeal.decided", _("This appeal has been answered already."))
    session.refresh(appeal)
    over = is_over(ReceiptKind(receipt.kind), receipt.ended_at, receipt.until_at, now_of(session))
    receipt.state = state_after(result, over)
    session.flush()
    if result is Outcome.OVERTURNED:
        _give_back(session, actor, receipt, person)
    is_put_back = receipt.state == ReceiptState.IN_FORCE and appeal.held_at is not None
    if is_put_back and receipt.cause_kind == CAUSE and not put_standing_back(session, actor, person, receipt):
        end_receipt(session, system_actor("appeal", receipt.org_id), receipt.id)
    audit.record(
        session, actor, "appeal.decided", "appeal", appeal.id, org_id=appeal.org_id,
        details={"receipt": receipt.id, "outcome": result.value},
    )  # fmt: skip
    return AppealDecision(
        appeal_id=appeal.id,
        receipt_id=receipt.id,
        org_id=receipt.org_id,
        kind=ReceiptKind(receipt.kind),
        cause_kind=receipt.cause_kind,
        cause_id=receipt.cause_id,
        annotator_id=person.id,
        lane_id=receipt.lane_id,
        outcome=result,
        is_put_back=is_put_back,
    )


def hold_decision(session: Session, actor: Actor, appeal_id: str, lift: Callable[[DecisionReceipt], bool]) -> bool:
    """Put a decision on hold, as nobody answered its appeal by the day: what it took is given back while it waits.

    `lift` does so where the decision is about more than a standing. The person is told by a receipt; those who may
    answer by the letter about the late appeal. False if it is on hold or answered, or nothing of it was in place.
    """
    appeal, receipt, person = _load(session, appeal_id)
    guard.require(session, actor, Action.RECEIPT_END, receipt_resource(receipt, person))
    _hold_still(session, actor, person, appeal, receipt)
    kind, now = ReceiptKind(receipt.kind), now_of(session)
    if (
        appeal.decided_at is not None or not is_to_hold(kind, appeal.due_at, appeal.held_at, now)
        or is_over(kind, receipt.ended_at, receipt.until_at, now)
    ):  # fmt: skip
        return False
    if not (hold_standing(session, actor, person, receipt) or lift(receipt)):
        return False
    appeal.held_at = now
    session.flush()
    audit.record(
        session, actor, "appeal.held", "appeal", appeal.id, org_id=appeal.org_id, details={"receipt": receipt.id}
    )
    _tell_hold(session, actor, appeal, receipt)
    return True


def _tell_hold(session: Session, actor: Actor, appeal: Appeal, receipt: DecisionReceipt) -> None:
    is_pay = receipt.kind == ReceiptKind.WORK_REJECTED
    issue_receipt(
        session, actor, annotator_id=receipt.annotator_id, kind=ReceiptKind.RESTORED, rule=LATE,
        rule_version=LATE_VERSION,
        what=_("An answer that was not accepted is paid, as your appeal was not answered by its day.") if is_pay
        else _("A decision about your work is on hold, as your appeal was not answered by its day."),
        why=_("An answer was due by %(due)s, and nobody gave one.", due=appeal.due_at),
        way_back=_("The pay is yours, whatever the answer will be. Your appeal still waits for it.") if is_pay
        else _("It is lifted until your appeal is answered. If the answer is that it was right, it holds again."),
        evidence=({"kind": "receipt", "id": receipt.id},), cause_kind="appeal", cause_id=appeal.id,
        lane_id=receipt.lane_id,
    )  # fmt: skip


def _load(session: Session, appeal_id: str) -> tuple[Appeal, DecisionReceipt, Annotator]:
    appeal = session.get(Appeal, appeal_id)
    receipt = session.get(DecisionReceipt, appeal.receipt_id) if appeal else None
    if appeal is None or receipt is None:
        raise guard.not_found()
    return appeal, receipt, annotator_row(session, receipt.annotator_id)


def _hold_still(
    session: Session, actor: Actor, person: Annotator, appeal: Appeal, receipt: DecisionReceipt
) -> None:  # fmt: skip
    """Read them as they are at this moment, and let nobody answer, lift or end anything meanwhile: an answer and the
    job that puts a decision on hold come one after the other."""
    session.refresh(person, with_for_update={"key_share": True})  # a change of standing takes the person first, too
    if receipt.kind == ReceiptKind.LANGUAGE_REJECTED:  # who proves or states a language takes it before its decisions
        hold_claims_of(session, actor, person.id)
    for row in (appeal, receipt):
        session.refresh(row, with_for_update={"key_share": True})


def _appeal_of(session: Session, receipt: DecisionReceipt) -> Appeal | None:
    return session.scalars(
        select(Appeal).where(Appeal.receipt_id == receipt.id, Appeal.org_id == receipt.org_id)
    ).one_or_none()


def _give_back(session: Session, actor: Actor, receipt: DecisionReceipt, person: Annotator) -> None:
    kind = ReceiptKind(receipt.kind)
    if kind is ReceiptKind.LANGUAGE_REJECTED:
        give_back_claim(session, actor, receipt.cause_id)
    elif kind is ReceiptKind.CLEARANCE_LOWERED:
        give_back_clearance(session, actor, person, receipt)
    elif kind is ReceiptKind.DOCUMENT_REFUSED:
        give_back_document(session, actor, receipt)
    else:
        give_back(session, actor, person, receipt)
