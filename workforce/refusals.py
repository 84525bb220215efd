"""What packages above have found against a language ends once somebody proves it by hand: acts ask for it here."""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port

EndRefusals = Callable[[Session, Actor, Iterable[str]], None]


def _none_to_end(session: Session, actor: Actor, claim_ids: Iterable[str]) -> None:
    return None


_refusals: Port[EndRefusals] = Port("end of refused languages", _none_to_end)


def use_refusals(end: EndRefusals) -> None:
    """Let this function end, by their ids, what was found against claims to know a language."""
    _refusals.put(end)


def end_refusals(session: Session, actor: Actor, claim_ids: Iterable[str]) -> None:
    """End what others found against these claims, in this transaction; its receipts stay."""
    _refusals.get()(session, actor, claim_ids)
