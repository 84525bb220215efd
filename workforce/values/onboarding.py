"""Invitations and rosters as values: what is asked of whom, line by line, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from i18n import Message


class InvitationState(StrEnum):
    """How an invitation stands."""

    WAITING = "waiting"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


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
