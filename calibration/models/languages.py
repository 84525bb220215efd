"""Tables of checks by natives: the vendor's prompts, what a candidate wrote or said, and what natives thought of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed
from kernel.db import Base, Id, Identified, Micros, Owned, within


class LanguagePrompt(Identified, Owned, Base):
    """A vendor's own text to which candidates of a locale write or speak; with one, the product's own are not used."""

    __tablename__ = "language_prompt"
    locale: Mapped[str] = mapped_column(String(35))
    mode: Mapped[str] = mapped_column(String(6), default="write", server_default="write")
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)


class LanguageCheck(Identified, Owned, Base):
    """A short text or recording of a candidate, judged by two natives, and by more where these do not settle it."""

    __tablename__ = "language_check"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_language_check_queue", "org_id", "state", "locale", "answered_at"),
        Index("ix_language_check_person", "org_id", "annotator_id", "asked_at"),
        within("annotator", "annotator_id"),
        CheckConstraint("state IN ('asked', 'answered', 'decided', 'undone', 'undecided')", name="state_is_known"),
        CheckConstraint("(state IN ('decided', 'undone')) = (confirmed IS NOT NULL)", name="decided_has_outcome"),
    )
    claim_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    pool_id: Mapped[str] = mapped_column(Id)
    locale: Mapped[str] = mapped_column(String(35))
    mode: Mapped[str] = mapped_column(String(6), default="write", server_default="write")  # write, speak
    level: Mapped[str] = mapped_column(String(6))  # what the candidate states
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="asked")  # undecided: it ended and says nothing of anybody
    confirmed: Mapped[bool | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    receipt_id: Mapped[str | None] = mapped_column(Id)


class LanguageRecording(Identified, Owned, Base):
    """What a candidate said. The file is kept under its own key, which is sealed here: without this row nobody can
    hear it, and no row is left once it is forgotten."""

    __tablename__ = "language_recording"
    __table_args__ = (
        UniqueConstraint("org_id", "check_id", name="uq_language_recording_once"),
        Index("ix_language_recording_person", "org_id", "annotator_id"),
        within("language_check", "check_id"),
        within("annotator", "annotator_id"),
    )
    check_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    media_type: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    seconds: Mapped[float | None] = mapped_column(Float)
    sha256: Mapped[str] = mapped_column(String(64))  # of what is kept, before it is encrypted
    kept_at: Mapped[datetime]
    stored_name: Mapped[str] = mapped_column(String(40))
    key_sealed: Mapped[str] = mapped_column(Text)
    key = Sealed("key_sealed")


class LanguageVote(Identified, Owned, Base):
    """One native's place at a check: held until a time, and then what they said, without the others' words. One that
    was given back stays, so that its native is not asked for it again."""

    __tablename__ = "language_vote"
    __table_args__ = (
        UniqueConstraint("org_id", "check_id", "account_id", name="uq_language_vote_once"),
        Index("ix_language_vote_person", "org_id", "annotator_id", "voted_at"),
        within("language_check", "check_id"),
        within("annotator", "annotator_id"),
        CheckConstraint("(voted_at IS NULL) = (confirms IS NULL)", name="vote_has_answer"),
        CheckConstraint("voted_at IS NULL OR given_back_at IS NULL", name="said_or_given_back"),
    )
    check_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    taken_at: Mapped[datetime]
    held_until: Mapped[datetime]
    confirms: Mapped[bool | None]
    counts: Mapped[bool] = mapped_column(default=False)  # False: it came when the others had decided; paid all the same
    voted_at: Mapped[datetime | None]
    given_back_at: Mapped[datetime | None]
    micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
