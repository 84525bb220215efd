"""What follows on a commit about people: letters to many, and letters whose addresses are the system's to make."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel.jobs import Work, job
from kernel.policy import Actor
from workforce.operations.addresses import send_confirmation
from workforce.operations.rosters import invite_later, invite_next
from workforce.operations.telling import tell_deciders, tell_people
from workforce.queries.invitations import roster_of
from workforce.values import RosterOutcome


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


@job(queue="default", every=timedelta(minutes=10))
def tell_decisions(session: Session, actor: Actor) -> None:
    """Write to people about decisions and answers, and to those who may answer an appeal about its days."""
    tell_people(session, actor)
    tell_deciders(session, actor)


@job(queue="urgent")
def confirm_address(session: Session, actor: Actor, account_id: str, address: str) -> None:
    """Mail the way by which somebody proves that they read what is sent to them."""
    send_confirmation(session, actor, account_id, lambda secret: address.replace("TOKEN", secret))
