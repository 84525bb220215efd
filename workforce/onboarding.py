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


Qualifications = Callable[[Session, str], Sequence[Passed]]


def _none_known(session: Session, annotator_id: str) -> Sequence[Passed]:
    return ()


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


def has_payout_method() -> ColumnElement[bool]:
    """The condition on annotators."""
    return _paid.get()()


def has_passed() -> ColumnElement[bool]:
    """The condition on annotators."""
    return _tested.get()()
