"""What only packages above know of people's work: whoever knows it says it in SQL, through a port."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement

from kernel.ports import Port
from workforce.values.people import PeopleFilter

Criteria = Callable[[PeopleFilter, datetime], list[ColumnElement[bool]]]


def _nothing_known(wanted: PeopleFilter, now: datetime) -> list[ColumnElement[bool]]:
    return []


_criteria: Port[Criteria] = Port("criteria of people's work", _nothing_known)


def use_criteria(criteria: Criteria) -> None:
    """Let this function say how people of a quality, an activity or a lane are found among annotators."""
    _criteria.put(criteria)


def criteria(wanted: PeopleFilter, now: datetime) -> list[ColumnElement[bool]]:
    """What annotators fulfill who fit what the filter asks of their work."""
    return _criteria.get()(wanted, now)
