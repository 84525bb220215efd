"""Annotators, their pools, languages and standing, as values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from i18n import Message, _
from workforce.values.agreements import Demanded
from workforce.values.languages import ClaimFacts, ClaimView


class Standing(StrEnum):
    """Where a person stands with a vendor. Only the active get work."""

    APPLIED = "applied"
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    LEFT = "left"


# How an identity can be checked outside of here, with its name; documents are handed in, looked at and accepted.
IDENTITY_KINDS: Mapping[str, Message] = {
    "in-person": _("met in person"),
    "service": _("a service that checks identities"),
}

# Offered for choice on the application page; other codes may be stored, for work of a kind that is not listed here.
SKILLS: Mapping[str, Message] = {
    "transcription": _("Transcribing speech"),
    "translation": _("Translating"),
    "proofreading": _("Correcting texts"),
    "text-marking": _("Marking words and phrases"),
    "image-marking": _("Drawing boxes and outlines on pictures"),
    "preference": _("Comparing answers of assistants"),
    "writing": _("Writing texts and questions"),
}

DOMAINS: Mapping[str, Message] = {
    "general": _("Everyday matters"),
    "medicine": _("Medicine"),
    "law": _("Law"),
    "finance": _("Banking and money"),
    "technology": _("Computers and telephones"),
    "commerce": _("Shops and products"),
    "agriculture": _("Farming"),
    "education": _("School and study"),
}


@dataclass(frozen=True)
class PoolView:
    """A vendor's named group of annotators; `about` is told to applicants, per locale."""

    id: str
    org_id: str
    name: str
    about: Mapping[str, str]
    is_open: bool
    created_at: datetime
    check_micros: int = 0  # what a native earns for judging a candidate's text; 0: not set
    check_currency: str = "USD"
    steps: tuple[str, ...] = ()  # what people are asked for on their way in, in order


@dataclass(frozen=True)
class Profile:
    """What a person states about themselves, cleaned and within limits."""

    country: str | None
    time_zone: str
    weekly_hours: int
    skills: tuple[str, ...]
    domains: tuple[str, ...]
    about: str | None


@dataclass(frozen=True)
class AnnotatorView:
    """A person's working profile with one vendor."""

    id: str
    org_id: str
    account_id: str
    pool_id: str
    pseudonym: str
    status: Standing
    country: str | None
    time_zone: str
    weekly_hours: int
    skills: tuple[str, ...]
    domains: tuple[str, ...]
    about: str | None
    clearance: int
    clearance_until: datetime | None
    identity_verified_at: datetime | None
    applied_at: datetime
    admitted_at: datetime | None


@dataclass(frozen=True)
class StandingView:
    """One change of standing. Who made it is for the vendor's eyes."""

    status: Standing
    reason: str
    at: datetime
    by_account_id: str | None
    receipt_id: str | None


@dataclass(frozen=True)
class PersonFacts:
    """Everything that eligibility asks about a person, read in one go."""

    annotator_id: str
    account_id: str
    org_id: str
    status: Standing
    country: str | None
    claims: tuple[ClaimFacts, ...]
    skills: frozenset[str]
    domains: frozenset[str]
    clearance: int
    identity_verified: bool
    signed: Mapping[str, int]  # code -> highest version signed
    demanded: tuple[Demanded, ...]

    @property
    def is_active(self) -> bool:
        return self.status is Standing.ACTIVE


@dataclass(frozen=True)
class PersonRow:
    """A line of the list of people."""

    id: str
    pseudonym: str
    name: str
    email_masked: str
    status: Standing
    country: str | None
    weekly_hours: int
    applied_at: datetime
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True)
class PersonDetail:
    """A person as their vendor sees them."""

    annotator: AnnotatorView
    name: str
    email_masked: str
    pool_name: str
    claims: tuple[ClaimView, ...]
    standings: tuple[StandingView, ...]


@dataclass(frozen=True)
class PeopleFilter:
    """Which people a vendor looks for; what is empty asks for nothing."""

    text: str = ""
    status: str = ""
    pool: str = ""
    locale: str = ""
    mode: str = ""
    proficiency: str = ""  # this level or a better one
    proven: bool = False  # the language, at that level, is proven now and not only stated
    domain: str = ""
    skill: str = ""
    country: str = ""
    clearance: int = 0  # this level or more, held now
    hours: int = 0  # so many a week, or more
    active_days: int = 0  # answered something within so many days
    lane: str = ""  # open to them, by a test or a waiver
    cost: str = ""  # what a unit pays in the lanes open to them, at most: an amount in plain digits
    currency: str = ""  # of that amount
    quality: float = 0.0  # the lower end of what they are told of their accuracy, in some lane

    def asked(self) -> dict[str, str | int | float | bool]:
        """What is asked, by name; nothing that is empty."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class SavedSearch:
    """A filter under a name."""

    id: str
    name: str
    wanted: PeopleFilter


@dataclass(frozen=True)
class PlannedAct:
    """What an act on many would do to one, or why it leaves them as they are."""

    id: str
    name: str
    is_possible: bool
    told: Message


@dataclass(frozen=True)
class Planned:
    """What a change of standing for many would do to one: whether it is possible from where they stand."""

    id: str
    name: str
    before: Standing
    is_possible: bool


@dataclass(frozen=True)
class ManyAct:
    """An act on many people, as somebody asks for it; what belongs to another kind of act is empty."""

    kind: str  # standing, skill or clearance
    reason: str
    status: str = ""
    skill: str = ""
    level: int | None = None
    until_at: datetime | None = None


@dataclass(frozen=True)
class PlanForAll:
    """What an act would do to all who fit a filter: how many these are, the first of them, and why which number of
    them stays as they are. With `key` it is asked for, once."""

    key: str
    count: int
    possible: int
    first: tuple[PlannedAct, ...]
    left_out: tuple[tuple[Message, int], ...]
