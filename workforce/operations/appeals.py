"""Appeals: opened with one click by the person, answered by somebody who did not decide."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor
from workforce.models import Annotator, Appeal, DecisionReceipt
from workforce.operations.clearances import give_back_clearance
from workforce.operations.documents import give_back_document
from workforce.operations.languages import give_back_claim
from workforce.operations.standing import give_back
from workforce.policy import Action, appeal_resource, receipt_resource
from workforce.queries.receipts import appeal_view
from workforce.queries.rows import annotator_row
from workforce.rules.appeals import due_at, may_appeal, state_after
from workforce.rules.names import clean_text
from workforce.values import AppealDecision, AppealView, Outcome, ReceiptKind, ReceiptState


def open_appeal(session: Session, actor: Actor, receipt_id: str, text: str = "") -> AppealView:
    """Object to a decision about oneself. What to look at may be said in any language, or left unsaid."""
    receipt = session.get(DecisionReceipt, receipt_id)
    if receipt is None:
        raise guard.not_found()
    person = annotator_row(session, receipt.annotator_id)
    guard.require(session, actor, Action.RECEIPT_APPEAL, receipt_resource(receipt, person))
    text = clean_text(text, "text", 4000, required=False)
    if not may_appeal(ReceiptState(receipt.state), _appeal_of(session, receipt) is not None):
        raise Conflict("appeal.not_open", _("This decision has been appealed already, or holds no longer."))
    now = now_of(session)
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
    decided = session.execute(
        update(Appeal)
        .where(Appeal.id == appeal.id, Appeal.decided_at.is_(None))
        .values(decided_at=now_of(session), decided_by=actor.account_id, outcome=result, answer=answer)
    )
    if changed_rows(decided) != 1:
        raise Conflict("appeal.decided", _("This appeal has been answered already."))
    receipt.state = state_after(result)
    session.flush()
    if result is Outcome.OVERTURNED:
        _give_back(session, actor, receipt, person)
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
    )


def _load(session: Session, appeal_id: str) -> tuple[Appeal, DecisionReceipt, Annotator]:
    appeal = session.get(Appeal, appeal_id)
    receipt = session.get(DecisionReceipt, appeal.receipt_id) if appeal else None
    if appeal is None or receipt is None:
        raise guard.not_found()
    return appeal, receipt, annotator_row(session, receipt.annotator_id)


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
