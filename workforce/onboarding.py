"""What of a person's way in other packages know: each tells by a condition on annotators whether a step is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session

from kernel.ports import Port

Condition = Callable[[], ColumnElement[bool]]


@dataclass(frozen=True)
class Passed:
    """A kind of work that somebody was let into: by a test, or by hand."""

    task_type: str
    locale: str
    basis: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Measured:
    """How often somebody was right in a lane, as they are told it themselves: in steps, and a day late."""

    task_type: str
    locale: str
    accuracy: float
    low: float
    high: float
    checks: int | None
    as_of: datetime | None


Qualifications = Callable[[Session, str], Sequence[Passed]]
Accuracies = Callable[[Session, str], Sequence[Measured]]


def _none_known(session: Session, annotator_id: str) -> Sequence[Passed]:
    return ()


def _none_measured(session: Session, annotator_id: str) -> Sequence[Measured]:
    return ()


_measured: Port[Accuracies] = Port("accuracy of a person", _none_measured)
_passed: Port[Qualifications] = Port("qualifications of a person", _none_known)
_paid: Port[Condition] = Port("condition of having a payout method", false)
_tested: Port[Condition] = Port("condition of a passed test", false)


def use_payout_methods(condition: Condition) -> None:
    """Say by which condition on `Annotator` somebody has said where pay is to be sent."""
    _paid.put(condition)


def use_tests(condition: Condition) -> None:
    """Say by which condition on `Annotator` somebody has passed a test."""
    _tested.put(condition)


def use_qualifications(qualifications: Qualifications) -> None:
    """Let this function tell what somebody was let into and still is."""
    _passed.put(qualifications)


def qualifications_of(session: Session, annotator_id: str) -> Sequence[Passed]:
    """What somebody was let into and still is."""
    return _passed.get()(session, annotator_id)


def use_accuracies(accuracies: Accuracies) -> None:
    """Let this function tell how often somebody was right, lane by lane, as they are told it."""
    _measured.put(accuracies)


def accuracies_of(session: Session, annotator_id: str) -> Sequence[Measured]:
    """How often somebody was right in the lanes where they are told it."""
    return _measured.get()(session, annotator_id)


def has_payout_method() -> ColumnElement[bool]:
    """The condition on annotators."""
    return _paid.get()()


def has_passed() -> ColumnElement[bool]:
    """The condition on annotators."""
    return _tested.get()()
