"""What a decision by hand may rest on: rows about that very person, told by the packages that keep them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import DecisionReceipt, LanguageClaim, PersonDocument

Rows = Callable[[str], Any]  # a select, of a person's profile: the id of each row and when it came to be
OFFERED = 20  # a language is stated in up to four modes


@dataclass(frozen=True)
class Ground:
    """A row that a decision may name, by its kind and id."""

    kind: str
    id: str
    at: datetime


_rows: dict[str, Rows] = {
    "document": lambda person: select(PersonDocument.id, PersonDocument.uploaded_at).where(
        PersonDocument.annotator_id == person
    ),
    "language_claim": lambda person: select(LanguageClaim.id, LanguageClaim.claimed_at).where(
        LanguageClaim.annotator_id == person
    ),
    "receipt": lambda person: select(DecisionReceipt.id, DecisionReceipt.decided_at).where(
        DecisionReceipt.annotator_id == person
    ),
}


def know_ground(kind: str, rows: Rows) -> None:
    """Say which rows of a kind are about a person."""
    _rows[kind] = rows


def offered(session: Session, annotator_id: str, kinds: Iterable[str] | None = None) -> list[Ground]:
    """The newest few rows of each kind that a decision about a person may name; answers are named by their ids."""
    found = []
    for kind in sorted(_rows) if kinds is None else kinds:
        if kind != "judgment":
            rows = _rows[kind](annotator_id)
            newest = rows.order_by(*(column.desc() for column in reversed(rows.selected_columns))).limit(OFFERED)
            found += [Ground(kind, id_, at) for id_, at in session.execute(newest)]
    return found


def is_about(session: Session, annotator_id: str, kind: str, id_: str) -> bool:
    """Whether a row of a kind is about the person and may be named."""
    rows = _rows.get(kind)
    if rows is None:
        return False
    asked = rows(annotator_id)
    return session.execute(asked.where(asked.selected_columns[0] == id_).limit(1)).first() is not None
