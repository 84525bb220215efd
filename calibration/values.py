"""The vocabulary of calibration: decisions, signals, gate actions, and the errors its rules raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from i18n import Message
from kernel.policy import Demand, Reason

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NOT_ASKED = (Demand(Reason.POLICY_ERROR, met=False),)


class TestDecision(StrEnum):
    """What a qualification test says after the questions asked so far."""

    __test__ = False  # pytest would otherwise collect a class whose name starts with "Test"

    PASS = "pass"
    FAIL = "fail"
    CONTINUE = "continue"


class PlanKind(StrEnum):
    """A sequential test stops as soon as it knows; a fixed one has a set length and a pass mark."""

    SEQUENTIAL = "sequential"
    FIXED = "fixed"


class DriftSignal(StrEnum):
    """What the error chart of one person says: nothing, look closer, or the accuracy has fallen."""

    NONE = "none"
    WARNING = "warning"
    ALARM = "alarm"


class GateMetric(StrEnum):
    """What a gate looks at: accuracy surely too low, not yet surely high enough, or errors grown frequent."""

    ACCURACY_UPPER = "accuracy_upper"
    ACCURACY_LOWER = "accuracy_lower"
    DRIFT = "drift"


class GateAction(StrEnum):
    """What a gate does: tell the person, check more closely, or pause a lane. No gate touches pay that is owed."""

    WARN = "warn"
    RECHECK = "recheck"
    PAUSE = "pause"


class DisputeSource(StrEnum):
    """Where a right answer is contested: in practice, after an exam, from a decision's evidence, by proven people."""

    TRAINING = "training"
    EXAM = "exam"
    LIVE = "live"
    PEOPLE = "people"


class DisputeChoice(StrEnum):
    """What the decider says of two answers, without knowing which of them is the key's."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"
    NEITHER = "neither"
    OTHER = "other"


class DisputeOutcome(StrEnum):
    """How a dispute ends. In `agreed` the answer had counted as right; `lapsed` means that nobody decided in time."""

    AGREED = "agreed"
    REJECTED = "rejected"
    CORRECTED = "corrected"
    BOTH = "both"
    VOID = "void"
    LAPSED = "lapsed"

    @property
    def is_upheld(self) -> bool:
        """Whether the key was wrong, or counts as if it had been."""
        return self not in (DisputeOutcome.AGREED, DisputeOutcome.REJECTED)


class BehaviourOutcome(StrEnum):
    """What a person makes of a signal in how somebody works."""

    NOTHING = "nothing"
    MORE_CHECKS = "more_checks"
    PAUSE = "pause"


EXPERT = "expert"
SETTLED = "settled"
"""Where a key's answer comes from: from who knew it, or from what people answered to a unit that was then settled."""


class PlanImpossible(ValueError):
    """No test within the allowed length keeps both promises about error."""


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """What calibration must know of a lane, as the package that owns lanes states it.

    `demands` is what it asks of the person who was named before its test shows them anything; where nobody was named,
    nothing is known to be met.
    """

    id: str
    org_id: str
    vendor_org_id: str | None
    project_id: str
    locale: str
    task_type: str
    ontology_id: str | None
    guideline_id: str | None
    name: Message | str  # told with the name of its language
    state: str = "open"
    quality_target: float = 0.8
    proficiency: str = "native"
    modes: tuple[str, ...] = ("read",)
    demands: tuple[Demand, ...] = _NOT_ASKED
    classification: str = ""  # what is not stated counts as the most sensitive

    @property
    def takes_people(self) -> bool:
        """Whether somebody may still qualify for it."""
        return self.state in ("open", "paused")


class LaneProvider(Protocol):
    """Where lane facts come from: a function over a session, put in place when the application is composed.

    Where it is told of an annotator, it compares what the lane asks with what is known of them.
    """

    def __call__(self, session: Session, lane_id: str, annotator_id: str | None = None) -> LaneFacts | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJudgment:
    """An answer that has just been accepted, with the unit's outlook so far.

    `answer` is canonical; `labels` is the closed set of answers, or None where there is none; `outlook` is what
    `record` returned for the unit's previous judgment, empty for the first, and None where it is reckoned later.
    """

    org_id: str
    vendor_org_id: str
    project_id: str
    lane_id: str
    unit_id: str
    item_id: str
    assignment_id: str
    annotator_id: str
    account_id: str
    ontology_id: str
    guideline_id: str
    answer: Mapping[str, Any]
    category: str | None
    seconds: int
    is_late: bool = False
    labels: tuple[str, ...] | None = None
    outlook: Mapping[str, Any] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A judgment that was kept, and what the unit's judgments now say; empty where that is reckoned later."""

    judgment_id: str
    outlook: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One key to be added: the item, its right answer, and where it may be used."""

    item_id: str
    truth: Mapping[str, Any]
    pool: str
    explanation: str = ""
    source: str = EXPERT
    link: str | None = None  # the name that the same question has in every language


@dataclass(frozen=True, slots=True)
class GoldAdded:
    """What became of the rows: new keys, and rows that said what was known already."""

    gold_set_id: str
    added: int
    known: int


@dataclass(frozen=True, slots=True)
class GradeSummary:
    """One round of grading: judgments looked at, those that had a key, people paused, and whether more wait."""

    judgments: int
    graded: int
    paused: int
    more: bool


@dataclass(frozen=True, slots=True)
class QualificationView:
    """What opens a lane to a person, as it stands at one moment."""

    lane_id: str
    annotator_id: str
    basis: str
    since_at: datetime
    until_at: datetime | None
    paused_until: datetime | None
    pause_receipt_id: str | None
    state: str  # open, paused, expired, revoked

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def is_paused(self) -> bool:
        return self.state == "paused"


@dataclass(frozen=True, slots=True)
class RunView:
    """One run of truth inference, as stored."""

    id: str
    lane_id: str
    method: str
    parameters: Mapping[str, Any]
    judgments: int
    units: int
    iterations: int
    converged: bool
    skills: Mapping[str, float]
    agreement: Mapping[str, Any]
    at: datetime
