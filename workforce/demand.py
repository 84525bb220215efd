"""Which languages a vendor's work asks for: whoever knows the work (a package above) is asked through a port."""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from kernel.ports import Port

Demand = Callable[[Session], Iterable[str]]


def _nothing_known(session: Session) -> Iterable[str]:
    return ()


_demand: Port[Demand] = Port("languages in demand", _nothing_known)


def use_demand(demand: Demand) -> None:
    """Let this function tell the locales that the work of the session's tenant asks for."""
    _demand.put(demand)


def locales_in_demand(session: Session) -> frozenset[str]:
    """The locales that the work of the session's tenant asks for."""
    return frozenset(_demand.get()(session))
