"""Tables of the plumbing: grants, outbox, schedule, audit chain, idempotency, rate buckets."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    column,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed
from kernel.db import Base, Id, Identified, Owned

ABOUT = column("about_id").is_not(None)


class AccessGrant(Identified, Base):
    """An organization lets another one see a subject (a project) from a date until a date, or until revoked."""

    __tablename__ = "access_grant"
    __table_args__ = (
        UniqueConstraint("subject_id", "grantee_org_id", "from_at", name="uq_grant_once"),
        Index("ix_access_grant_live", "grantee_org_id", "subject_id", "until_at"),
    )
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(Id)
    org_id: Mapped[str] = mapped_column(Id)
    grantee_org_id: Mapped[str] = mapped_column(Id)
    rights: Mapped[list[Any]]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]  # when anybody of theirs was last shown sensitive content of it, to the hour


class OutboxEvent(Identified, Base):
    """One piece of work to be done after a commit, at least once; `done_at` is set with its effect."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="uq_outbox_dedupe_key"),
        Index("ix_outbox_due", "done_at", "dead_at", "available_at"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
    )
    job: Mapped[str] = mapped_column(String(80))
    queue: Mapped[str] = mapped_column(String(32))
    dedupe_key: Mapped[str | None] = mapped_column(String(160))
    org_id: Mapped[str | None] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id)
    args: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claimed_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    step: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]


class Schedule(Base):
    """When each periodic job runs next; claimed by a guarded update, so that many processes run it once."""

    __tablename__ = "schedule"
    job: Mapped[str] = mapped_column(String(80), primary_key=True)
    every_seconds: Mapped[int]
    next_run_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]


class AuditEvent(Identified, Base):
    """What was done, by whom, to what. Linked into its chain at once, or within seconds by a job."""

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("chain", "seq", name="uq_audit_chain_seq"),
        Index("ix_audit_unlinked", "linked_at", "at"),
        Index("ix_audit_object", "org_id", "object_type", "object_ref"),
        Index("ix_audit_time", "org_id", "at"),
        # Reads of restricted content are few among all that is logged, and are looked through by their owner.
        Index(
            "ix_audit_reads",
            "org_id",
            "at",
            "id",
            sqlite_where=column("object_type") == "content",
            postgresql_where=column("object_type") == "content",
        ),
        CheckConstraint("(seq IS NULL) = (hash IS NULL)", name="linked_has_hash"),
    )
    chain: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor_ref: Mapped[str | None] = mapped_column(String(40))
    session_ref: Mapped[str | None] = mapped_column(String(64))
    org_id: Mapped[str | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(40))
    object_ref: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]]
    request_id: Mapped[str | None] = mapped_column(String(40))
    details: Mapped[dict[str, Any]]
    prev_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str | None] = mapped_column(String(64))
    linked_at: Mapped[datetime | None]


class AuditWords(Identified, Owned, Base):
    """What somebody wrote to go with an event, of the same id. The event holds its salted hash alone, so that the words
    can go with the person whom they are about while the chain stays whole."""

    __tablename__ = "audit_words"
    __table_args__ = (Index("ix_audit_words_about", "about_id", sqlite_where=ABOUT, postgresql_where=ABOUT),)
    about_id: Mapped[str | None] = mapped_column(Id)  # a person's profile with the organization
    salt: Mapped[str] = mapped_column(String(64))  # empty, as the words are, once they were forgotten
    words: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """The last link of each chain; locked by whoever appends."""

    __tablename__ = "audit_head"
    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Idempotency(Base):
    """The answer given to a key, so that a repeated request gets the same one and does nothing."""

    __tablename__ = "idempotency"
    actor_id: Mapped[str] = mapped_column(Id, primary_key=True)
    route: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status_code: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class OutgoingMail(Identified, Base):
    """A letter on its way. What it says is sealed, and wiped once it has left."""

    __tablename__ = "outgoing_mail"
    to_sealed: Mapped[str | None] = mapped_column(Text)
    subject_sealed: Mapped[str | None] = mapped_column(Text)
    text_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    to = Sealed("to_sealed")
    subject = Sealed("subject_sealed")
    text = Sealed("text_sealed")


class RateBucket(Base):
    """How often something was tried by someone in the current window."""

    __tablename__ = "rate_bucket"
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    window_ends_at: Mapped[datetime]
    count: Mapped[int]
