"""Clearance and proof of identity: given and taken back by a vendor's managers, never for themselves.

Both are asked at each take, fetch and review, so that what is taken back holds from the very next request; leases end
with it.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor
from workforce.leases import end_leases
from workforce.models import Annotator, DecisionReceipt
from workforce.operations.receipts import end_receipt, issue_receipt
from workforce.policy import Action, annotator_resource
from workforce.queries.people import annotator_view
from workforce.queries.rows import annotator_row, hold_present
from workforce.rules.clearances import clean_kind, clean_level, clearance_at, is_proven
from workforce.rules.names import clean_text
from workforce.values import AnnotatorView, ReceiptKind, ReceiptState

RULE_VERSION = "1"


def set_clearance(
    session: Session, actor: Actor, annotator_id: str, *, level: int, until_at: datetime | None, reason: str
) -> AnnotatorView:
    """Give, change or end a clearance. Less than there was, or for a shorter time, is a decision with a receipt."""
    person, now = _held(session, actor, annotator_id), now_of(session)
    level, reason = clean_level(level, until_at, now), clean_text(reason, "reason", 2000)
    before = clearance_at(person.clearance, person.clearance_until, now)
    evidence = {"kind": "clearance", "id": str(before), "until": _told(person.clearance_until)}
    is_shorter = level == before > 0 and _ends_before(until_at, person.clearance_until)
    person.clearance, person.clearance_until = level, until_at if level else None
    session.flush()
    audit.record(
        session, actor, "clearance.set", "annotator", person.id, org_id=person.org_id,
        details={"before": before, "after": level, "until": _told(person.clearance_until)}, words=reason,
        about=person.id,
    )  # fmt: skip
    if level < before:
        _take_back(session, actor, person, _("Your clearance for protected data was lowered."), reason, evidence)
    elif is_shorter:
        _take_back(session, actor, person, _("Your clearance for protected data ends earlier."), reason, evidence)
    elif level > 0:
        _end_receipts(session, actor, person, "clearance")
    return annotator_view(person)


def verify_identity(session: Session, actor: Actor, annotator_id: str, *, kind: str, note: str) -> AnnotatorView:
    """Take an identity as verified now, by a check outside of here whose kind is one of IDENTITY_KINDS; `note` says
    how, where and by whom, and stays on record. It holds for two years."""
    person = _held(session, actor, annotator_id)
    kind, note = clean_kind(kind), clean_text(note, "note", 2000)
    return _verified(session, actor, person, {"kind": kind}, note)


def verify_by_document(session: Session, actor: Actor, annotator_id: str, *, document_id: str) -> AnnotatorView:
    """The same by a document that was handed in here, looked at and accepted."""
    person = _held(session, actor, annotator_id)
    return _verified(session, actor, person, {"kind": "document", "document": document_id}, "")


def _verified(
    session: Session, actor: Actor, person: Annotator, details: dict[str, object], note: str
) -> AnnotatorView:
    person.identity_verified_at = now_of(session)
    session.flush()
    audit.record(
        session, actor, "identity.verified", "annotator", person.id, org_id=person.org_id, details=details, words=note,
        about=person.id,
    )  # fmt: skip
    _end_receipts(session, actor, person, "identity")
    return annotator_view(person)


def end_identity(session: Session, actor: Actor, annotator_id: str, *, reason: str) -> AnnotatorView:
    """Take an identity as verified no longer, with a reason that the person reads and may appeal."""
    person, reason = _held(session, actor, annotator_id), clean_text(reason, "reason", 2000)
    if not is_proven(person.identity_verified_at, now_of(session)):
        raise Conflict("identity.not_verified", _("This identity is not verified at the moment."))
    evidence = {"kind": "identity", "id": _told(person.identity_verified_at)}
    person.identity_verified_at = None
    session.flush()
    audit.record(
        session, actor, "identity.ended", "annotator", person.id, org_id=person.org_id, words=reason, about=person.id
    )
    _take_back(session, actor, person, _("Your identity is not taken as verified any more."), reason, evidence)
    return annotator_view(person)


def give_back_clearance(session: Session, actor: Actor, person: Annotator, receipt: DecisionReceipt) -> None:
    """Undo an overturned decision, unless as much has been given again since."""
    (lost,) = receipt.evidence
    if _is_taken_again(session, receipt, lost["kind"]):
        return
    if lost["kind"] == "identity":
        person.identity_verified_at = person.identity_verified_at or datetime.fromisoformat(lost["id"])
    else:
        level, until = int(lost["id"]), datetime.fromisoformat(lost["until"]) if lost["until"] else None
        now_held = clearance_at(person.clearance, person.clearance_until, now_of(session))
        if now_held < level or (now_held == level and _ends_before(person.clearance_until, until)):
            person.clearance, person.clearance_until = level, until
    session.flush()
    audit.record(
        session, actor, "clearance.given_back", "annotator", person.id, org_id=person.org_id,
        details={"receipt": receipt.id},
    )  # fmt: skip


def _is_taken_again(session: Session, receipt: DecisionReceipt, lost: str) -> bool:
    """Whether a later decision took the same: it holds whatever becomes of this one."""
    later = session.scalars(
        select(DecisionReceipt).where(
            DecisionReceipt.annotator_id == receipt.annotator_id, DecisionReceipt.kind == receipt.kind,
            DecisionReceipt.decided_at > receipt.decided_at, DecisionReceipt.state != ReceiptState.OVERTURNED,
            DecisionReceipt.ended_at.is_(None),
        )
    ).all()  # fmt: skip
    return any(each["kind"] == lost for row in later for each in row.evidence)


def _ends_before(one: datetime | None, other: datetime | None) -> bool:
    """Whether a time is over before another one; None never is."""
    return one is not None and (other is None or one < other)


def _held(session: Session, actor: Actor, annotator_id: str) -> Annotator:
    """The person, whom nobody else changes meanwhile; an answer that they are just giving is recorded all the same."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PEOPLE_CLEAR, annotator_resource(person))
    hold_present(session, person)
    session.refresh(person)
    return person


def _take_back(
    session: Session, actor: Actor, person: Annotator, what: Message, reason: str, evidence: dict[str, str | None]
) -> None:
    """End what the person holds where as much is asked for as they no longer have, and tell them why."""
    end_leases(session, actor, person.id, cause="clearance")
    issue_receipt(
        session, actor, annotator_id=person.id, kind=ReceiptKind.CLEARANCE_LOWERED, rule="clearance",
        rule_version=RULE_VERSION, what=what, why=_("The vendor's reason: “%(reason)s”", reason=reason),
        way_back=_("You can appeal. What you have earned stays yours and is paid as always."),
        evidence=(evidence,), cause_kind="clearance", cause_id=ids.new_id(),
    )  # fmt: skip


def _end_receipts(session: Session, actor: Actor, person: Annotator, lost: str) -> None:
    """End the decisions that took a clearance, or an identity: being given the one does not bring back the other."""
    rows = session.scalars(
        select(DecisionReceipt).where(
            DecisionReceipt.annotator_id == person.id, DecisionReceipt.kind == ReceiptKind.CLEARANCE_LOWERED,
            DecisionReceipt.state.in_((ReceiptState.IN_FORCE, ReceiptState.APPEALED)),
            DecisionReceipt.ended_at.is_(None),
        )
    ).all()  # fmt: skip
    for row in rows:
        if any(each["kind"] == lost for each in row.evidence):
            end_receipt(session, actor, row.id)


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
