"""Appeals: when an answer is due, and what may be appealed."""

from datetime import datetime, timedelta

from workforce.values import Outcome, ReceiptKind, ReceiptState

WORKING_DAYS = 5
WITHIN = timedelta(days=30)  # after its end: a decision that is over stays on the person's record
# Work and pay that somebody had are given back while nobody answers. What they never had (a test, a language, an
# admission) is not, nor what protects others' data (clearances, documents): silence must open no restricted unit.
HELD = (ReceiptKind.PAUSED, ReceiptKind.REMOVED, ReceiptKind.LANE_PAUSED, ReceiptKind.WORK_REJECTED)
_BY_TIME = (ReceiptKind.PAUSED, ReceiptKind.LANE_PAUSED)
SOON = timedelta(days=1)
STAGES = ("", "new", "soon", "late")  # what its deciders were written last
_SATURDAY = 5


def due_at(opened_at: datetime, working_days: int = WORKING_DAYS) -> datetime:
    """The same hour, five working days on. Days are counted from Monday to Friday, in UTC."""
    due = opened_at
    while working_days:
        due += timedelta(days=1)
        if due.weekday() < _SATURDAY:
            working_days -= 1
    return due


def may_appeal(
    kind: ReceiptKind, state: ReceiptState, ended_at: datetime | None, has_appeal: bool, now: datetime
) -> bool:
    """A decision is appealed once: while it holds, or within thirty days of its end."""
    if has_appeal or kind is ReceiptKind.RESTORED:
        return False
    is_fresh = ended_at is not None and now <= ended_at + WITHIN
    return state is ReceiptState.IN_FORCE or (state is ReceiptState.ENDED and is_fresh)


def is_over(kind: ReceiptKind, ended_at: datetime | None, until_at: datetime | None, now: datetime) -> bool:
    """Whether what was decided is over, whatever an appeal against it comes to."""
    return ended_at is not None or (kind in _BY_TIME and until_at is not None and until_at <= now)


def state_after(outcome: Outcome, over: bool) -> ReceiptState:
    """What becomes of the receipt; one that is over meanwhile does not come back."""
    if outcome is Outcome.OVERTURNED:
        return ReceiptState.OVERTURNED
    return ReceiptState.ENDED if over else ReceiptState.IN_FORCE


def is_to_hold(kind: ReceiptKind, due: datetime, held_at: datetime | None, now: datetime) -> bool:
    """Whether an appeal that waits puts its decision on hold now: once, after the day of its answer."""
    return kind in HELD and held_at is None and now > due


def stage_at(due: datetime, now: datetime) -> str:
    """What is to be said of an appeal that waits: that it is there, that its day comes, or that its day has passed."""
    if now > due:
        return "late"
    return "soon" if due - now <= SOON else "new"


def is_news(told: str, stage: str) -> bool:
    """Whether deciders are written to again: once for each stage, and never back."""
    return STAGES.index(stage) > STAGES.index(told)
