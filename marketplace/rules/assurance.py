"""How sure labels have to be: how many answers a unit gets, and the sample by which a lot may be released.

Overlap is fixed, or adaptive: a unit asks for more answers, one at a time, until its label is sure enough, and never
for more than were agreed. A plan looks at a random sample of a lot, and accepts the lot if few enough are wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from calibration.rules.acceptance import sample_size
from calibration.rules.overlap import OverlapRule
from i18n import Message, _
from i18n.figures import figure
from kernel.errors import Invalid

CONFIDENCE = 0.95
TARGETS = (0.6, 0.999)
LIMITS = (0.001, 0.5)
MOST_ALLOWED = 20
MOST_REWORKS = 2
"""How often one lot is done again; after that the client decides what becomes of it."""


@dataclass(frozen=True)
class Assurance:
    """A lane's rules: the fewest answers and the target where overlap is adaptive, the limit where lots are sampled."""

    overlap_least: int | None = None
    overlap_target: float | None = None
    lot_limit: float | None = None
    lot_allowed: int = 0


class LotState(StrEnum):
    """What a lot's sample says."""

    WAITING = "waiting"  # not all of the sample was reviewed
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REWORK = "rework"  # it was rejected, and is being done again


class ReworkKind(StrEnum):
    """How a rejected lot is done again."""

    ANSWERS = "answers"  # one more answer to each of its units
    REVIEW = "review"  # a reviewer looks at each of its units


@dataclass(frozen=True)
class Rework:
    """A lot that is done again, or was; its next sample is of what was asked for after `begun_at`."""

    id: str
    round: int
    kind: ReworkKind
    is_over: bool
    units: int
    left: int
    begun_at: datetime | None
    reason: str
    is_reviewed: bool  # this rework, or one before it of the same lot, was a review of each unit


@dataclass(frozen=True)
class Lot:
    """What waits to be released in one lane with a plan, and what came of its sample."""

    lane_id: str
    locale: str
    limit: float
    allowed: int
    units: int
    needed: int
    asked: int  # of the sample, reviewed or not
    checked: int
    wrong: int
    state: LotState
    reworks: int = 0  # how often it was done again
    rework_kind: str = ""  # of the newest of these,
    rework_left: int = 0  # with the units that are not settled again
    rework_reason: str = ""


@dataclass(frozen=True)
class ReworkOffer:
    """A way in which a rejected lot may be done again, and what it takes at most."""

    kind: ReworkKind
    units: int  # so many answers, or reviews
    micros: int | None = None  # what more answers cost whoever pays them
    currency: str | None = None


@dataclass(frozen=True)
class Look:
    """A review that waits as one of a lot's sample: whether its unit is a known one put among them, and its verdict."""

    is_planted: bool
    done_at: datetime | None
    is_wrong: bool


@dataclass(frozen=True)
class Plan:
    """Which lane's lots are sampled, and how."""

    lane_id: str
    locale: str
    limit: float
    allowed: int


def clean_assurance(overlap: int, asked: Assurance) -> Assurance:
    """The rules where they make sense for a lane with so many answers agreed; else Invalid with every wrong field."""
    faults: dict[str, Message] = {}
    if (asked.overlap_least is None) != (asked.overlap_target is None):
        missing = "overlap_least" if asked.overlap_least is None else "overlap_target"
        faults[missing] = _("An adaptive number of answers needs the fewest of them and a target.")
    if asked.overlap_least is not None and not 1 <= asked.overlap_least < overlap:
        faults["overlap_least"] = _(
            "The fewest answers are from 1 to one less than the %(most)s that were agreed.", most=overlap
        )
    if asked.overlap_target is not None and not TARGETS[0] <= asked.overlap_target <= TARGETS[1]:
        faults["overlap_target"] = _between(TARGETS)
    if asked.lot_limit is not None and not LIMITS[0] <= asked.lot_limit <= LIMITS[1]:
        faults["lot_limit"] = _between(LIMITS)
    if not 0 <= asked.lot_allowed <= MOST_ALLOWED:
        faults["lot_allowed"] = _("Allow from 0 to %(most)s wrong labels in the sample.", most=MOST_ALLOWED)
    if faults:
        raise Invalid("lane.assurance", _("Some of these rules are missing or wrong."), faults)
    return asked


def is_looser(before: Assurance, after: Assurance) -> bool:
    """Whether a plan for samples asks less than it did, or is taken away."""
    if before.lot_limit is None:
        return False
    return after.lot_limit is None or after.lot_limit > before.lot_limit or after.lot_allowed > before.lot_allowed


def _between(bounds: tuple[float, float]) -> Message:
    low, high = bounds
    return _("Between %(low)s and %(high)s.", low=figure("percent", low, 1), high=figure("percent", high, 1))


def overlap_rule(asked: Assurance, overlap: int) -> OverlapRule | None:
    """When a unit of the lane has answers enough; None where every unit gets as many as were agreed."""
    if asked.overlap_least is None or asked.overlap_target is None or asked.overlap_least >= overlap:
        return None
    return OverlapRule(asked.overlap_least, overlap, asked.overlap_target)


def needed_of(units: int, limit: float, allowed: int) -> int:
    """How many units of a lot have to be looked at; all of them where it is that small."""
    return min(units, sample_size(limit, confidence=CONFIDENCE, allowed=allowed, lot=units)) if units else 0


def state_of(allowed: int, needed: int, checked: int, wrong: int) -> LotState:
    """Rejected as soon as too many are wrong, accepted once the whole sample was looked at."""
    if wrong > allowed:
        return LotState.REJECTED
    return LotState.ACCEPTED if checked >= needed else LotState.WAITING


def exact_lot(plan: Plan, rest: int, looks: Sequence[Look], rework: Rework | None = None) -> Lot:
    """A lot as it is; `rest` are its units that nobody was asked to look at, `rework` is the newest that it had."""
    sample = [look for look in looks if not look.is_planted]
    done = [look for look in sample if look.done_at is not None]
    units, wrong = rest + len(sample), sum(look.is_wrong for look in done)
    needed = needed_of(units, plan.limit, plan.allowed)
    lot = Lot(
        plan.lane_id, plan.locale, plan.limit, plan.allowed, units, needed, len(sample), len(done), wrong,
        state_of(plan.allowed, needed, len(done), wrong),
    )  # fmt: skip
    return lot if rework is None else _reworked(lot, rework)


def _reworked(lot: Lot, rework: Rework) -> Lot:
    told = replace(
        lot, reworks=rework.round, rework_kind=rework.kind.value, rework_left=rework.left, rework_reason=rework.reason
    )
    if rework.is_over:
        return told
    needed = needed_of(rework.units, lot.limit, lot.allowed)
    return replace(told, units=rework.units, needed=needed, asked=0, checked=0, wrong=0, state=LotState.REWORK)


def kinds_of_rework(lot: Lot, rework: Rework | None) -> list[ReworkKind]:
    """How a lot may be done again: not at all unless it was rejected, nor more often than the limit says.

    Labels that a reviewer has given are not put to a vote again.
    """
    if lot.state is not LotState.REJECTED or lot.reworks >= MOST_REWORKS:
        return []
    return [ReworkKind.REVIEW] if rework is not None and rework.is_reviewed else list(ReworkKind)


def told_lot(
    plan: Plan, rest: int | None, looks: Sequence[Look], now: datetime, rework: Rework | None = None
) -> Lot:  # fmt: skip
    """A lot as people are told of it, so that nobody sees from it whether the review just decided was a planted one.

    Planted reviews are among those asked for and done. What verdicts came to is told of those done before this hour,
    or of all once the sample is whole and none waits. `rest` is None as long as the lot was not counted: then it waits.
    """
    lot, hour = exact_lot(plan, rest or 0, looks, rework), now.replace(minute=0, second=0, microsecond=0)
    if lot.state is LotState.REWORK:
        return lot
    done = [look for look in looks if look.done_at is not None]
    is_over = rest is not None and len(done) == len(looks) and lot.checked >= lot.needed
    known = [look for look in looks if not look.is_planted and look.done_at and (is_over or look.done_at < hour)]
    wrong = sum(look.is_wrong for look in known)
    state = LotState.WAITING if rest is None else state_of(plan.allowed, lot.needed, len(known), wrong)
    return replace(lot, asked=len(looks), checked=len(done), wrong=wrong, state=state)
