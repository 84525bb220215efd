"""Values of work: what is handed out, what came back, why not, and the words for reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message, _
from kernel.policy import Demand
from marketplace.values.conditions import agreement_named, condition_told, to_sign
from workforce.values import AgreementView


class SkipReason(StrEnum):
    """Why a person does not answer a unit."""

    UNCLEAR = "unclear"
    LANGUAGE = "language"
    KNOWLEDGE = "knowledge"
    UNCOMFORTABLE = "uncomfortable"
    OTHER = "other"


class ReportReason(StrEnum):
    """What is wrong with a unit."""

    BROKEN = "broken"
    WRONG_LANGUAGE = "wrong_language"
    PERSONAL_DATA = "personal_data"
    HARMFUL = "harmful"
    GUIDELINE = "guideline"
    OTHER = "other"


class Verdict(StrEnum):
    """What a reviewer decides about a unit."""

    ACCEPT = "accept"
    FIX = "fix"
    RETURN = "return"
    REJECT = "reject"


class ReviewReason(StrEnum):
    """Why a reviewer did not simply accept."""

    WRONG_CLASS = "wrong_class"
    BOUNDARY = "boundary"
    GUIDELINE = "guideline"
    UNCLEAR_UNIT = "unclear_unit"
    EMPTY = "empty"
    RANDOM = "random"


SKIP_WORDS: dict[str, Message] = {
    SkipReason.UNCLEAR: _("It is unclear what is asked"),
    SkipReason.LANGUAGE: _("It is not in my language or variety"),
    SkipReason.KNOWLEDGE: _("I do not know this field well enough"),
    SkipReason.UNCOMFORTABLE: _("I would rather not read this"),
    SkipReason.OTHER: _("Another reason"),
}

REPORT_WORDS: dict[str, Message] = {
    ReportReason.BROKEN: _("It is broken or empty"),
    ReportReason.WRONG_LANGUAGE: _("It is in another language"),
    ReportReason.PERSONAL_DATA: _("It shows personal data"),
    ReportReason.HARMFUL: _("It is harmful or hateful"),
    ReportReason.GUIDELINE: _("The guideline has no answer for it"),
    ReportReason.OTHER: _("Something else"),
}

REVIEW_WORDS: dict[str, Message] = {
    ReviewReason.WRONG_CLASS: _("Another class fits"),
    ReviewReason.BOUNDARY: _("Begins or ends at the wrong place"),
    ReviewReason.GUIDELINE: _("The guideline says otherwise"),
    ReviewReason.UNCLEAR_UNIT: _("The unit itself is unclear"),
    ReviewReason.EMPTY: _("The answer is empty"),
    ReviewReason.RANDOM: _("The answer has nothing to do with the unit"),
}


@dataclass(frozen=True)
class LaneOffer:
    """A lane as a person sees it: what it is, what it pays, and every condition with its state."""

    lane_id: str
    project_id: str
    project_name: str
    locale: str
    task_type: str
    classification: str
    state: str
    rate_micros: int | None
    currency: str
    has_test: bool
    demands: tuple[Demand, ...]
    paused_until: datetime | None = None
    receipt_id: str | None = None
    language_told: Message | None = None  # why the person's languages do not open it

    @property
    def is_open(self) -> bool:
        return self.state == "open" and all(demand.met for demand in self.demands)

    def told(self, demand: Demand, agreements: Mapping[str, AgreementView] | None = None) -> Message | str:
        """One of its conditions in a sentence."""
        return condition_told(
            demand, locale=self.locale, paused_until=self.paused_until, agreements=agreements, has_test=self.has_test
        )

    def agreement_named(self, demand: Demand, agreements: Mapping[str, AgreementView]) -> Message | str:
        """What the agreement of one of its conditions is called."""
        return agreement_named(str(demand.needed), agreements)

    def to_sign(self, demand: Demand, agreements: Mapping[str, AgreementView]) -> AgreementView | None:
        """The text whose signature meets one of its conditions, where it is published."""
        return to_sign(demand, agreements)


# The states of a task whose lease has run out, and of one that lives but asks more than its holder meets at the moment;
# its content is empty then.
OVER, BARRED = "over", "barred"
BARRED_TOLD = _("This unit waits for you, but something that it asks for is missing at the moment.")


@dataclass(frozen=True)
class Task:
    """A unit in somebody's hands, with all that the page or the program needs to answer it."""

    assignment_id: str
    epoch: int
    lane_id: str
    project_name: str
    locale: str
    task_type: str
    classification: str
    content: dict[str, Any]
    ontology_id: str
    guideline_id: str
    lease_until: datetime
    rate_micros: int
    currency: str
    state: str
    draft: dict[str, Any] | None
    draft_at: datetime | None
    unit_id: str
    project_id: str
    org_id: str
    barriers: tuple[Demand, ...] = ()  # what keeps its holder from it

    def as_offer(self) -> LaneOffer:
        """What it asks for that is missing, as a lane tells its conditions."""
        return LaneOffer(
            self.lane_id, self.project_id, self.project_name, self.locale, self.task_type, self.classification, "open",
            self.rate_micros, self.currency, True, self.barriers,
        )  # fmt: skip


@dataclass(frozen=True)
class Submitted:
    """What became of an answer: kept for certain, and whether it came after the unit had gone to somebody else."""

    assignment_id: str
    judgment_id: str
    is_late: bool
    rate_micros: int
    currency: str


class NoWork(StrEnum):
    """Why there is nothing to hand out just now."""

    NOTHING_OPEN = "nothing_open"
    ALL_WITH_OTHERS = "all_with_others"
    ALL_DONE = "all_done"


NO_WORK_WORDS: dict[str, Message] = {
    NoWork.NOTHING_OPEN: _("No work is open to you. Each kind of work says below which step would open it."),
    NoWork.ALL_WITH_OTHERS: _("All units are with others just now. Some may come back soon."),
    NoWork.ALL_DONE: _("You have answered every unit that was open to you here."),
}

UNIT_STATES: dict[str, Message] = {
    "open": _("Open"), "full": _("Answered"), "review": _("In review"), "settled": _("Settled"),
    "cancelled": _("Taken out"),
}  # fmt: skip
