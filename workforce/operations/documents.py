"""Documents: handed in sealed, shown for a stated reason with every look on record, decided on, and forgotten."""

import hashlib
from base64 import b64decode, b64encode

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor, system_actor
from workforce.models import Annotator, DecisionReceipt, DocumentLook, PersonDocument
from workforce.operations.clearances import verify_by_document
from workforce.operations.receipts import end_receipts_of, issue_receipt
from workforce.policy import Action, annotator_resource, document_resource
from workforce.queries.documents import document_view
from workforce.queries.rows import annotator_row, hold_person
from workforce.rules.documents import CleanDocument, clean_kind
from workforce.rules.names import clean_file_name, clean_text
from workforce.values import DocumentState, DocumentView, ReceiptKind, Shown

MOST_WAITING = 10
RULE, RULE_VERSION = "document", "1"


def upload_document(
    session: Session, actor: Actor, annotator_id: str, *, kind: str, name: str, clean: CleanDocument, about: str = ""
) -> DocumentView:
    """Hand in a picture or PDF that was looked at, which is sealed at once."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
    kind, about = clean_kind(kind), clean_text(about, "about", 200, required=False)
    content = clean.content
    waiting = session.scalar(
        select(func.count())
        .select_from(PersonDocument)
        .where(PersonDocument.annotator_id == person.id, PersonDocument.state == DocumentState.WAITING)
    )
    if (waiting or 0) >= MOST_WAITING:
        message = _("%(most)s documents wait for an answer already. Withdraw one first.", most=MOST_WAITING)
        raise Conflict("document.too_many", message)
    row = PersonDocument(
        id=ids.new_id(), org_id=person.org_id, annotator_id=person.id, kind=kind, name=clean_file_name(name),
        about=about, media_type=clean.media_type, size=len(content), sha256=hashlib.sha256(content).hexdigest(),
        uploaded_at=now_of(session), state=DocumentState.WAITING, reason="",
    )  # fmt: skip
    row.content = b64encode(content).decode()
    session.add(row)
    session.flush()
    _record(session, actor, "document.uploaded", row, {"kind": kind, "size": row.size})
    return document_view(row, True)


def withdraw_document(session: Session, actor: Actor, document_id: str) -> DocumentView:
    """Take one's document back, whose content is gone by that at once."""
    row, person = _row(session, document_id)
    guard.require(session, actor, Action.PROFILE_WRITE, document_resource(row.id, person))
    hold_person(session, person.id)
    withdrawn = session.execute(
        update(PersonDocument)
        .where(
            PersonDocument.id == row.id, PersonDocument.state.in_((DocumentState.WAITING, DocumentState.REFUSED))
        )
        .values(state=DocumentState.WITHDRAWN, content_sealed=None)
    )  # fmt: skip
    if changed_rows(withdrawn) != 1:
        raise Conflict("document.decided", _("This document has been decided on already."))
    session.refresh(row)
    _record(session, actor, "document.withdrawn", row, {})
    _end_refusals(session, row.id)
    return document_view(row, False)


def look_at_document(session: Session, actor: Actor, document_id: str, *, reason: str) -> Shown:
    """Be shown a document, this once, for a reason that the person reads; the look is on record before it is shown."""
    row, person = _row(session, document_id)
    guard.require(session, actor, Action.DOCUMENT_LOOK, document_resource(row.id, person))
    reason = clean_text(reason, "reason", 500)
    if row.content is None:
        raise Conflict("document.gone", _("The content of this document is not kept any more."))
    look = DocumentLook(
        id=ids.new_id(), org_id=row.org_id, document_id=row.id, by_account_id=actor.account_id, role=actor.role or "",
        reason=reason, at=now_of(session),
    )  # fmt: skip
    session.add(look)
    session.flush()
    _record(session, actor, "document.read", row, {"look": look.id, "annotator": row.annotator_id})
    return Shown(row.media_type, row.sha256, b64decode(row.content))


def decide_document(
    session: Session, actor: Actor, document_id: str, *, is_accepted: bool, reason: str = ""
) -> DocumentView:
    """Accept a document, which verifies an identity where it shows one, or refuse it, which is a decision with a
    reason that the person reads and may appeal. Whoever decides has looked at it."""
    row, person = _row(session, document_id)
    guard.require(session, actor, Action.PEOPLE_CLEAR, document_resource(row.id, person))
    reason = clean_text(reason, "reason", 2000, required=not is_accepted)
    if row.state == DocumentState.WAITING and not _has_looked(session, actor, row):
        raise Conflict("document.unseen", _("Look at the document first: whoever decides on it has seen it."))
    after = DocumentState.ACCEPTED if is_accepted else DocumentState.REFUSED
    decided = session.execute(
        update(PersonDocument)
        .where(PersonDocument.id == row.id, PersonDocument.state == DocumentState.WAITING)
        .values(state=after, decided_at=now_of(session), decided_by=actor.account_id, reason=reason)
    )
    if changed_rows(decided) != 1:
        raise Conflict("document.decided", _("This document has been decided on already."))
    session.refresh(row)
    _record(session, actor, "document.decided", row, {"outcome": after.value})
    if not is_accepted:
        _tell_refusal(session, actor, row)
        return document_view(row, True)
    if row.kind == "identity":
        verify_by_document(session, actor, person.id, document_id=row.id)
    for earlier in _alike(session, row):
        _end_refusals(session, earlier)
    return document_view(row, True)


def give_back_document(session: Session, actor: Actor, receipt: DecisionReceipt) -> None:
    """Undo an overturned refusal: the document waits again. Where its content is gone, the person is told that nothing
    is left to look at, and what they can do."""
    row = session.get(PersonDocument, receipt.cause_id.partition("@")[0])
    if row is None:
        return
    back = session.execute(
        update(PersonDocument)
        .where(
            PersonDocument.id == row.id, PersonDocument.state == DocumentState.REFUSED,
            PersonDocument.content_sealed.is_not(None),
        )
        .values(state=DocumentState.WAITING, decided_at=None, decided_by=None, reason="")
    )  # fmt: skip
    session.refresh(row)
    if changed_rows(back) == 1:
        _record(session, actor, "document.given_back", row, {"receipt": receipt.id})
        return
    issue_receipt(
        session, actor, annotator_id=row.annotator_id, kind=ReceiptKind.RESTORED, rule=RULE, rule_version=RULE_VERSION,
        what=_("A document that was refused counts as not refused, but its content is not kept any more."),
        why=_("Your appeal was believed. By then the content had been withdrawn, or removed for its age."),
        way_back=_("Hand it in once more, and it will be looked at anew."),
        evidence=({"kind": "document", "id": row.id},), cause_kind="receipt", cause_id=receipt.id,
    )  # fmt: skip


def _tell_refusal(session: Session, actor: Actor, row: PersonDocument) -> None:
    issue_receipt(
        session, actor, annotator_id=row.annotator_id, kind=ReceiptKind.DOCUMENT_REFUSED, rule=RULE,
        rule_version=RULE_VERSION,
        what=_("The proof of your identity that you handed in was not accepted.") if row.kind == "identity"
        else _("A certificate that you handed in was not accepted."),
        why=_("The vendor's reason: “%(reason)s”", reason=row.reason),
        way_back=_("Hand it in once more, or another one, whenever you like. If you think that this is wrong, appeal."),
        evidence=({"kind": "document", "id": row.id},), cause_kind="document",
        cause_id=f"{row.id}@{row.decided_at:%Y%m%d%H%M%S%f}",
    )  # fmt: skip


def _has_looked(session: Session, actor: Actor, row: PersonDocument) -> bool:
    looked = select(DocumentLook.id).where(
        DocumentLook.document_id == row.id, DocumentLook.by_account_id == actor.account_id
    )
    return session.scalar(select(looked.exists())) is True


def _alike(session: Session, row: PersonDocument) -> list[str]:
    """The refused documents whose place an accepted one takes: proofs of identity, or certificates about the same."""
    alike = select(PersonDocument.id).where(
        PersonDocument.annotator_id == row.annotator_id, PersonDocument.kind == row.kind,
        PersonDocument.state == DocumentState.REFUSED,
    )  # fmt: skip
    return list(session.scalars(alike if row.kind == "identity" else alike.where(PersonDocument.about == row.about)))


def _end_refusals(session: Session, document_id: str) -> None:
    """What refused a document is over once another is accepted in its place, or it is taken back."""
    row = session.get_one(PersonDocument, document_id)
    end_receipts_of(
        session, system_actor("document", row.org_id), row.annotator_id, [ReceiptKind.DOCUMENT_REFUSED],
        cause=f"{row.id}@",
    )  # fmt: skip


def _row(session: Session, document_id: str) -> tuple[PersonDocument, Annotator]:
    row = session.get(PersonDocument, document_id)
    if row is None:
        raise guard.not_found()
    return row, annotator_row(session, row.annotator_id)


def _record(session: Session, actor: Actor, action: str, row: PersonDocument, details: dict[str, object]) -> None:
    audit.record(session, actor, action, "document", row.id, org_id=row.org_id, details=details)
