"""Values of running the installation: events of the log, dead jobs, anchors, measurements, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kernel.audit import Breach, Place


@dataclass(frozen=True)
class EventFilter:
    """Which events of the log are asked for; `chain` None means those of every chain."""

    chain: str | None = None
    action: str = ""
    object_type: str = ""
    object_ref: str = ""
    actor_ref: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class EventRow:
    """One event of the log. `actor` is a name where the reader may know it, else empty."""

    id: str
    chain: str
    seq: int | None
    at: datetime
    actor_ref: str | None
    actor: str
    action: str
    object_type: str
    object_ref: str | None
    outcome: str
    reasons: tuple[str, ...]
    request_id: str | None
    details: dict[str, Any]
    hash: str | None
    is_withheld: bool  # that somebody is not told, as an appeal about it waits for the reader or a colleague


@dataclass(frozen=True)
class DeadJob:
    """A job that failed as often as it may, and waits for somebody to decide."""

    id: str
    job: str
    queue: str
    org_id: str | None
    args: dict[str, Any]
    attempts: int
    created_at: datetime
    dead_at: datetime
    last_error: str


@dataclass(frozen=True)
class Health:
    """What tells at a glance whether the machinery runs; times are those of the oldest thing that waits."""

    dead_jobs: int
    due_since: datetime | None
    unlinked_since: datetime | None
    unlinked: int
    failing: tuple["FailingJob", ...] = ()  # failed more than once and tried again, the oldest first
    failing_jobs: int = 0
    late_appeals: int = 0  # whose day has passed without an answer


@dataclass(frozen=True)
class FailingJob:
    """A job that has failed more than once and is tried again: since when it was asked for, and how it fails."""

    id: str
    job: str
    attempts: int
    since: datetime
    next_at: datetime
    error: str


@dataclass(frozen=True)
class Check:
    """The last run of a verification: when, and whether all was well."""

    at: datetime
    ok: bool
    details: dict[str, Any]


@dataclass(frozen=True)
class Measurement:
    """Figures that a job counts every few minutes, so that no page counts them."""

    at: datetime
    judgments: dict[date, int]
    jobs: dict[date, int]
    organizations: dict[str, int]
    people: dict[str, int]
    accounts: int


@dataclass(frozen=True)
class Anchor:
    """A checkpoint of a chain as it is signed and kept elsewhere."""

    chain: str
    seq: int
    hash: str
    count: int
    at: datetime


@dataclass(frozen=True)
class Founded:
    """A new organization with its first person; `password` is there once, and only for a new account."""

    org_id: str
    org_name: str
    account_id: str | None  # none where a letter offers the role
    email: str
    role: str
    password: str | None


@dataclass(frozen=True)
class Walk:
    """How far a verification of many chains has come; what a job keeps between its portions."""

    done: str = ""  # the last chain that is behind us
    chain: str = ""  # the chain we are in
    place: Place = field(default_factory=Place)
    chains: int = 0
    events: int = 0
    breaches: tuple[Breach, ...] = ()
    is_over: bool = False

    def to_json(self) -> dict[str, Any]:
        """The form that is kept."""
        return {
            "done": self.done, "chain": self.chain, "seq": self.place.seq, "hash": self.place.hash,
            "chains": self.chains, "events": self.events, "breaches": [vars(breach) for breach in self.breaches],
            "is_over": self.is_over,
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Walk":
        """What was kept, or the start."""
        if not kept:
            return cls()
        breaches = tuple(Breach(**breach) for breach in kept["breaches"])
        place = Place(kept["seq"], kept["hash"])
        return cls(
            kept["done"], kept["chain"], place, kept["chains"], kept["events"], breaches, kept["is_over"]
        )  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One invariant after it was looked at: how many rows break it."""

    id: str
    rule: Any  # a deferred message
    breaches: int
    where: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return self.breaches == 0


@dataclass(frozen=True)
class Erased:
    """Whose erasure was carried, by which request, and when."""

    account: str
    request: str
    at: str


@dataclass(frozen=True)
class UnsoundLine:
    """A line of the list that no known key signed: what is wrong, and whom it names, if anybody."""

    fault: str
    account: str


@dataclass(frozen=True)
class ErasureList:
    """The signed list of erasures: by account what a sound line tells, and every other line with its fault."""

    sound: Mapping[str, Erased]
    unsound: Sequence[UnsoundLine]


@dataclass(frozen=True)
class Replayed:
    """What came of the list: an outcome for each account that was back, and the faults of lines passed over."""

    outcomes: Mapping[str, str]
    faults: Sequence[str]
