"""What follows on a commit about people: letters to many, files of many, and letters whose addresses are the system's
to make."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from kernel.db import after_commit
from kernel.errors import Forbidden, NotFound, Unauthenticated
from kernel.guard import not_found
from kernel.jobs import Work, job
from kernel.policy import Actor
from kernel.sealed_files import kept_sealed
from kernel.storage import storage
from kernel.tenancy import Scope
from workforce.making import kind_of_file, use_files
from workforce.operations import made_files, standing
from workforce.operations.addresses import send_confirmation
from workforce.operations.all_people import act_on_next
from workforce.operations.rosters import invite_later, invite_next
from workforce.operations.telling import tell_deciders, tell_people
from workforce.queries.accounts import actor_of
from workforce.queries.guarded import reach
from workforce.queries.invitations import roster_of
from workforce.queries.made_files import waiting_file
from workforce.taking import FILES
from workforce.values import RosterOutcome
from workforce.values.made_files import SUFFIX, FileAsked, FileMade

use_files(FILES)


@job(queue="bulk", long=True)
def send_roster(
    work: Work, roster_id: str, address: str, account_id: str | None = None, membership_id: str | None = None
) -> dict[str, Any]:
    """Invite whom a roster names, so many at a time, as long as whoever sent it may; what was invited stays when it is
    carried again, or stops."""
    with work.reading() as session:
        roster = roster_of(session, roster_id)
    left = roster.counts.get(RosterOutcome.INVITE, 0) if roster else 0
    total = int(work.step.get("sent", 0)) + left

    def portion(session: Session, actor: Actor) -> bool:
        count = invite_next(session, actor, roster_id, lambda secret: address.replace("TOKEN", secret))
        done = int(work.step.get("sent", 0)) + count
        if not count and not work.step.get("is_over"):
            invite_later(session, actor, roster_id, address=address)
        work.advance(session, done, total, sent=done, is_over=not count)
        return count > 0

    is_stopped = not _in_name_of(work, account_id, membership_id, portion)
    return {"roster": roster_id, "invited": int(work.step.get("sent", 0)), "is_stopped": is_stopped}


@job(queue="bulk", long=True)
def act_on_people(
    work: Work, account_id: str, membership_id: str | None, mark: str, total: int, asked: str
) -> dict[str, Any]:
    """Do to all who fit a filter what somebody asked for, in their name, as long as they may; nobody twice."""

    def portion(session: Session, actor: Actor) -> bool:
        passed, changed = int(work.step.get("passed", 0)), int(work.step.get("changed", 0))
        count, more, after = act_on_next(session, actor, mark, asked, after=work.step.get("after", ""))
        passed, changed = passed + count, changed + more
        work.advance(session, passed, max(total, passed), passed=passed, changed=changed, after=after)
        return bool(after)

    is_stopped = not _in_name_of(work, account_id, membership_id, portion)
    changed = int(work.step.get("changed", 0))
    return (
        {"changed": changed, "is_stopped": True} if is_stopped else {"changed": changed, "people": work.step["passed"]}
    )


def _in_name_of(
    work: Work, account_id: str | None, membership_id: str | None, portion: Callable[[Session, Actor], bool]
) -> bool:
    """Carry portion after portion until one says that it was the last, in the name of somebody whose place is asked for
    anew before each; False where they have it no more, or may no longer do this. What was done stays."""
    asking = work.within(Scope.system("in whose name a job acts"))
    while True:
        with asking.reading() as session:
            actor = actor_of(session, account_id, membership_id) if account_id else None
        if actor is None:
            return False
        try:
            with work.within(reach(actor)).transaction() as session:
                goes_on = portion(session, actor)
        except (Forbidden, NotFound, Unauthenticated):
            return False
        if not goes_on:
            return True


@job(queue="bulk", long=True, attempts=3)
def make_file(work: Work, made_file_id: str) -> dict[str, Any]:
    """Write a file that somebody asked for, in their name, sealed from its first byte; what is half is never kept."""
    with work.reading() as session:
        asked = waiting_file(session, made_file_id)
    if asked is None:
        return {"file": made_file_id}
    with work.within(Scope.system("who asked for a file")).reading() as session:
        actor = actor_of(session, asked.account_id, asked.membership_id)
    kind = kind_of_file(asked.kind)
    try:
        if actor is None:
            raise not_found()
        theirs = work.within(reach(actor))
        with theirs.reading() as session:
            total = kind.allow(session, actor, asked.asked)
    except (Forbidden, NotFound, Unauthenticated):
        with work.transaction() as session:
            made_files.refuse_file(session, work.actor, made_file_id)
        return {"file": made_file_id, "is_refused": True}
    written = Written()
    with kept_sealed(written.by(theirs, actor, asked, total), SUFFIX) as stored, work.transaction() as session:
        made = FileMade(stored.name, stored.key or "", written.rows, stored.sha256, stored.size)
        if not made_files.keep_file(session, actor, asked, made):
            after_commit(session, partial(storage().delete, stored.name))
    return {"file": made_file_id, "rows": written.rows}


class Written:
    """How many lines of a file are written."""

    rows = 0

    def by(self, work: Work, actor: Actor, asked: FileAsked, total: int) -> Iterator[bytes]:
        """The content, portion by portion, each noted as progress of the job."""

        def note(done: int) -> None:
            self.rows = done
            with work.transaction() as session:
                work.advance(session, done, max(total, done))

        return kind_of_file(asked.kind).write(work.reading, actor, asked.asked, note)


@job(queue="default", every=timedelta(minutes=10))
def tell_decisions(session: Session, actor: Actor) -> None:
    """Write to people about decisions and answers, and to those who may answer an appeal about its days."""
    tell_people(session, actor)
    tell_deciders(session, actor)


@job(queue="default", every=timedelta(minutes=10))
def end_pauses(session: Session, actor: Actor) -> None:
    """Bring back whose pause was for a time that is over."""
    standing.end_pauses(session, actor)


@job(queue="urgent")
def confirm_address(session: Session, actor: Actor, account_id: str, address: str) -> None:
    """Mail the way by which somebody proves that they read what is sent to them."""
    send_confirmation(session, actor, account_id, lambda secret: address.replace("TOKEN", secret))
