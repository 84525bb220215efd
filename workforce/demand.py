"""Which languages a vendor's work asks for, and which lanes look for people: packages above are asked through ports."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy.orm import Session

from i18n import Message
from kernel.ports import Port

Demand = Callable[[Session], Iterable[str]]
NamedLanes = Callable[[Session, Sequence[str]], list[tuple[str, Message | str]]]
Lanes = Callable[[Session], list[tuple[str, Message | str]]]  # ids and names


def _nothing_known(session: Session) -> Iterable[str]:
    return ()


_demand: Port[Demand] = Port("languages in demand", _nothing_known)


def _no_lanes(session: Session) -> list[tuple[str, Message | str]]:
    return []


_lanes: Port[Lanes] = Port("lanes that people are looked for", _no_lanes)


_named: Port[NamedLanes] = Port("lanes by name", lambda session, ids: [])


def use_demand(demand: Demand) -> None:
    """Let this function tell the locales that the work of the session's tenant asks for."""
    _demand.put(demand)


def locales_in_demand(session: Session) -> frozenset[str]:
    """The locales that the work of the session's tenant asks for."""
    return frozenset(_demand.get()(session))


def use_lanes_with_tests(lanes: Lanes) -> None:
    """Let this function tell the lanes of the session's tenant whose tests people can be asked to take."""
    _lanes.put(lanes)


def lanes_with_tests(session: Session) -> list[tuple[str, Message | str]]:
    """The lanes of the session's tenant whose tests people can be asked to take, with their names."""
    return _lanes.get()(session)


def use_lanes_named(lanes: NamedLanes) -> None:
    """Let this function tell the lanes of the session's tenant, those of these ids among them."""
    _named.put(lanes)


def lanes_named(session: Session, ids: Sequence[str] = ()) -> list[tuple[str, Message | str]]:
    """The lanes of the session's tenant with their names, to choose from: the first 200, and those of these ids."""
    return _named.get()(session, ids)
