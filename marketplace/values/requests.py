"""Values of requests and quotes: what a client asks for, what a vendor answers, and what is still missing."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message, _
from kernel.money import to_text
from workforce.values import is_restricted


class ProjectState(StrEnum):
    """From a client's wish to finished work."""

    REQUESTED = "requested"
    QUOTED = "quoted"
    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    DONE = "done"
    DECLINED = "declined"


PROJECT_STATE_WORDS: dict[str, tuple[Message, str]] = {
    ProjectState.REQUESTED: (_("Requested"), "wait"),
    ProjectState.QUOTED: (_("Quoted"), "wait"),
    ProjectState.DRAFT: (_("Being set up"), "plain"),
    ProjectState.LIVE: (_("Live"), "good"),
    ProjectState.PAUSED: (_("Paused"), "wait"),
    ProjectState.DONE: (_("Done"), "good"),
    ProjectState.DECLINED: (_("Declined"), "bad"),
}

LANE_STATE_WORDS: dict[str, tuple[Message, str]] = {
    "draft": (_("Being set up"), "plain"),
    "open": (_("Open"), "good"),
    "paused": (_("Paused"), "wait"),
    "done": (_("Done"), "good"),
}


class Right(StrEnum):
    """What a client lets its vendor do in a project, beyond seeing that it is there."""

    CONFIGURE = "project:configure"
    IMPORT = "unit:import"
    PAYLOAD = "unit:payload"


ALL_RIGHTS = tuple(right.value for right in Right)


def usual_rights(classification: str) -> tuple[str, ...]:
    """What a vendor may do where its client says nothing else; to read restricted units is said, not taken as meant."""
    return tuple(right for right in ALL_RIGHTS if right != Right.PAYLOAD or not is_restricted(classification))


RIGHT_WORDS: dict[str, tuple[Message, Message]] = {
    Right.CONFIGURE: (_("Set up the project"), _("Label schema, guidelines, opening and pausing of lanes, releases.")),
    Right.IMPORT: (_("Bring in units"), _("Upload units for you, without seeing those that you uploaded.")),
    Right.PAYLOAD: (_("Read units"), _("See the content of all units, for reviews and support.")),
}


@dataclass(frozen=True)
class RequestLine:
    """One language of a request, and how many units of it."""

    locale: str
    units: int


class SpeedSource(StrEnum):
    """Where a speed comes from."""

    MEASURED = "measured"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Missing:
    """One thing without which the quoted date does not hold; `count` of people, `locale` of a guideline."""

    code: str  # people, gold, guideline
    count: int = 0
    locale: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "count": self.count, "locale": self.locale}


@dataclass(frozen=True)
class QuoteLine:
    """A vendor's answer for one language.

    Units a day are those of all verified people together, at the overlap asked for; `promised_a_day` of them are spoken
    for by other work until its deadlines. `finish_at` is None where nothing is left of the capacity.
    """

    locale: str
    units: int
    verified: int
    units_a_day: float
    speed_source: SpeedSource
    promised_a_day: float
    finish_at: datetime | None
    price_micros: int
    micros: int
    missing: tuple[Missing, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "locale": self.locale, "units": self.units, "verified": self.verified,
            "units_a_day": self.units_a_day, "speed_source": self.speed_source.value,
            "promised_a_day": self.promised_a_day,
            "finish_at": self.finish_at.isoformat() if self.finish_at else None,
            "price_micros": self.price_micros, "micros": self.micros,
            "missing": [each.to_json() for each in self.missing],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "QuoteLine":
        finish = datetime.fromisoformat(value["finish_at"]) if value["finish_at"] else None
        return cls(
            value["locale"], value["units"], value["verified"], value["units_a_day"],
            SpeedSource(value["speed_source"]), value["promised_a_day"], finish,
            value["price_micros"], value["micros"], tuple(Missing(**each) for each in value["missing"]),
        )  # fmt: skip


@dataclass(frozen=True)
class QuoteView:
    """One version of a quote."""

    id: str
    request_id: str
    project_id: str
    version: int
    state: str
    lines: tuple[QuoteLine, ...]
    total_micros: int
    currency: str
    valid_until: datetime
    made_at: datetime
    made_by: str | None
    decided_at: datetime | None
    reason: str = ""  # why it was declined

    def is_open(self, now: datetime) -> bool:
        return self.state == "open" and now <= self.valid_until


@dataclass(frozen=True)
class RequestView:
    """A request with its project's frame, and the quote that counts, if there is one."""

    id: str
    project_id: str
    name: str
    org_id: str
    vendor_org_id: str
    client_name: str
    vendor_name: str
    state: str
    task_type: str
    classification: str
    lines: tuple[RequestLine, ...]
    overlap: int
    quality_target: float
    deadline_at: datetime
    currency: str
    about: str
    sent_at: datetime
    quote: QuoteView | None = None

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)


@dataclass(frozen=True)
class Sent:
    """A request that was sent, and the project that it opened."""

    request_id: str
    project_id: str


@dataclass(frozen=True)
class Supply:
    """What is known of one language for a quote: people, their speed, and work that is promised already."""

    verified: int = 0
    judgments_a_day: float = 0.0  # one person's
    source: SpeedSource = SpeedSource.ASSUMED
    promised_judgments_a_day: float = 0.0
    has_guideline: bool = False


@dataclass(frozen=True)
class Need:
    """What is asked for in one language."""

    locale: str
    units: int
    overlap: int
    deadline_at: datetime
    price_micros: int


class LaneGap(StrEnum):
    """What a lane lacks before people can work in it."""

    ONTOLOGY = "ontology"
    GUIDELINE = "guideline"
    GUIDELINE_LOCALE = "guideline_locale"
    PROTECTION = "protection"
    UNITS = "units"
    RATE = "rate"
    TEST = "test"


GAP_WORDS: dict[str, Message] = {
    LaneGap.ONTOLOGY: _("The label schema is not published yet."),
    LaneGap.GUIDELINE: _("The guideline is not published yet."),
    LaneGap.GUIDELINE_LOCALE: _("The guideline has no text in this language, nor in English."),
    LaneGap.PROTECTION: _(
        "Nobody sees the data: what readers must have signed, and where they must be, is not set as the class asks."
    ),
    LaneGap.UNITS: _("There are no open units in this lane."),
    LaneGap.RATE: _("The vendor has not set what annotators earn for a unit."),
    LaneGap.TEST: _("No qualification test is published. Publish one, or open the lane expressly without a test."),
}


@dataclass(frozen=True)
class LaneLanguages:
    """Who a lane takes by language: how well it is known, in which modes, how far a variety may lie, what else fits."""

    proficiency: str
    modes: tuple[str, ...]
    distance_most: int
    also: tuple[str, ...]


@dataclass(frozen=True)
class LaneRow:
    """A lane with its counts, for pages of its project."""

    id: str
    project_id: str
    locale: str
    state: str
    task_type: str
    classification: str
    overlap: int
    quality_target: float
    volume: int
    price_micros: int
    currency: str
    deadline_at: datetime | None
    ontology_id: str | None
    guideline_id: str | None
    proficiency: str = "native"
    modes: tuple[str, ...] = ("read",)
    distance_most: int = 0
    also: tuple[str, ...] = ()
    overlap_least: int | None = None
    overlap_target: float | None = None
    lot_limit: float | None = None
    lot_allowed: int = 0
    units: int = 0
    open_units: int = 0
    in_review: int = 0
    cancelled: int = 0
    settled: int = 0
    answered: int = 0

    @property
    def price(self) -> str:
        """The price of a unit as the API writes amounts."""
        return to_text(self.price_micros)

    @property
    def settled_share(self) -> float:
        return self.settled / self.units if self.units else 0.0


@dataclass(frozen=True)
class ProjectRow:
    """A project in a list."""

    id: str
    name: str
    org_id: str
    vendor_org_id: str | None
    client_name: str
    vendor_name: str
    state: str
    task_type: str
    classification: str
    currency: str
    created_at: datetime


@dataclass(frozen=True)
class VersionRow:
    """One version of a label schema or of a guideline; `locales` are those of its texts."""

    id: str
    version: int
    changelog: str
    published_at: datetime
    locales: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectView:
    """A project in full, as it stands for one reader."""

    row: ProjectRow
    about: str
    request_id: str | None
    lanes: tuple[LaneRow, ...]
    ontologies: tuple[VersionRow, ...]
    guidelines: tuple[VersionRow, ...]
    rights: tuple[str, ...] = ()  # those that the vendor's grant carries
    has_access: bool = True  # whether that grant lives

    @property
    def units(self) -> int:
        return sum(lane.units for lane in self.lanes)

    @property
    def settled(self) -> int:
        return sum(lane.settled for lane in self.lanes)
