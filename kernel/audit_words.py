"""What people wrote to go with events of the audit log: it lies beside the log, which keeps a salted hash of it, so
that it can go with the person whom it is about while the chain stays whole."""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel import ids
from kernel.models import AuditWords


def keep(session: Session, event_id: str, org_id: str, words: str, about: str | None) -> str:
    """Keep the words of an event; returns what the event holds of them."""
    row = AuditWords(id=event_id, org_id=org_id, about_id=about, salt=ids.new_secret(), words=words)
    session.add(row)
    return _sealed(row.salt, words)


def words_of(session: Session, event_ids: Iterable[str]) -> dict[str, str]:
    """What was written to go with these events, where it was not forgotten; each as it was written, or not at all."""
    wanted = list(event_ids)
    if not wanted:
        return {}
    return dict(
        session.execute(
            select(AuditWords.id, AuditWords.words).where(AuditWords.id.in_(wanted), AuditWords.words != "")
        ).all()
    )


def forget(session: Session, about: str) -> None:
    """Empty what was written about a person; the events and their chain stay as they are."""
    session.execute(
        update(AuditWords).where(AuditWords.about_id == about).values(words="", salt=""),
        execution_options={"synchronize_session": False},
    )


def _sealed(salt: str, words: str) -> str:
    return hashlib.sha256(f"{salt}\n{words}".encode()).hexdigest()


def changed(session: Session, events: Iterable[Any]) -> set[str]:
    """The events whose words are not those that were written with them; words that were forgotten are no fault."""
    sealed = {event.id: event.details["words"] for event in events if "words" in event.details}
    if not sealed:
        return set()
    rows = session.execute(
        select(AuditWords.id, AuditWords.salt, AuditWords.words).where(AuditWords.id.in_(list(sealed)))
    )
    return {row.id for row in rows if (row.salt or row.words) and _sealed(row.salt, row.words) != sealed[row.id]}
