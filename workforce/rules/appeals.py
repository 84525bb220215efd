"""Appeals: when an answer is due, and what may be appealed."""

from datetime import datetime, timedelta

from workforce.values import Outcome, ReceiptState

WORKING_DAYS = 5
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


def may_appeal(state: ReceiptState, has_appeal: bool) -> bool:
    """A decision is appealed once, and while it holds."""
    return state is ReceiptState.IN_FORCE and not has_appeal


def state_after(outcome: Outcome) -> ReceiptState:
    """What becomes of the receipt."""
    return ReceiptState.OVERTURNED if outcome is Outcome.OVERTURNED else ReceiptState.IN_FORCE


def stage_at(due: datetime, now: datetime) -> str:
    """What is to be said of an appeal that waits: that it is there, that its day comes, or that its day has passed."""
    if now > due:
        return "late"
    return "soon" if due - now <= SOON else "new"


def is_news(told: str, stage: str) -> bool:
    """Whether deciders are written to again: once for each stage, and never back."""
    return STAGES.index(stage) > STAGES.index(told)
