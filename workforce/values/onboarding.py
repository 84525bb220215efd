"""Invitations and rosters as values: what is asked of whom, line by line, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from i18n import Message, _
from kernel.policy import Role

# What can be asked of people on their way in, with its name. Which of it a pool asks for, and in which order, is data.
STEPS: Mapping[str, Message] = {
    "email": _("Confirmed e-mail address"),
    "profile": _("Profile"),
    "languages": _("Proven language"),
    "agreements": _("Agreements"),
    "identity": _("Verified identity"),
    "payout": _("Where pay is sent"),
    "test": _("First test"),
}
DEFAULT_STEPS = ("email", "profile", "languages", "agreements", "payout", "test")


class Owner(StrEnum):
    """Who has to act on a step; nobody where it is done."""

    PERSON = "person"
    VENDOR = "vendor"
    NOBODY = "nobody"


@dataclass(frozen=True)
class StepView:
    """A step of a person: whose turn it is, and why."""

    code: str
    owner: Owner
    reason: Message

    @property
    def is_done(self) -> bool:
        return self.owner is Owner.NOBODY


@dataclass(frozen=True)
class StepCount:
    """A step of a pool: how many people have done it, and how many wait for whom."""

    code: str
    done: int
    person: int
    vendor: int


class InvitationState(StrEnum):
    """How an invitation stands."""

    WAITING = "waiting"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class OfferState(StrEnum):
    """How the offer of a role stands."""

    WAITING = "waiting"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class OfferView:
    """A role that is offered to an address; never with the secret of its letter."""

    id: str
    org_id: str
    email: str
    role: Role
    state: OfferState
    offered_at: datetime
    expires_at: datetime


class RosterOutcome(StrEnum):
    """What happens, or has happened, with a line of a roster."""

    WRONG = "wrong"
    TWICE = "twice"
    MEMBER = "member"
    KNOWN = "known"  # invited before, whatever became of it
    INVITE = "invite"
    INVITED = "invited"


@dataclass(frozen=True)
class InvitationView:
    """An invitation as the vendor sees it; never with the secret of its address."""

    id: str
    org_id: str
    pool_id: str
    email: str
    name: str | None
    locale: str
    note: str | None
    state: InvitationState
    created_at: datetime
    sent_at: datetime | None
    sent_times: int
    expires_at: datetime | None
    accepted_at: datetime | None
    annotator_id: str | None


@dataclass(frozen=True)
class FileLine:
    """A line of a roster as it stands in the file, with what could not even be read of it."""

    number: int
    cells: Mapping[str, str]
    faults: tuple[tuple[str, Message], ...] = ()


@dataclass(frozen=True)
class Guest:
    """Somebody to be invited, cleaned and within limits."""

    email: str
    email_key: str
    name: str | None
    locale: str
    note: str | None


@dataclass(frozen=True)
class CheckedLine:
    """A line with its guest, or with all that is wrong with it by column."""

    number: int
    cells: Mapping[str, str]
    guest: Guest | None
    outcome: RosterOutcome
    faults: tuple[tuple[str, Message], ...] = ()


@dataclass(frozen=True)
class RosterLineView:
    """A line of a roster that was read."""

    number: int
    email: str
    name: str
    locale: str
    note: str
    outcome: RosterOutcome
    faults: tuple[tuple[str, Message], ...]


@dataclass(frozen=True)
class RosterView:
    """A roster with how many of its lines have which outcome."""

    id: str
    org_id: str
    pool_id: str
    name: str
    created_at: datetime
    sent_at: datetime | None
    job_id: str | None
    counts: Mapping[RosterOutcome, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class DocumentState(StrEnum):
    """How a document stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class LookView:
    """Who was shown a document, as what, when and why. The account is for the vendor's eyes."""

    by_account_id: str | None
    role: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class DocumentView:
    """A document without its content."""

    id: str
    annotator_id: str
    kind: str
    name: str
    about: str
    media_type: str
    size: int
    uploaded_at: datetime
    state: DocumentState
    decided_at: datetime | None
    reason: str
    is_kept: bool  # whether its content is still there
    looks: tuple[LookView, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A document's content, for whoever was let look at it."""

    media_type: str
    sha256: str
    content: bytes


@dataclass(frozen=True)
class Statement:
    """A line of a credential: what is said of whom, in words, and whether it is believed here, or why not."""

    what: Message
    is_believed: bool
    why: Message


@dataclass(frozen=True)
class BroughtView:
    """What a credential from elsewhere says of somebody, line by line, and until when that is good."""

    id: str
    issuer: str
    vendor: str
    issued_at: datetime
    until_at: datetime
    brought_at: datetime
    is_over: bool
    lines: tuple[Message, ...]


@dataclass(frozen=True)
class Verdict:
    """A credential that was looked at: who signed it, and each of its statements."""

    issuer: str
    statements: tuple[Statement, ...]
