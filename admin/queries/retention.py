"""What retention takes next: the very rows that the job then removes, counted without touching them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from admin.rules.retention import (
    CONTENTS,
    COPIES,
    CREDENTIALS,
    DESTINATIONS,
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
from calibration.models.languages import LanguageCheck, LanguageRecording
from kernel.db import now_of
from labeling.models import Item, Media
from marketplace.models import Batch, Project, Release
from marketplace.queries.keeping import nothing_waits
from payouts.models import PayoutLine, PayoutRun
from web.models import AuthSession
from workforce.models import Appeal, DataRequest, DecisionReceipt, MadeFile
from workforce.models.onboarding import ApplicationDraft, BroughtCredential, PersonDocument, Roster
from workforce.values.own_data import DataKind, DataState

MOST_COUNTED = 100_000
_OVER = ("imported", "cancelled", "broken", "checked")  # the last was never said yes to


@dataclass(frozen=True)
class Due:
    """What a rule takes now, and when it takes the next."""

    rule: Retention
    count: int
    next_at: datetime | None


def report(session: Session) -> list[Due]:
    """Each rule with what it would take now; nothing is changed."""
    now = now_of(session)
    found = []
    for rule in RULES:
        statement, since = waiting(rule)
        due = statement.where(since <= now - rule.kept).limit(MOST_COUNTED).subquery()
        count = session.scalar(select(func.count()).select_from(due)) or 0
        later = statement.where(since > now - rule.kept).with_only_columns(func.min(since), maintain_column_froms=True)
        first = session.scalar(later)
        found.append(Due(rule, count, first + rule.kept if first else None))
    return found


def due_ids(session: Session, rule: Retention, limit: int) -> list[str]:
    """The first rows that a rule takes now."""
    statement, since = waiting(rule)
    return list(session.scalars(statement.where(since <= now_of(session) - rule.kept).order_by(since).limit(limit)))


def waiting(rule: Retention) -> tuple[Select[Any], Any]:
    """The ids of everything that a rule will take one day, and the column from which its days count."""
    request = select(DataRequest.id)
    if rule is ERASURES:
        of_kind = (DataRequest.kind == DataKind.ERASURE.value, DataRequest.state == DataState.WAITING.value)
        return request.where(*of_kind), DataRequest.due_at
    if rule is COPIES:
        return request.where(
            DataRequest.kind == DataKind.EXPORT.value, DataRequest.stored_name.is_not(None)
        ), DataRequest.due_at
    if rule is LISTS:
        return select(MadeFile.id), MadeFile.until_at
    if rule is SESSIONS:
        return select(AuthSession.id), AuthSession.absolute_until
    if rule is UPLOADS:
        return select(Batch.id).where(Batch.state.in_(_OVER), Batch.stored_name != ""), Batch.created_at
    if rule is RECORDINGS:
        recordings = select(LanguageRecording.id).join(LanguageCheck, LanguageCheck.id == LanguageRecording.check_id)
        appealed = exists().where(Appeal.receipt_id == LanguageCheck.receipt_id, Appeal.decided_at.is_(None))
        return recordings.where(LanguageCheck.decided_at.is_not(None), ~appealed), LanguageCheck.decided_at
    if rule is MEDIA:
        files = select(Media.id).join(Project, Project.id == Media.project_id)
        return files.where(_ENDED, nothing_waits()), Project.content_until
    if rule is CONTENTS:
        items = select(Item.id).join(Project, Project.id == Item.project_id)
        return items.where(_ENDED, Item.removed_at.is_(None), nothing_waits()), Project.content_until
    if rule is RELEASED:
        releases = select(Release.id).join(Project, Project.id == Release.project_id)
        whole = Release.sha256.is_not(None) & Release.removed_at.is_(None)
        return releases.where(_ENDED, whole, nothing_waits()), Project.content_until
    if rule is UNJUDGED:
        sent = select(LanguageRecording.id).join(LanguageCheck, LanguageCheck.id == LanguageRecording.check_id)
        return sent.where(LanguageCheck.state == "answered"), LanguageCheck.answered_at
    if rule is DOCUMENTS:
        contents = select(PersonDocument.id).where(PersonDocument.content_sealed.is_not(None))
        refused = exists().where(
            DecisionReceipt.annotator_id == PersonDocument.annotator_id, DecisionReceipt.cause_kind == "document",
            DecisionReceipt.cause_id.startswith(PersonDocument.id + "@"), Appeal.receipt_id == DecisionReceipt.id,
            Appeal.decided_at.is_(None),
        )  # fmt: skip
        return contents.where(PersonDocument.decided_at.is_not(None), ~refused), PersonDocument.decided_at
    if rule is CREDENTIALS:
        return select(BroughtCredential.id), BroughtCredential.expires_at
    if rule is DRAFTS:
        return select(ApplicationDraft.id), ApplicationDraft.expires_at
    if rule is ROSTERS:
        # Whoever is named in a line that is wrong is found by no erasure.
        return select(Roster.id).where(Roster.dropped_at.is_(None)), func.coalesce(Roster.sent_at, Roster.created_at)
    assert rule is DESTINATIONS
    lines = select(PayoutLine.id).join(PayoutRun, PayoutRun.id == PayoutLine.run_id)
    return lines.where(PayoutLine.details_sealed.is_not(None)), PayoutRun.settled_at


_ENDED = and_(Project.state == "done", Project.content_until.is_not(None))
