"""Values of releases: states, files, the rows that are delivered, and the figures of the QA report."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message, _


class ReleaseState(StrEnum):
    """From the order to build it to the client's word on it."""

    BUILDING = "building"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    BROKEN = "broken"


RELEASE_STATE_WORDS: dict[str, tuple[Message, str]] = {
    ReleaseState.BUILDING: (_("Being built"), "wait"),
    ReleaseState.DELIVERED: (_("Waits for the client"), "wait"),
    ReleaseState.ACCEPTED: (_("Accepted"), "good"),
    ReleaseState.RETURNED: (_("Returned"), "bad"),
    ReleaseState.BROKEN: (_("Could not be built"), "bad"),
}


MIME = {"jsonl": "application/jsonl", "csv": "text/csv", "json": "application/json"}


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release: its name for people, under which name it is stored, its checksum and size."""

    name: str
    format: str
    stored_name: str
    sha256: str
    size: int
    key: str | None = field(default=None, repr=False)  # kept sealed, apart from the rest

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "format": self.format, "stored_name": self.stored_name,
            "sha256": self.sha256, "size": self.size,
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ReleaseFile":
        return cls(value["name"], value["format"], value["stored_name"], value["sha256"], value["size"])


@dataclass(frozen=True)
class ReleaseView:
    """One version of a delivery."""

    id: str
    project_id: str
    project_name: str
    version: int
    state: ReleaseState
    units: int
    files: tuple[ReleaseFile, ...]
    sha256: str | None
    report: dict[str, Any]
    job_id: str | None
    asked_at: datetime
    built_at: datetime | None
    decided_at: datetime | None
    reason: str
    corrected: int  # of its labels, those that were corrected since


@dataclass(frozen=True)
class Vote:
    """One judgment as a release tells of it."""

    person: str  # a pseudonym
    answer: dict[str, Any]
    ontology_id: str
    guideline_id: str
    is_late: bool
    at: datetime
    seconds: int


@dataclass(frozen=True)
class Verdict:
    """One review of a unit as a release tells of it."""

    person: str  # the reviewer's pseudonym
    verdict: str
    reason: str | None
    round: int
    at: datetime | None


@dataclass(frozen=True)
class Settled:
    """A settled unit with its label and where that label comes from."""

    unit_id: str
    item_id: str
    locale: str
    client_ref: str | None
    content: dict[str, Any]
    label: dict[str, Any]
    source: str
    confidence: float | None
    reviews: tuple[Verdict, ...]
    votes: tuple[Vote, ...]
    is_flipped: bool = False  # settled by consensus, which by now says another label


@dataclass(frozen=True)
class Graded:
    """One judgment compared with a key."""

    locale: str
    truth: str | None
    answer: str | None
    score: float
    by_settled: bool = False  # the key was made from a settled unit, that is from other people's answers


@dataclass(frozen=True)
class Sampled:
    """What the reviewers of a random sample found."""

    checked: int
    wrong: int


@dataclass(frozen=True)
class Billable:
    """The units of a language that an accepted release brings for the first time."""

    locale: str
    units: int
    price_micros: int

    @property
    def micros(self) -> int:
        return self.units * self.price_micros
