"""What follows on a commit about people: letters to many, files of many, and letters whose addresses are the system's
to make."""

from collections.abc import Iterator
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
def send_roster(work: Work, roster_id: str, address: str) -> dict[str, Any]:
    """Invite whom a roster names, so many at a time; what was invited stays when it is carried again."""
    with work.reading() as session:
        roster = roster_of(session, roster_id)
    left = roster.counts.get(RosterOutcome.INVITE, 0) if roster else 0
    done = int(work.step.get("sent", 0))
    total = done + left
    while True:
        with work.transaction() as session:
            count = invite_next(session, work.actor, roster_id, lambda secret: address.replace("TOKEN", secret))
            done += count
            if not count and not work.step.get("is_over"):
                invite_later(session, work.actor, roster_id, address=address)
            work.advance(session, done, total, sent=done, is_over=not count)
        if not count:
            return {"roster": roster_id, "invited": done}


@job(queue="bulk", long=True)
def act_on_people(
    work: Work, account_id: str, membership_id: str | None, mark: str, total: int, asked: str
) -> dict[str, Any]:
    """Do to all who fit a filter what somebody asked for, in their name, as long as they may; nobody twice."""
    with work.within(Scope.system("who asked for an act on many")).reading() as session:
        actor = actor_of(session, account_id, membership_id)
    if actor is None:
        return {"changed": int(work.step.get("changed", 0)), "is_stopped": True}
    work = work.within(reach(actor))
    while True:
        passed, changed = int(work.step.get("passed", 0)), int(work.step.get("changed", 0))
        try:
            with work.transaction() as session:
                count, more, after = act_on_next(session, actor, mark, asked, after=work.step.get("after", ""))
                passed, changed = passed + count, changed + more
                work.advance(session, passed, max(total, passed), passed=passed, changed=changed, after=after)
        except (Forbidden, NotFound):  # they may no longer do it: what was done stays, and stands in the log
            return {"changed": int(work.step.get("changed", 0)), "is_stopped": True}
        if not after:
            return {"changed": changed, "people": passed}


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
