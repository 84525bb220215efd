"""A vendor's people as files, which jobs write portion by portion, each read in a transaction of its own: nothing holds
all people in memory, or one reading open for as long as that takes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from i18n import _
from kernel import guard
from kernel.policy import Actor, Resource
from workforce.files.people import invitations_csv, people_csv, steps_csv
from workforce.making import FileKind, Note, Reading
from workforce.policy import Action
from workforce.queries.invitations import MOST_ROWS, count_invitations, invitations
from workforce.queries.people import count_people, people_portion
from workforce.queries.pools import pool_of
from workforce.queries.steps import count_on_their_way, step_portion
from workforce.rules.searching import clean_search
from workforce.values import InvitationState, InvitationView, PeopleFilter, PoolView

Row = TypeVar("Row")
PEOPLE, STEPS, INVITATIONS = "people", "steps", "invitations"


def people_file(reading: Reading, wanted: PeopleFilter, note: Note) -> Iterator[bytes]:
    """All who fit."""
    return people_csv(_each(reading, lambda session, after: people_portion(session, wanted, after), note))


def steps_file(reading: Reading, pool: PoolView, note: Note) -> Iterator[bytes]:
    """How far each of a pool's people is."""
    return steps_csv(pool.steps, _each(reading, lambda session, after: step_portion(session, pool.id, after), note))


def _each(
    reading: Callable[[], AbstractContextManager[Session]],
    read: Callable[[Session, str | None], tuple[list[Row], str | None]],
    note: Note,
) -> Iterator[Row]:
    after: str | None = None
    done = 0
    while True:
        with reading() as session:
            rows, after = read(session, after)
        yield from rows
        done += len(rows)
        note(done)
        if after is None:
            return


def _allow_people(session: Session, actor: Actor, asked: dict[str, Any]) -> int:
    guard.require(session, actor, Action.PEOPLE_EXPORT, Resource("people", org_id=actor.org_id))
    return count_people(session, clean_search(PeopleFilter(**asked)))


def _allow_steps(session: Session, actor: Actor, asked: dict[str, Any]) -> int:
    pool = _pool(session, asked)
    guard.require(session, actor, Action.PEOPLE_EXPORT, Resource("people", org_id=pool.org_id))
    return count_on_their_way(session, pool.id)


def _write_people(reading: Reading, actor: Actor, asked: dict[str, Any], note: Note) -> Iterator[bytes]:
    return people_file(reading, PeopleFilter(**asked), note)


def _write_steps(reading: Reading, actor: Actor, asked: dict[str, Any], note: Note) -> Iterator[bytes]:
    with reading() as session:
        pool = _pool(session, asked)
    return steps_file(reading, pool, note)


def _allow_invitations(session: Session, actor: Actor, asked: dict[str, Any]) -> int:
    guard.require(session, actor, Action.INVITATION_EXPORT, Resource("invitation", org_id=actor.org_id))
    wanted = _invitations_asked(asked)
    counts = count_invitations(session, wanted["pool_id"])
    return counts[wanted["state"]] if wanted["state"] else sum(counts.values())


def _write_invitations(reading: Reading, actor: Actor, asked: dict[str, Any], note: Note) -> Iterator[bytes]:
    wanted = _invitations_asked(asked)

    def portion(session: Session, after: str | None) -> tuple[list[InvitationView], str | None]:
        return invitations(session, after=after, limit=MOST_ROWS, **wanted)

    return invitations_csv(_each(reading, portion, note))


def _invitations_asked(asked: dict[str, Any]) -> dict[str, Any]:
    return {"pool_id": asked.get("pool"), "state": InvitationState(asked["state"]) if "state" in asked else None}


def _pool(session: Session, asked: dict[str, Any]) -> PoolView:
    pool = pool_of(session, asked["pool_id"])
    if pool is None:
        raise guard.not_found()
    return pool


FILES = (
    FileKind(
        PEOPLE,
        _("A list of people"),
        "people.csv",
        "people.exported",
        _allow_people,
        _write_people,
        frozenset({"text"}),
    ),
    FileKind(STEPS, _("How far people of a pool are"), "steps.csv", "people.exported", _allow_steps, _write_steps),
    FileKind(
        INVITATIONS,
        _("A list of invitations"),
        "invitations.csv",
        "invitations.exported",
        _allow_invitations,
        _write_invitations,
    ),
)
