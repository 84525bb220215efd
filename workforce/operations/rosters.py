"""Rosters: a file is read and shown line by line, and when somebody says so a job invites whom it names."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.crypto import BY_TENANT, place_of, seal, sealed_text
from kernel.db import expect_many, insert_later, now_of, write_later
from kernel.errors import Conflict
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor, Resource
from workforce.models import Pool, Roster, RosterLine
from workforce.operations.invitations import AddressOf, add_invitations, send_letters
from workforce.policy import Action, pool_resource
from workforce.queries.invitations import has_ended, invited_keys, letters_left, member_keys, roster_of
from workforce.rules.indexes import address_index
from workforce.rules.names import clean_file_name, email_key
from workforce.rules.rosters import check_lines, key_of
from workforce.values import CheckedLine, FileLine, Guest, RosterOutcome, RosterView

AT_ONCE = 100
JOB = "workforce.send_roster"
WAIT = timedelta(hours=1)


def pool_to_invite_into(session: Session, actor: Actor, pool_id: str) -> Pool:
    """The pool, for somebody who may invite into it; asked before a file is read for them."""
    pool = session.get(Pool, pool_id)
    if pool is None:
        raise guard.not_found()
    guard.require(session, actor, Action.PEOPLE_INVITE, pool_resource(pool))
    return pool


def keep_roster(session: Session, actor: Actor, pool_id: str, *, name: str, lines: Sequence[FileLine]) -> RosterView:
    """Keep what a roster says, so that it can be shown; nobody is invited by this."""
    pool = pool_to_invite_into(session, actor, pool_id)
    keys = {key for line in lines if (key := key_of(line))}
    checked = check_lines(lines, member_keys(session, pool.org_id, keys), invited_keys(session, pool.id, keys))
    roster = Roster(
        id=ids.new_id(), org_id=pool.org_id, pool_id=pool.id, name=clean_file_name(name), created_at=now_of(session),
        created_by=actor.account_id,
    )  # fmt: skip
    session.add(roster)
    session.flush()
    _keep_lines(session, roster, checked)
    audit.record(
        session, actor, "roster.read", "roster", roster.id, org_id=pool.org_id,
        details={"pool": pool.id, "lines": len(checked)},
    )  # fmt: skip
    found = roster_of(session, roster.id)
    assert found is not None
    return found


def send_roster(session: Session, actor: Actor, roster_id: str, *, address: str) -> str:
    """Have a job invite those whom the roster names and nobody invited yet; returns the job. `address` holds TOKEN in
    the place of each secret. Said twice, it is one job; once that has ended before its time, somebody may say it again.
    """
    roster = _held(session, actor, roster_id)
    if roster.job_id is not None and not has_ended(session, roster.job_id):
        return roster.job_id
    found = roster_of(session, roster_id)
    if found is None or not found.counts.get(RosterOutcome.INVITE):
        raise Conflict("roster.nobody", _("This roster names nobody who could be invited."))
    roster.sent_at = now_of(session)
    job_id = roster.job_id = _ask(session, actor, roster, address)
    session.flush()
    audit.record(session, actor, "roster.sent", "roster", roster.id, org_id=roster.org_id)
    return job_id


def drop_roster(session: Session, actor: Actor, roster_id: str) -> None:
    """Forget a roster with all that stood in it; whoever was invited by it stays invited."""
    roster = _held(session, actor, roster_id)
    forget_rosters(session, actor, [roster.id])
    audit.record(session, actor, "roster.dropped", "roster", roster.id, org_id=roster.org_id)


def forget_rosters(session: Session, actor: Actor, roster_ids: Collection[str]) -> None:
    """Remove what rosters say, and what their files were called."""
    for roster in session.scalars(select(Roster).where(Roster.id.in_(roster_ids))):
        roster.dropped_at, roster.name = now_of(session), ""
        session.execute(delete(RosterLine).where(RosterLine.roster_id == roster.id, RosterLine.org_id == roster.org_id))
    session.flush()


def invite_next(session: Session, actor: Actor, roster_id: str, address_of: AddressOf) -> int:
    """Invite the next of a roster, in the name of whoever sent it, who must still be allowed to; returns how many lines
    that were: none where the roster is done, or the vendor's letters of the day are sent."""
    roster = session.get(Roster, roster_id)
    if roster is None or roster.dropped_at is not None:
        return 0
    guard.require(session, actor, Action.PEOPLE_INVITE, Resource("roster", roster.id, org_id=roster.org_id))
    lines = session.scalars(
        select(RosterLine)
        .where(RosterLine.roster_id == roster_id, RosterLine.outcome == RosterOutcome.INVITE)
        .order_by(RosterLine.number)
        .limit(min(AT_ONCE, letters_left(session, roster.org_id)))
    ).all()
    if not lines:
        return 0
    pool = session.get_one(Pool, roster.pool_id)
    guests = {line.number: _guest(line) for line in lines if line.email_key is not None}
    members = member_keys(session, roster.org_id, {guest.email_key for guest in guests.values()})
    asked = [guest for guest in guests.values() if guest.email_key not in members]
    rows = add_invitations(session, actor, pool, asked)
    send_letters(session, actor, rows, pool, address_of)
    invited = {email_key(row.email) for row in rows}
    outcomes = _outcomes(guests, invited, members)
    # Whoever was erased meanwhile: nothing is left to write to.
    outcomes[RosterOutcome.WRONG] = [line.number for line in lines if line.number not in guests]
    for outcome, numbers in outcomes.items():
        session.execute(
            update(RosterLine)
            .where(RosterLine.roster_id == roster_id, RosterLine.number.in_(numbers))
            .values(outcome=outcome)
        )
    return len(lines)


def invite_later(session: Session, actor: Actor, roster_id: str, *, address: str) -> None:
    """Have another job go on with a roster of which lines are left, once letters may be sent again."""
    found = roster_of(session, roster_id)
    if found is None or not found.counts.get(RosterOutcome.INVITE):
        return
    roster = session.get_one(Roster, roster_id)
    roster.job_id = _ask(session, actor, roster, address, at=now_of(session) + WAIT)


def _ask(session: Session, actor: Actor, roster: Roster, address: str, at: datetime | None = None) -> str:
    """Have a job go on in somebody's name; two at once are kept apart by the lock on the roster."""
    job_id = enqueue(
        session, REGISTRY[JOB], actor=actor, org_id=roster.org_id, at=at, roster_id=roster.id, address=address,
        account_id=actor.account_id, membership_id=actor.membership_id,
    )  # fmt: skip
    assert job_id is not None
    return job_id


def _outcomes(guests: Mapping[int, Guest], invited: set[str], members: set[str]) -> dict[RosterOutcome, list[int]]:
    found: dict[RosterOutcome, list[int]] = {}
    for number, guest in guests.items():
        outcome = RosterOutcome.INVITED if guest.email_key in invited else RosterOutcome.KNOWN
        found.setdefault(RosterOutcome.MEMBER if guest.email_key in members else outcome, []).append(number)
    return found


def _keep_lines(session: Session, roster: Roster, checked: Iterable[CheckedLine]) -> None:
    expect_many(session)
    for line in checked:
        guest, cells, row_id = line.guest, line.cells, ids.new_id()
        name, note = (guest.name, guest.note) if guest else (cells.get("name"), cells.get("note"))
        told = [[column, message.to_json()] for column, message in line.faults]
        faults = json.dumps(told, ensure_ascii=False) if told else None
        email, key = guest.email if guest else cells.get("email", ""), key_of(FileLine(line.number, cells))
        insert_later(
            session, RosterLine,
            {
                "id": row_id, "org_id": roster.org_id, "roster_id": roster.id, "number": line.number,
                "email_sealed": seal(email, place_of("roster_line", "email_sealed", row_id, roster.org_id), BY_TENANT),
                "email_key": address_index(key) if key else None,
                "name_sealed": sealed_text(name, "roster_line", "name_sealed", row_id, roster.org_id),
                "locale_sealed": seal(
                    guest.locale if guest else cells.get("locale", "")[:35],
                    place_of("roster_line", "locale_sealed", row_id, roster.org_id), BY_TENANT,
                ),
                "note_sealed": sealed_text(note, "roster_line", "note_sealed", row_id, roster.org_id),
                "outcome": line.outcome.value,
                "faults_sealed": sealed_text(faults, "roster_line", "faults_sealed", row_id, roster.org_id),
            },
        )  # fmt: skip
    write_later(session)


def _guest(line: RosterLine) -> Guest:
    return Guest(line.email, email_key(line.email), line.name, line.locale, line.note)


def _held(session: Session, actor: Actor, roster_id: str) -> Roster:
    roster = session.get(Roster, roster_id)
    if roster is None or roster.dropped_at is not None:
        raise guard.not_found()
    guard.require(session, actor, Action.PEOPLE_INVITE, Resource("roster", roster.id, org_id=roster.org_id))
    session.refresh(roster, with_for_update=True)
    return roster
