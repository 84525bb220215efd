"""Retention carried: a portion of each rule's rows at a time."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from admin.operations.own_data import erase_person, forget_file
from admin.queries.retention import due_ids
from admin.rules.retention import (
    COPIES,
    DOCUMENTS,
    DRAFTS,
    ERASURES,
    LISTS,
    MEDIA,
    RECORDINGS,
    RULES,
    SESSIONS,
    UPLOADS,
    Retention,
)
from calibration.models import LanguageRecording
from calibration.operations.voices import forget_recordings
from kernel import audit
from kernel.policy import Actor
from labeling.models import Media, MediaName
from marketplace.models import Batch
from payouts.models import PayoutLine
from web.models import AuthSession
from workforce.models import DataRequest, MadeFile
from workforce.models.onboarding import ApplicationDraft, PersonDocument
from workforce.operations.made_files import forget_made
from workforce.values.own_data import DataState

PORTION = 500


def carry_retention(session: Session, actor: Actor, limit: int = PORTION) -> dict[str, int]:
    """Take one portion of everything whose time is over; returns how many of each rule."""
    taken = {rule.code: _carry(session, actor, rule, limit) for rule in RULES}
    if any(taken.values()):
        audit.record(session, actor, "retention.carried", "retention", None, details=taken)
    return taken


def _carry(session: Session, actor: Actor, rule: Retention, limit: int) -> int:
    found = due_ids(session, rule, limit)
    if rule is ERASURES:
        return sum(erase_person(session, actor, request_id) for request_id in found)
    if not found:
        return 0
    if rule is COPIES:
        for row in session.scalars(select(DataRequest).where(DataRequest.id.in_(found))):
            forget_file(session, row.stored_name or "")
            row.stored_name = None
            row.state = row.state if row.state == DataState.TAKEN else DataState.OVER.value
    elif rule is LISTS:
        forget_made(session, actor, MadeFile.id.in_(found))
    elif rule is SESSIONS:
        session.execute(delete(AuthSession).where(AuthSession.id.in_(found)))
    elif rule is UPLOADS:
        for batch in session.scalars(select(Batch).where(Batch.id.in_(found))):
            forget_file(session, batch.stored_name)
            batch.stored_name, batch.key, batch.preview, batch.findings = "", None, None, None
            if found_of := batch.personal:
                batch.personal = {name: told for name, told in found_of.items() if name != "examples"}
            batch.state = "cancelled" if batch.state == "checked" else batch.state
    elif rule is DOCUMENTS:  # that they were decided on, by whom and when, stays
        session.execute(update(PersonDocument).where(PersonDocument.id.in_(found)).values(content_sealed=None))
    elif rule is DRAFTS:
        session.execute(delete(ApplicationDraft).where(ApplicationDraft.id.in_(found)))
    elif rule is RECORDINGS:
        forget_recordings(session, actor, LanguageRecording.id.in_(found))
    elif rule is MEDIA:
        for file in session.scalars(select(Media).where(Media.id.in_(found))):
            forget_file(session, file.stored_name)
        for model in (MediaName, Media):
            session.execute(delete(model).where(model.id.in_(found)))
    else:
        session.execute(
            update(PayoutLine).where(PayoutLine.id.in_(found)).values(holder_sealed=None, details_sealed=None)
        )
    session.flush()
    return len(found)
