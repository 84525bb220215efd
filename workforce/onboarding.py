"""What of a person's way in other packages know: each tells by a condition on annotators whether a step is done."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, false

from kernel.ports import Port

Condition = Callable[[], ColumnElement[bool]]

_paid: Port[Condition] = Port("condition of having a payout method", false)
_tested: Port[Condition] = Port("condition of a passed test", false)


def use_payout_methods(condition: Condition) -> None:
    """Say by which condition on `Annotator` somebody has said where pay is to be sent."""
    _paid.put(condition)


def use_tests(condition: Condition) -> None:
    """Say by which condition on `Annotator` somebody has passed a test."""
    _tested.put(condition)


def has_payout_method() -> ColumnElement[bool]:
    """The condition on annotators."""
    return _paid.get()()


def has_passed() -> ColumnElement[bool]:
    """The condition on annotators."""
    return _tested.get()()
