"""Appeals: when an answer is due, and what may be appealed."""

from datetime import datetime, timedelta

from workforce.values import Outcome, ReceiptState

WORKING_DAYS = 5
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
