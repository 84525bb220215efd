"""Whose content may be shown to whom: a guard put in place from above, where classes of units and their demands are."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port


class Guard(Protocol):
    """Says which items of a project an actor may read, each with its class."""

    def __call__(
        self, session: Session, actor: Actor, project_id: str, item_ids: Collection[str], *, is_own: bool,
        is_noted: bool, met: str,
    ) -> Mapping[str, str]: ...  # fmt: skip


Classes = Callable[[Session, str, Collection[str]], Mapping[str, str]]

_guard: Port[Guard] = Port("guard of content")
_classes: Port[Classes] = Port("classes of content")


def use_guard(guard: Guard, classes: Classes) -> None:
    """Let the first say which items of a project an actor may read; it notes the reading where a class asks so. The
    second says how sensitive items are, whoever reads them."""
    _guard.put(guard)
    _classes.put(classes)


def classes_now(session: Session, project_id: str, item_ids: Collection[str]) -> Mapping[str, str]:
    """The class of each of these items of a project, its unit's where that is above it. Nothing is shown by it."""
    return _classes.get()(session, project_id, item_ids) if item_ids else {}


def readable(
    session: Session, actor: Actor, project_id: str, item_ids: Collection[str], *, is_own: bool = False,
    is_noted: bool = True, met: str = "",
) -> Mapping[str, str]:  # fmt: skip
    """Of these items those whose content the actor may be shown now, each with its class.

    Every place that shows content outside of work asks this. `is_own`: they were put before the actor, whatever the
    actor's standing is since. `is_noted`: False where nothing of it is shown by the asking itself. `met`: a class whose
    demands were asked of the actor in this very transaction.
    """
    if not item_ids:
        return {}
    return _guard.get()(session, actor, project_id, item_ids, is_own=is_own, is_noted=is_noted, met=met)
