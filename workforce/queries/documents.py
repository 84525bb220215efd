"""Reads of documents: what was handed in and who was shown it, never the content."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import DocumentLook, PersonDocument
from workforce.values import DocumentState, DocumentView, LookView

MOST = 50
MOST_LOOKS = 500


def documents_of(session: Session, annotator_id: str) -> list[DocumentView]:
    """A person's documents, the newest first, each with its looks."""
    kept = PersonDocument.content_sealed.is_not(None)
    rows = session.execute(
        select(PersonDocument, kept)
        .where(PersonDocument.annotator_id == annotator_id)
        .order_by(PersonDocument.uploaded_at.desc(), PersonDocument.id)
        .limit(MOST)
    ).all()
    looks = _looks(session, [row.id for row, _kept in rows])
    return [document_view(row, is_kept, looks.get(row.id, ())) for row, is_kept in rows]


def document_of(session: Session, document_id: str) -> DocumentView:
    """One document that is there, without its looks."""
    row = session.get_one(PersonDocument, document_id)
    return document_view(row, row.content_sealed is not None)


def owner_of_document(session: Session, document_id: str) -> str | None:
    """Whose document it is, as far as the scope sees."""
    row = session.get(PersonDocument, document_id)
    return row.annotator_id if row else None


def is_document_kept(session: Session, document_id: str) -> bool:
    """Whether a document itself can be looked at again. True for what the scope does not see."""
    kept = session.scalar(select(PersonDocument.content_sealed.is_not(None)).where(PersonDocument.id == document_id))
    return kept is not False


def document_view(row: PersonDocument, is_kept: bool, looks: Sequence[LookView] = ()) -> DocumentView:
    return DocumentView(
        row.id, row.annotator_id, row.kind, row.name, row.about, row.media_type, row.size, row.uploaded_at,
        DocumentState(row.state), row.decided_at, row.reason, is_kept, tuple(looks),
    )  # fmt: skip


def _looks(session: Session, document_ids: list[str]) -> dict[str, list[LookView]]:
    found: dict[str, list[LookView]] = {}
    rows = session.scalars(
        select(DocumentLook)
        .where(DocumentLook.document_id.in_(document_ids))
        .order_by(DocumentLook.at.desc(), DocumentLook.id)
        .limit(MOST_LOOKS)
    )
    for row in rows:
        found.setdefault(row.document_id, []).append(LookView(row.by_account_id, row.role, row.reason, row.at))
    return found
