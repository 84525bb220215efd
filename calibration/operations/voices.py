"""Recordings for checks by natives: kept sealed, heard by whom the check gives a right to at that moment, forgotten.

All of it happens inside one vendor, in its scope; what forgets may reach further.
"""

import hashlib
from functools import partial

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from calibration.models.languages import LanguageCheck, LanguageRecording
from calibration.operations.natives import answered, to_answer
from calibration.policy import CHECK_ASK, CHECK_HEAR, language_check_resource, recording_resource
from calibration.queries.natives import CheckView, check_row, check_view, is_held, recording_of, votes_of
from calibration.rules.voices import clean_recording
from i18n import _
from kernel import audit, guard, ids
from kernel.crypto import decrypt_file, encrypt_file, new_file_key, place_of
from kernel.db import after_commit, now_of
from kernel.errors import Invalid
from kernel.guard import not_found, require
from kernel.policy import Actor
from kernel.storage import kept, storage
from labeling.rules.media import CleanFile, NotTaken
from workforce.models import Annotator, Appeal, DecisionReceipt
from workforce.policy import Action, appeal_resource


def cleaned(content: bytes) -> CleanFile:
    """The sound of a file without anything that the file says beside it, or Invalid; before any transaction, as reading
    a long file takes seconds in which nobody else could write."""
    if not content:
        raise _refused(NotTaken("voice.missing", _("Choose a file first.")))
    try:
        return clean_recording(content)
    except NotTaken as refusal:
        raise _refused(refusal) from refusal


def record_check(session: Session, actor: Actor, check_id: str, clean: CleanFile) -> CheckView:
    """Say what the prompt asks for. The recording goes to the natives as it was cleaned."""
    check = to_answer(session, actor, check_id, "speak")
    row = LanguageRecording(
        id=ids.new_id(), org_id=check.org_id, check_id=check.id, annotator_id=check.annotator_id,
        account_id=check.account_id, media_type=clean.media_type, size=len(clean.content), seconds=clean.seconds,
        sha256=hashlib.sha256(clean.content).hexdigest(), kept_at=now_of(session),
    )  # fmt: skip
    row.key = key = new_file_key()
    with kept([encrypt_file(key, clean.content, place_of_recording(row))]) as stored:
        row.stored_name = stored.name
        session.add(row)
        session.flush()
        return answered(session, actor, check, row.id)


def recording_to_hear(session: Session, actor: Actor, check_id: str) -> LanguageRecording:
    """What was said for a check, for whom it is open at this moment; raises NotFound for everybody else.

    Open to the candidate; to a native while they hold a place at the check and it waits for their word; and to whoever
    may decide the appeal against it while that waits, unless they were one of the natives.
    """
    check, row = check_row(session, check_id), recording_of(session, check_id)
    if check is None or row is None:
        raise not_found()
    if check.account_id == actor.account_id:
        require(session, actor, CHECK_ASK, language_check_resource(check))
    elif not _may_decide(session, actor, check):
        votes = votes_of(session, check.id)
        held = next((vote for vote in votes if vote.account_id == actor.account_id), None)
        is_open = held is not None and is_held(session, check, held)
        require(session, actor, CHECK_HEAR, recording_resource(check, held if is_open else None))
    return row


def appealed_check(session: Session, actor: Actor, check_id: str) -> CheckView:
    """A check as whoever decides the appeal against it meets it, while that waits: what was asked and answered."""
    check = check_row(session, check_id)
    if check is None or not _may_decide(session, actor, check):
        raise not_found()
    recording = recording_of(session, check.id)
    return check_view(check, recording.id if recording else None)


def is_appealed_to(session: Session, actor: Actor, check_id: str) -> bool:
    """Whether the actor is one who may decide an appeal against this check now."""
    check = check_row(session, check_id)
    return check is not None and _may_decide(session, actor, check)


def opened(row: LanguageRecording) -> bytes:
    """The sound itself."""
    with storage().open(row.stored_name) as stream:
        return decrypt_file(row.key or "", stream.read(), place_of_recording(row))


def forget_recordings(session: Session, actor: Actor, which: ColumnElement[bool]) -> int:
    """Remove recordings for good, each with its key and, once this is committed, its file; returns how many."""
    rows = session.execute(
        select(
            LanguageRecording.id, LanguageRecording.org_id, LanguageRecording.check_id, LanguageRecording.stored_name
        ).where(which)
    ).all()
    session.execute(delete(LanguageRecording).where(LanguageRecording.id.in_([row.id for row in rows])))
    for row in rows:
        after_commit(session, partial(storage().delete, row.stored_name))
        audit.record(session, actor, "language_recording.forgotten", "language_check", row.check_id, org_id=row.org_id)
    return len(rows)


def speak_anew(session: Session, actor: Actor, recording_ids: list[str]) -> None:
    """Forget recordings that natives have left undecided: their checks ask again, and the candidate may speak anew.

    What a native said of the old one was paid and counts for nothing; who held a place has none, and who gave it back
    is not asked for the new one either.
    """
    of_these = select(LanguageRecording.check_id).where(LanguageRecording.id.in_(recording_ids))
    checks = session.scalars(select(LanguageCheck).where(LanguageCheck.id.in_(of_these))).all()
    for check in checks:
        for vote in votes_of(session, check.id):
            if vote.voted_at is not None:
                vote.counts = False
            elif vote.given_back_at is None:
                session.delete(vote)
        check.state, check.answered_at = "asked", None
    session.flush()
    forget_recordings(session, actor, LanguageRecording.id.in_(recording_ids))


def place_of_recording(row: LanguageRecording) -> str:
    """What a recording's bytes are bound to."""
    return place_of("language_recording", "file", row.id, row.org_id)


def _may_decide(session: Session, actor: Actor, check: LanguageCheck) -> bool:
    """Whether an appeal against the check waits for somebody like the actor: of the vendor, and none of the natives."""
    if check.org_id != actor.org_id:
        return False
    found = session.execute(
        select(Appeal, DecisionReceipt, Annotator)
        .join(DecisionReceipt, (DecisionReceipt.id == Appeal.receipt_id) & (DecisionReceipt.org_id == Appeal.org_id))
        .join(
            Annotator,
            (Annotator.id == DecisionReceipt.annotator_id) & (Annotator.org_id == DecisionReceipt.org_id),
        )
        .where(DecisionReceipt.id == check.receipt_id, Appeal.decided_at.is_(None))
    ).first()
    if found is None or any(vote.account_id == actor.account_id for vote in votes_of(session, check.id)):
        return False
    resource = appeal_resource(found[0], found[1], found[2], actor)
    return guard.check(actor, Action.APPEAL_DECIDE, resource, now_of(session)).allow


def _refused(refusal: NotTaken) -> Invalid:
    return Invalid(refusal.code, refusal.message, fields={"file": refusal.message})
