"""What only packages above know of people's work: criteria in SQL, and figures of quality, each through a port."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from i18n import Message
from kernel.policy import Actor
from kernel.ports import Port
from workforce.values.people import PeopleFilter

Criteria = Callable[[Session, PeopleFilter], list[ColumnElement[bool]]]


@dataclass(frozen=True, slots=True)
class LaneFigure:
    """How good somebody is in one lane, or the people of a pool together, as a vendor may be told it.

    `accuracy`, `low` and `high` are None until enough answers were checked; `address` shows what the figure rests on.
    """

    lane: Message | str
    locale: str
    address: str
    people: int
    answers: int
    accuracy: float | None
    low: float | None
    high: float | None


Figures = Callable[[Session, Actor, str], Sequence[LaneFigure] | None]  # None for who may not read them


def _nothing_known(session: Session, wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    return []


def _no_figures(session: Session, actor: Actor, thing_id: str) -> Sequence[LaneFigure] | None:
    return None


_criteria: Port[Criteria] = Port("criteria of people's work", _nothing_known)
_of_person: Port[Figures] = Port("quality of a person by lane", _no_figures)
_of_pool: Port[Figures] = Port("quality of a pool by lane", _no_figures)


def use_criteria(criteria: Criteria) -> None:
    """Let this function say how people of a quality, an activity or a lane are found among annotators."""
    _criteria.put(criteria)


def criteria(session: Session, wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """What annotators of the session's scope fulfill who fit what the filter asks of their work."""
    return _criteria.get()(session, wanted)


def use_figures(*, of_person: Figures, of_pool: Figures) -> None:
    """Let these functions tell the quality of a person, and of the people of a pool, lane by lane."""
    _of_person.put(of_person)
    _of_pool.put(of_pool)


def figures_of_person(session: Session, actor: Actor, annotator_id: str) -> Sequence[LaneFigure] | None:
    """How good a person is, lane by lane; None for an actor who may not read it."""
    return _of_person.get()(session, actor, annotator_id)


def figures_of_pool(session: Session, actor: Actor, pool_id: str) -> Sequence[LaneFigure] | None:
    """How good the people of a pool are together, lane by lane; None for an actor who may not read it."""
    return _of_pool.get()(session, actor, pool_id)
