"""Retention carried: a portion of each rule's rows at a time."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from admin.operations.own_data import erase_person, forget_file
from admin.queries.retention import due_ids
from admin.rules.retention import (
    CONTENTS,
    COPIES,
    CREDENTIALS,
    DOCUMENTS,
    DRAFTS,
    ERASURES,
    LISTS,
    MEDIA,
    RECORDINGS,
    RELEASED,
    ROSTERS,
    RULES,
    SESSIONS,
    UNJUDGED,
    UPLOADS,
    Retention,
)
from calibration.models import GoldKey, LanguageRecording
from calibration.operations.voices import forget_recordings, speak_anew
from kernel import audit
from kernel.db import now_of
from kernel.policy import Actor
from labeling.models import Item, ItemOriginal, Media, MediaName
from labeling.rules.removed import removed_content
from marketplace.models import Batch, Project, Release
from payouts.models import PayoutLine
from web.models import AuthSession
from workforce.models import DataRequest, MadeFile
from workforce.models.onboarding import ApplicationDraft, BroughtCredential, PersonDocument
from workforce.operations.made_files import forget_made
from workforce.operations.rosters import forget_rosters
from workforce.values.own_data import DataState

PORTION, MANIFEST = 500, "manifest.json"
ROSTERS_AT_ONCE = 20  # each has up to 10,000 lines


def carry_retention(session: Session, actor: Actor, limit: int = PORTION) -> dict[str, int]:
    """Take one portion of everything whose time is over; returns how many of each rule."""
    taken = {rule.code: _carry(session, actor, rule, limit) for rule in RULES}
    if any(taken.values()):
        audit.record(session, actor, "retention.carried", "retention", None, details=taken)
    return taken


def _carry(session: Session, actor: Actor, rule: Retention, limit: int) -> int:
    found = due_ids(session, rule, min(limit, ROSTERS_AT_ONCE) if rule is ROSTERS else limit)
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
    elif rule is CREDENTIALS:
        session.execute(delete(BroughtCredential).where(BroughtCredential.id.in_(found)))
    elif rule is DRAFTS:
        session.execute(delete(ApplicationDraft).where(ApplicationDraft.id.in_(found)))
    elif rule is ROSTERS:
        forget_rosters(session, actor, found)
    elif rule is UNJUDGED:
        speak_anew(session, actor, found)
    elif rule is RECORDINGS:
        forget_recordings(session, actor, LanguageRecording.id.in_(found))
    elif rule is CONTENTS:
        _remove_contents(session, found)
    elif rule is RELEASED:
        _remove_released(session, found)
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


def _remove_contents(session: Session, item_ids: list[str]) -> None:
    """Items lose their words, what they said before masking, and what their right answers were explained with.

    Nothing is left of the hash of the words either, by which a short text could be guessed.
    """
    now, projects = now_of(session), set[str]()
    for item in session.scalars(select(Item).where(Item.id.in_(item_ids))):
        item.content, item.removed_at = removed_content(item.content, now.date()), now
        item.fingerprint = f"removed:{item.id}"
        projects.add(item.project_id)
    session.execute(update(Project).where(Project.id.in_(projects)).values(content_removed_at=now))
    session.execute(delete(ItemOriginal).where(ItemOriginal.id.in_(item_ids)))
    session.execute(update(GoldKey).where(GoldKey.item_id.in_(item_ids)).values(explanation=""))


def _remove_released(session: Session, release_ids: list[str]) -> None:
    """Manifests stay, with every file's name, size and hash: the receipt of what was delivered."""
    for release in session.scalars(select(Release).where(Release.id.in_(release_ids))):
        for file in release.files:
            if file["name"] != MANIFEST and file["stored_name"]:
                forget_file(session, file["stored_name"])
        release.files = [file if file["name"] == MANIFEST else file | {"stored_name": ""} for file in release.files]
        release.removed_at = now_of(session)
