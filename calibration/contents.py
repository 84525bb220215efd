"""Whose content may be shown to whom: a guard put in place from above, where classes of units and their demands are."""

from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port

Guard = Callable[[Session, Actor, str, Collection[str]], frozenset[str]]
_guard: Port[Guard] = Port("guard of content")


def use_guard(guard: Guard) -> None:
    """Let this function say which items of a project an actor may read; it notes the reading where a class asks so."""
    _guard.put(guard)


def readable(session: Session, actor: Actor, project_id: str, item_ids: Collection[str]) -> frozenset[str]:
    """Of these items those whose content the actor may be shown now."""
    return _guard.get()(session, actor, project_id, item_ids) if item_ids else frozenset()
