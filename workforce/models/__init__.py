"""Tables of people. Organizations and accounts are global; what a vendor knows of a person belongs to the vendor."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from kernel import indexing
from kernel.crypto import Sealed, SealedByTenant
from kernel.db import Base, Id, Identified, Micros, Owned, within
from kernel.sealing import SealedText
from workforce.models.made_files import MadeFile as MadeFile
from workforce.models.names import NamePart as NamePart
from workforce.models.onboarding import ApplicationDraft as ApplicationDraft
from workforce.models.onboarding import DocumentLook as DocumentLook
from workforce.models.onboarding import Invitation as Invitation
from workforce.models.onboarding import PersonDocument as PersonDocument
from workforce.models.onboarding import RoleOffer as RoleOffer
from workforce.models.onboarding import Roster as Roster
from workforce.models.onboarding import RosterLine as RosterLine
from workforce.values import DEFAULT_STEPS


class Organization(Identified, Base):
    """A vendor, a client, or the operator of the installation."""

    __tablename__ = "organization"
    __table_args__ = (CheckConstraint("kind IN ('client', 'vendor', 'operator')", name="kind_is_known"),)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(160), unique=True)
    country: Mapped[str | None] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    created_at: Mapped[datetime]


class Account(Identified, Base):
    """A person who signs in."""

    __tablename__ = "account"
    email_sealed: Mapped[str] = mapped_column(Text)
    email = SealedText("email_sealed")
    email_key: Mapped[indexing.Index] = mapped_column(indexing.Indexed(254), unique=True)
    email_confirmed_at: Mapped[datetime | None]  # when its owner last proved to read what is sent there
    name_sealed: Mapped[str] = mapped_column(Text)
    name = SealedText("name_sealed")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(20), default="en")
    time_zone: Mapped[str] = mapped_column(String(40), default="UTC")
    status: Mapped[str] = mapped_column(String(12), default="active")  # active, suspended, erased
    auth_epoch: Mapped[int] = mapped_column(default=0)
    has_short_password: Mapped[bool] = mapped_column(default=False)  # too short to be the only factor
    factor_since: Mapped[datetime | None]  # since when signing in takes a second factor
    created_at: Mapped[datetime]


class Membership(Identified, Base):
    """A role of an account in an organization, from a date until it is ended."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("account_id", "org_id", "role", name="uq_membership_role_once"),
        Index("ix_membership_org", "org_id", "role"),
    )
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    org_id: Mapped[str] = mapped_column(Id, ForeignKey("organization.id"))
    role: Mapped[str] = mapped_column(String(20))
    from_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AccountToken(Identified, Base):
    """A personal API token; only its hash is kept."""

    __tablename__ = "account_token"
    __table_args__ = (Index("ix_account_token_account", "account_id"),)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    membership_id: Mapped[str] = mapped_column(Id, ForeignKey("membership.id"))
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    proven_at: Mapped[datetime | None]  # when its holder last proved to be the person
    revoked_at: Mapped[datetime | None]


class TotpFactor(Identified, Base):
    """The secret that an account shares with an authenticator app; of no use before a first code confirmed it."""

    __tablename__ = "totp_factor"
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"), unique=True)
    secret_sealed: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # no code of this or an earlier step works again
    begun_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    secret = Sealed("secret_sealed")


class Passkey(Identified, Base):
    """The public half of a key that a device or a password manager holds for an account."""

    __tablename__ = "passkey"
    __table_args__ = (Index("ix_passkey_account", "account_id"),)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[str] = mapped_column(Text)  # in URL-safe base64, as long as a device likes
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[str] = mapped_column(Text)  # COSE, in URL-safe base64
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[Any]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    doubted_at: Mapped[datetime | None]  # when its counter went back, as that of a copy does


class RecoveryCode(Identified, Base):
    """A code for the day on which the phone is gone; only its hash is kept, and it works once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash", name="uq_recovery_code_once"),)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccountLink(Identified, Base):
    """An address that was mailed to a person, with which one thing can be done once: only its hash is kept."""

    __tablename__ = "account_link"
    __table_args__ = (Index("ix_account_link_account", "account_id", "kind"),)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(12))  # password, address
    email_sealed: Mapped[str | None] = mapped_column(Text)
    email = SealedText("email_sealed")  # the address that is confirmed by it
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    epoch: Mapped[int]  # of the account when it was asked for; any change since makes the address worthless
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FactorReset(Identified, Base):
    """One of the operator asks that somebody's second factor be taken off, and another one decides. Never removed."""

    __tablename__ = "factor_reset"
    __table_args__ = (
        Index("ix_factor_reset_account", "account_id", "asked_at"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided_has_outcome"),
    )
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    outcome: Mapped[str | None] = mapped_column(String(8))  # reset, refused


_DATA_REQUEST_OPEN = column("state").in_(("waiting", "ready"))


class DataRequest(Identified, Base):
    """A person asks for everything that is held about them, or that it be erased. An erasure that was carried stays
    as its proof."""

    __tablename__ = "data_request"
    __table_args__ = (
        Index("ix_data_request_account", "account_id", "asked_at"),
        Index("ix_data_request_due", "kind", "state", "due_at"),
        Index(
            "uq_data_request_open",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=_DATA_REQUEST_OPEN,
            postgresql_where=_DATA_REQUEST_OPEN,
        ),
        CheckConstraint("kind IN ('export', 'erasure')", name="kind_is_known"),
        CheckConstraint("state IN ('waiting', 'ready', 'taken', 'over', 'done', 'cancelled')", name="state_is_known"),
    )
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]  # of an erasure: when it is carried; of an export: until when its file is kept
    done_at: Mapped[datetime | None]
    held_up_by: Mapped[str] = mapped_column(String(20), default="")  # why a due erasure waits: owed, last
    stored_name: Mapped[str | None] = mapped_column(String(40))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger, default=0)


class SavedFilter(Identified, Owned, Base):
    """A search among people that somebody keeps under a name, for themselves."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("org_id", "account_id", "name", name="uq_saved_filter_name"),)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(60))
    asked_sealed: Mapped[str] = mapped_column(Text)
    asked = SealedByTenant("asked_sealed")  # JSON; it may name somebody


class Pool(Identified, Owned, Base):
    """A vendor's named group of annotators, with a page through which people apply."""

    __tablename__ = "pool"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "name", name="uq_pool_name_once"),
    )
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[dict[str, Any]]  # locale -> text shown to applicants
    is_open: Mapped[bool] = mapped_column(default=True)
    steps: Mapped[list[Any]] = mapped_column(default=lambda: list(DEFAULT_STEPS))  # codes of what is asked, in order
    check_micros: Mapped[int] = mapped_column(Micros, default=0)  # what a native earns for judging a text; 0: not set
    check_currency: Mapped[str] = mapped_column(String(3), default="USD")
    created_at: Mapped[datetime]


class Annotator(Identified, Owned, Base):
    """An account's working profile with one vendor."""

    __tablename__ = "annotator"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "account_id", name="uq_annotator_once_per_vendor"),
        UniqueConstraint("org_id", "pseudonym", name="uq_annotator_pseudonym"),
        Index("ix_annotator_status", "org_id", "status", "id"),
        Index("ix_annotator_account", "account_id"),
        Index(  # a walk along the list looks at what lists are filtered by, and at no row that does not fit
            "ix_annotator_listed",
            "org_id",
            "id",
            "status",
            "pool_id",
            "country",
            "weekly_hours",
            "clearance",
            "clearance_until",
        ),
        within("pool", "pool_id"),
        CheckConstraint(
            "status IN ('applied', 'active', 'paused', 'suspended', 'declined', 'left')", name="status_is_known"
        ),
    )
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    pool_id: Mapped[str] = mapped_column(Id)
    pseudonym: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(12), default="applied")
    country: Mapped[str | None] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(40), default="UTC")
    weekly_hours: Mapped[int] = mapped_column(default=0)
    skills: Mapped[list[Any]]  # codes, self-declared until a qualification proves them
    domains: Mapped[list[Any]]
    about_sealed: Mapped[str | None] = mapped_column(Text)
    about = SealedByTenant("about_sealed")
    clearance: Mapped[int] = mapped_column(default=0)  # 0 public/internal, 1 confidential, 2 PII, 3 PHI
    clearance_until: Mapped[datetime | None]
    sensitive_seen_at: Mapped[datetime | None]  # when they were last shown what asks for a clearance, to the hour
    identity_verified_at: Mapped[datetime | None]
    applied_at: Mapped[datetime]
    admitted_at: Mapped[datetime | None]
    admitted_by: Mapped[str | None] = mapped_column(Id)


class AnnotatorCode(Owned, Base):
    """A skill or domain that an annotator states, one a row: by these they are found, in the order of the list."""

    __tablename__ = "annotator_code"
    __table_args__ = (
        Index("ix_annotator_code", "org_id", "kind", "code", "annotator_id"),
        within("annotator", "annotator_id"),
        CheckConstraint("kind IN ('skill', 'domain')", name="kind_is_known"),
    )
    annotator_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)


class LanguageClaim(Identified, Owned, Base):
    """An annotator's statement to know a locale in one mode at a proficiency, with how far it is proven."""

    __tablename__ = "language_claim"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "annotator_id", "locale", "mode", name="uq_claim_once"),
        Index("ix_claim_locale", "org_id", "locale", "status"),
        within("annotator", "annotator_id"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    locale: Mapped[str] = mapped_column(String(35))
    mode: Mapped[str] = mapped_column(String(6), default="read")  # read, write, listen, speak
    proficiency: Mapped[str] = mapped_column(String(6))  # A1 … C2, native
    status: Mapped[str] = mapped_column(String(10), default="claimed")  # claimed, verified, rejected
    steps: Mapped[list[Any]] = mapped_column(default=list)  # what is proven from now on: [[level, until], …]
    claimed_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str | None] = mapped_column(Id)
    until_at: Mapped[datetime | None]


class LanguageEvidence(Identified, Owned, Base):
    """One piece of what a claim rests on. A source that speaks again takes its earlier place."""

    __tablename__ = "language_evidence"
    __table_args__ = (
        UniqueConstraint("org_id", "claim_id", "kind", "source", name="uq_evidence_source"),
        within("language_claim", "claim_id"),
    )
    claim_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(80))  # what it comes from: a lane, an attempt, a check, an act
    level: Mapped[str] = mapped_column(String(6))
    weight: Mapped[float] = mapped_column(Float)
    fades_days: Mapped[float] = mapped_column(Float)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    by_account_id: Mapped[str | None] = mapped_column(Id)


class Agreement(Identified, Owned, Base):
    """One version of a document that a person signs: its text per locale is never changed once published."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "code", "version", name="uq_agreement_version"),
    )
    code: Mapped[str] = mapped_column(String(40))  # conduct, nda, data-handling …
    version: Mapped[int]
    titles: Mapped[dict[str, Any]]  # locale -> title
    texts: Mapped[dict[str, Any]]  # locale -> text
    required_from: Mapped[str] = mapped_column(String(20), default="public")  # the lowest classification that asks it
    published_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(Id)


class AgreementSignature(Identified, Owned, Base):
    """Who signed which text, in which language, when. Never changed, never removed; from where goes with the person."""

    __tablename__ = "agreement_signature"
    __table_args__ = (
        UniqueConstraint("org_id", "annotator_id", "agreement_id", name="uq_signature_once"),
        Index("ix_signature_of_agreement", "agreement_id", "id"),
        within("annotator", "annotator_id"),
        within("agreement", "agreement_id"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    agreement_id: Mapped[str] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    locale: Mapped[str] = mapped_column(String(35))
    text_sha256: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]


class SignaturePlace(Identified, Owned, Base):
    """From which network an agreement was signed; its id is the signature's. Gone with the person's erasure."""

    __tablename__ = "signature_place"
    __table_args__ = (within("annotator", "annotator_id"),)
    annotator_id: Mapped[str] = mapped_column(Id)
    network: Mapped[str] = mapped_column(String(64))


class StandingChange(Identified, Owned, Base):
    """Each change of an annotator's standing, with author and reason."""

    __tablename__ = "standing_change"
    __table_args__ = (
        Index("ix_standing_annotator", "org_id", "annotator_id", "at"),
        within("annotator", "annotator_id"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    status: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    receipt_id: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime]
    by_account_id: Mapped[str | None] = mapped_column(Id)


UNTOLD = column("told_at").is_(None)
UNHELD = column("decided_at").is_(None) & column("held_at").is_(None)
PAUSE_WITH_END = (column("kind") == "paused") & column("until_at").is_not(None)


class DecisionReceipt(Identified, Owned, Base):
    """Every decision that is adverse to a person: what, by which rule, on which evidence, how long, the way back."""

    __tablename__ = "decision_receipt"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "kind", "cause_kind", "cause_id", name="uq_receipt_once_per_cause"),
        Index("ix_receipt_annotator", "org_id", "annotator_id", "decided_at"),
        Index("ix_receipt_state", "org_id", "state", "decided_at"),
        Index("ix_receipt_untold", "decided_at", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
        Index("ix_receipt_pause_end", "until_at", sqlite_where=PAUSE_WITH_END, postgresql_where=PAUSE_WITH_END),
        within("annotator", "annotator_id"),
        CheckConstraint("state IN ('in_force', 'appealed', 'overturned', 'ended')", name="state_is_known"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))  # not_admitted, test_failed, lane_paused, work_rejected, removed
    rule: Mapped[str] = mapped_column(String(60))
    rule_version: Mapped[str] = mapped_column(String(20))
    what: Mapped[dict[str, Any]]  # a deferred message, rendered in the reader's language
    why: Mapped[dict[str, Any]]  # a deferred message
    way_back: Mapped[dict[str, Any]]  # a deferred message
    figure: Mapped[dict[str, Any]]  # value, low, high, limit, n; empty where no figure decided
    evidence: Mapped[list[Any]]  # references: [{"kind": "judgment", "id": …}, …]
    cause_kind: Mapped[str] = mapped_column(String(24))
    cause_id: Mapped[str] = mapped_column(String(64))
    lane_id: Mapped[str | None] = mapped_column(Id)
    until_at: Mapped[datetime | None]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Id)  # None: a rule decided
    state: Mapped[str] = mapped_column(String(12), default="in_force")
    ended_at: Mapped[datetime | None]  # when what it decided was over, be it while an appeal waited
    told_at: Mapped[datetime | None]  # when the person was written to


class Appeal(Identified, Owned, Base):
    """A person's objection to a receipt, answered before a deadline by somebody who did not decide it."""

    __tablename__ = "appeal"
    __table_args__ = (
        UniqueConstraint("org_id", "receipt_id", name="uq_appeal_once"),
        Index("ix_appeal_open", "org_id", "decided_at", "due_at"),
        Index("ix_appeal_late", "due_at", "id", sqlite_where=UNHELD, postgresql_where=UNHELD),
        within("decision_receipt", "receipt_id"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided_has_outcome"),
    )
    receipt_id: Mapped[str] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    outcome: Mapped[str | None] = mapped_column(String(12))  # upheld (the decision stands), overturned
    answer: Mapped[str | None] = mapped_column(Text)
    told: Mapped[str] = mapped_column(String(4), default="")  # what its deciders were written last: new, soon, late
    answer_told_at: Mapped[datetime | None]  # when the person was written to
    held_at: Mapped[datetime | None]  # since when the decision is on hold, as nobody answered by the day
