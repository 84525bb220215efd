"""Tables of checks by natives: the vendor's prompts, what a candidate wrote, and what natives said of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Micros, Owned, within


class LanguagePrompt(Identified, Owned, Base):
    """A vendor's own text to which candidates of a locale write; with one, the product's own are not used there."""

    __tablename__ = "language_prompt"
    locale: Mapped[str] = mapped_column(String(35))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)


class LanguageCheck(Identified, Owned, Base):
    """A short text of a candidate, to be judged by two natives, and by a third where they differ."""

    __tablename__ = "language_check"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_language_check_queue", "org_id", "state", "locale", "answered_at"),
        Index("ix_language_check_person", "org_id", "annotator_id", "asked_at"),
        within("annotator", "annotator_id"),
        CheckConstraint("state IN ('asked', 'answered', 'decided', 'undone')", name="state_is_known"),
        CheckConstraint("(state IN ('decided', 'undone')) = (confirmed IS NOT NULL)", name="decided_has_outcome"),
    )
    claim_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    pool_id: Mapped[str] = mapped_column(Id)
    locale: Mapped[str] = mapped_column(String(35))
    level: Mapped[str] = mapped_column(String(6))  # what the candidate states
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="asked")
    confirmed: Mapped[bool | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    receipt_id: Mapped[str | None] = mapped_column(Id)


class LanguageVote(Identified, Owned, Base):
    """One native's place at a check: held until a time, and then what they said, without the others' words."""

    __tablename__ = "language_vote"
    __table_args__ = (
        UniqueConstraint("org_id", "check_id", "account_id", name="uq_language_vote_once"),
        Index("ix_language_vote_person", "org_id", "annotator_id", "voted_at"),
        within("language_check", "check_id"),
        within("annotator", "annotator_id"),
        CheckConstraint("(voted_at IS NULL) = (confirms IS NULL)", name="vote_has_answer"),
    )
    check_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    taken_at: Mapped[datetime]
    held_until: Mapped[datetime]
    confirms: Mapped[bool | None]
    counts: Mapped[bool] = mapped_column(default=False)  # False: it came when the others had decided; paid all the same
    voted_at: Mapped[datetime | None]
    micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
