"""Leases end with the right to them: acts here and above ask for it, and the package that hands out work puts it in."""

from typing import Protocol

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port


class EndLeases(Protocol):
    """Ends what a person holds, in one lane or in all of their vendor's; returns how many leases that were."""

    def __call__(
        self, session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None
    ) -> int: ...


def _nothing_to_end(
    session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None
) -> int:
    return 0


_leases: Port[EndLeases] = Port("end of leases", _nothing_to_end)


def use_leases(end: EndLeases) -> None:
    """Let this function end leases from now on."""
    _leases.put(end)


def end_leases(session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None) -> int:
    """End what a person holds at once, in this transaction; what they have typed is still taken, as late."""
    return _leases.get()(session, actor, annotator_id, cause=cause, lane_id=lane_id)
