"""Languages as values: what is stated, on what it rests, and how far it is proven."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message, _


class ClaimStatus(StrEnum):
    """How far a stated language is proven."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"


# How well a language is known, and in what.
LEVELS: Mapping[str, Message] = {
    "native": _("Native"),
    "C2": _("C2, nearly native"),
    "C1": _("C1, fluent"),
    "B2": _("B2, at ease"),
    "B1": _("B1, everyday matters"),
    "A2": _("A2, simple sentences"),
    "A1": _("A1, first words"),
}
MODES: Mapping[str, Message] = {
    "read": _("Reading"),
    "write": _("Writing"),
    "listen": _("Listening"),
    "speak": _("Speaking"),
}

# What can prove a language, with its name; a person of the vendor says which it was.
EVIDENCE_KINDS: Mapping[str, Message] = {
    "test": _("a language test"),
    "peer": _("a check by a native speaker"),
    "work": _("accuracy in work"),
    "document": _("a document"),
    "imported": _("evidence from another system"),
}

# Where somebody has a language from, as they say themselves.
HISTORIES: Mapping[str, Message] = {
    "home": _("I grew up with it"),
    "school": _("I was taught in it at school or university"),
    "life": _("I live or have lived where it is spoken"),
    "course": _("I learnt it in courses or by myself"),
}


@dataclass(frozen=True)
class Evidence:
    """One piece: that the language is known at `level` or better is `exp(weight)` times likelier than a level lower.

    It fades by a factor of e in `fades_days`, and counts for nothing from `until_at` on.
    """

    kind: str
    level: str
    weight: float
    at: datetime
    fades_days: float
    until_at: datetime | None = None


@dataclass(frozen=True)
class Estimate:
    """A level with its 90% interval; `proven` is what work may rest on, not a person's mere word."""

    level: str
    low: str
    high: str
    proven: str | None


@dataclass(frozen=True)
class EvidenceView:
    """A piece of evidence as people see it: its strength now, in words, and never what it was counted from."""

    kind: str
    level: str
    strength: str  # strong, fair, weak, against, gone
    at: datetime
    until_at: datetime | None
    note: str
    by_person: bool


@dataclass(frozen=True)
class ClaimView:
    """A language in one mode, as stated, with how far it is proven as of the time of reading.

    `estimate` and `evidence` are there where one person is looked at, not in lists; the estimate is to be shown only
    where `is_measured`, as it rests on the person's own word otherwise.
    """

    id: str
    annotator_id: str
    locale: str
    mode: str
    proficiency: str
    status: ClaimStatus
    proven: str | None
    claimed_at: datetime
    verified_at: datetime | None
    until_at: datetime | None
    estimate: Estimate | None = None
    evidence: tuple[EvidenceView, ...] = ()
    is_measured: bool = False

    @property
    def was_measured(self) -> bool:
        """Whether there was ever evidence beyond the person's own word."""
        return any(piece.kind != "history" for piece in self.evidence)


@dataclass(frozen=True)
class ClaimFacts:
    """A claim as eligibility asks about it: the level stated, and the level that is proven now."""

    locale: str
    mode: str
    proficiency: str
    status: ClaimStatus
    proven: str | None


@dataclass(frozen=True)
class SupplyRow:
    """Active people with a verified claim to exactly this locale, and the hours a week that one of them offers.

    Hours are the mean of those who stated any, by proficiency; where nobody did, they are not there.
    """

    locale: str
    total: int
    by_proficiency: Mapping[str, int]
    weekly_hours: Mapping[str, float] = field(default_factory=dict)


Steps = list[Any]  # [[level, until as ISO text], …], the highest level first
