"""Tables of people on their way in: invitations, the rosters that they come from, and documents."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel import indexing
from kernel.crypto import Sealed, SealedByTenant
from kernel.db import Base, Id, Identified, Owned, within
from kernel.sealing import SealedTextByTenant


class Invitation(Identified, Owned, Base):
    """An address that a vendor asks into a pool, once; of the mailed address only the hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "pool_id", "email_key", name="uq_invitation_once"),
        Index("ix_invitation_pool", "org_id", "pool_id", "id"),
        Index("ix_invitation_address", "org_id", "email_key"),
        within("pool", "pool_id"),
    )
    pool_id: Mapped[str] = mapped_column(Id)
    email_sealed: Mapped[str] = mapped_column(Text)
    email = SealedTextByTenant("email_sealed")
    email_key: Mapped[indexing.Index] = mapped_column(indexing.Indexed(254))
    name_sealed: Mapped[str | None] = mapped_column(Text)
    name = SealedByTenant("name_sealed")
    locale: Mapped[str] = mapped_column(String(35))
    note_sealed: Mapped[str | None] = mapped_column(Text)
    note = SealedByTenant("note_sealed")
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    invited_by: Mapped[str | None] = mapped_column(Id)
    sent_at: Mapped[datetime | None]
    sent_times: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    annotator_id: Mapped[str | None] = mapped_column(Id)
    revoked_at: Mapped[datetime | None]


class RoleOffer(Identified, Owned, Base):
    """A role that an organization offers to an address: it is given when whoever reads that address accepts it."""

    __tablename__ = "role_offer"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "email_key", "role", name="uq_role_offer_once"),
    )
    email_sealed: Mapped[str] = mapped_column(Text)
    email = SealedTextByTenant("email_sealed")
    email_key: Mapped[indexing.Index] = mapped_column(indexing.Indexed(254))
    role: Mapped[str] = mapped_column(String(20))
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    offered_at: Mapped[datetime]
    offered_by: Mapped[str | None] = mapped_column(Id)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Roster(Identified, Owned, Base):
    """A file of people to be invited into a pool: read and shown first, sent by a job when somebody says so."""

    __tablename__ = "roster"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("pool", "pool_id"),
    )
    pool_id: Mapped[str] = mapped_column(Id)
    name_sealed: Mapped[str] = mapped_column(Text)
    name = SealedTextByTenant("name_sealed")  # of the file, as it is shown; it may be somebody's
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)
    sent_at: Mapped[datetime | None]
    job_id: Mapped[str | None] = mapped_column(Id)
    dropped_at: Mapped[datetime | None]


class RosterLine(Identified, Owned, Base):
    """A line of a roster, with what is wrong with it and what will happen, or has happened."""

    __tablename__ = "roster_line"
    __table_args__ = (
        UniqueConstraint("org_id", "roster_id", "number", name="uq_roster_line_number"),
        within("roster", "roster_id"),
    )
    roster_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]  # in the file
    email_sealed: Mapped[str] = mapped_column(Text)
    email = SealedTextByTenant("email_sealed")  # or what stood in its place
    email_key: Mapped[indexing.Index | None] = mapped_column(indexing.Indexed(254))  # None: no address
    name_sealed: Mapped[str | None] = mapped_column(Text)
    name = SealedByTenant("name_sealed")
    locale_sealed: Mapped[str] = mapped_column(Text)
    locale = SealedTextByTenant("locale_sealed")  # or what stood in its place
    note_sealed: Mapped[str | None] = mapped_column(Text)
    note = SealedByTenant("note_sealed")
    outcome: Mapped[str] = mapped_column(String(12))
    faults_sealed: Mapped[str | None] = mapped_column(Text)
    faults = SealedByTenant("faults_sealed")  # JSON: [[column, deferred message], …], with what stood there


class PersonDocument(Identified, Owned, Base):
    """A document that a person handed in. Its content is sealed, and is gone a while after it was decided on."""

    __tablename__ = "person_document"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_person_document_person", "org_id", "annotator_id", "uploaded_at"),
        Index("ix_person_document_decided", "decided_at"),
        within("annotator", "annotator_id"),
        CheckConstraint("state IN ('waiting', 'accepted', 'refused', 'withdrawn')", name="state_is_known"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))  # identity, certificate
    name_sealed: Mapped[str] = mapped_column(Text)
    name = SealedByTenant("name_sealed")  # of the file, as it is shown
    about_sealed: Mapped[str] = mapped_column(Text)
    about = SealedByTenant("about_sealed")
    media_type: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content_sealed: Mapped[str | None] = mapped_column(Text, deferred=True)
    uploaded_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")

    content = Sealed("content_sealed")  # base64


class DocumentLook(Identified, Owned, Base):
    """Somebody was shown a document, and why. Never changed, never removed."""

    __tablename__ = "document_look"
    __table_args__ = (
        Index("ix_document_look", "org_id", "document_id", "at"),
        within("person_document", "document_id"),
    )
    document_id: Mapped[str] = mapped_column(Id)
    by_account_id: Mapped[str | None] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class BroughtCredential(Identified, Owned, Base):
    """What a credential from elsewhere says of somebody, as it was believed: the newest one of each key."""

    __tablename__ = "brought_credential"
    __table_args__ = (
        UniqueConstraint("org_id", "annotator_id", "key", name="uq_brought_credential_key"),
        Index("ix_brought_credential_expires", "expires_at"),
        within("annotator", "annotator_id"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    key: Mapped[str] = mapped_column(String(43))  # the public key that signed it
    said_sealed: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    brought_at: Mapped[datetime]

    said = Sealed("said_sealed")  # JSON: issuer, vendor, and its lines


class ApplicationDraft(Identified, Owned, Base):
    """An application that was begun: what was typed but a password, sealed, for whoever has the key to it."""

    __tablename__ = "application_draft"
    __table_args__ = (
        UniqueConstraint("org_id", "pool_id", "key_hash", name="uq_draft_key"),
        Index("ix_application_draft_expires", "expires_at"),
        within("pool", "pool_id"),
    )
    pool_id: Mapped[str] = mapped_column(Id)
    key_hash: Mapped[str] = mapped_column(String(64))
    content_sealed: Mapped[str | None] = mapped_column(Text)
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    content = Sealed("content_sealed")  # JSON
