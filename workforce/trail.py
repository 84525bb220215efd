"""Where what a decision rests on is met again, by its person and on appeal, and whether it is kept at all: told by the
packages that keep it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from i18n import Message
from kernel.policy import Actor

Find = Callable[[Session, Actor, str], str | None]
Loss = Callable[[Session, str], Message | None]
_finders: dict[str, Find] = {}
_whole: dict[str, Find] = {}
_cases: dict[str, Find] = {}
_losses: dict[str, Loss] = {}


def show_evidence(kind: str, find: Find) -> None:
    """Say which address shows evidence of a kind to the person whom it is about, by its id."""
    _finders[kind] = find


def show_whole(kind: str, find: Find) -> None:
    """Say which address shows the person, by its id, all that a decision of a kind rests on."""
    _whole[kind] = find


def show_case(kind: str, find: Find) -> None:
    """Say which address shows evidence of a kind, by its id, to those who may answer an appeal that rests on it."""
    _cases[kind] = find


def show_loss(kind: str, find: Loss) -> None:
    """Say what tells that the content of evidence of a kind, by its id, is not kept any more; None while it is."""
    _losses[kind] = find


def losses_of(session: Session, pieces: Iterable[Mapping[str, Any]]) -> dict[str, Message]:
    """What is said of the pieces of evidence that are not kept any more, by their ids."""
    found = {}
    for piece in pieces:
        find = _losses.get(str(piece["kind"]))
        loss = find(session, str(piece["id"])) if find is not None and "id" in piece else None
        if loss is not None:
            found[str(piece["id"])] = loss
    return found


def address_of_case(session: Session, actor: Actor, kind: str, evidence_id: str) -> str | None:
    """Where the actor, who may answer an appeal, reads a piece of evidence for it, if there is such a page."""
    find = _cases.get(kind)
    return find(session, actor, evidence_id) if find else None


def address_of_whole(session: Session, actor: Actor, kind: str, receipt_id: str) -> str | None:
    """Where the actor reads all that a decision about themselves rests on, if there is such a page."""
    find = _whole.get(kind)
    return find(session, actor, receipt_id) if find else None


def address_of(session: Session, actor: Actor, kind: str, evidence_id: str) -> str | None:
    """Where the actor reads a piece of evidence about themselves, if there is such a page."""
    find = _finders.get(kind)
    return find(session, actor, evidence_id) if find else None
