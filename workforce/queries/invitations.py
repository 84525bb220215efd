"""Reads of invitations and rosters."""

import json
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from i18n import Message
from kernel.crypto import digest
from kernel.db import now_of
from kernel.indexing import Index
from kernel.jobs import progress
from kernel.paging import Paging
from workforce.models import Account, Annotator, Invitation, Roster, RosterLine
from workforce.rules.indexes import address_indexes
from workforce.rules.names import email_key
from workforce.rules.rosters import MOST_LETTERS_A_DAY
from workforce.values import (
    InvitationState,
    InvitationView,
    RosterLineView,
    RosterOutcome,
    RosterView,
    Standing,
)

MOST_ROWS = 200
_AT_ONCE = 500
_BY_ID = Paging("invitations", Invitation.id)
_BY_NUMBER = Paging("roster_lines", RosterLine.number)
_NEWEST = Paging("rosters", Roster.created_at, Roster.id, newest_first=True)
# Those whom an invitation would not bring in, for they are here already.
_HERE = (Standing.APPLIED, Standing.ACTIVE, Standing.PAUSED, Standing.SUSPENDED)


def invitations(
    session: Session, *, pool_id: str | None = None, state: InvitationState | None = None, address: str = "",
    after: str | None = None, limit: int = 50,
) -> tuple[list[InvitationView], str | None]:  # fmt: skip
    """Invitations of the scope, by pool, by how they stand, and by a whole address."""
    limit, now = min(limit, MOST_ROWS), now_of(session)
    statement = select(Invitation).where(*_BY_ID.after(after)).order_by(*_BY_ID.order()).limit(limit + 1)
    if pool_id:
        statement = statement.where(Invitation.pool_id == pool_id)
    if state:
        statement = statement.where(_stands(state, now))
    if address.strip():
        statement = statement.where(Invitation.email_key.in_(address_indexes([email_key(address, "address")])))
    rows, next_after = _BY_ID.cut(session.scalars(statement).all(), limit)
    return [invitation_view(row, now) for row in rows], next_after


def letters_left(session: Session, org_id: str) -> int:
    """To how many more invitations of a vendor a letter may be sent today, by the letters of the last 24 hours."""
    since = now_of(session) - timedelta(days=1)
    sent = select(func.count(Invitation.id)).where(Invitation.org_id == org_id, Invitation.sent_at > since)
    return max(MOST_LETTERS_A_DAY - (session.scalar(sent) or 0), 0)


def invitation_by_id(session: Session, invitation_id: str) -> InvitationView | None:
    """One invitation that the scope sees."""
    row = session.get(Invitation, invitation_id)
    return invitation_view(row, now_of(session)) if row else None


def invitation_by_secret(session: Session, secret: str) -> InvitationView | None:
    """The invitation that a mailed address belongs to, however it stands."""
    row = session.scalars(select(Invitation).where(Invitation.secret_hash == digest(secret))).one_or_none()
    return invitation_view(row, now_of(session)) if row else None


def count_invitations(session: Session, pool_id: str | None = None) -> dict[InvitationState, int]:
    """How many invitations stand how."""
    now = now_of(session)
    counts = select(*(func.count().filter(_stands(state, now)) for state in InvitationState)).select_from(Invitation)
    row = session.execute(counts.where(Invitation.pool_id == pool_id) if pool_id else counts).one()
    return dict(zip(InvitationState, row, strict=True))


def roster_of(session: Session, roster_id: str) -> RosterView | None:
    """A roster that was not dropped, with how many of its lines have which outcome."""
    row = session.get(Roster, roster_id)
    if row is None or row.dropped_at is not None:
        return None
    counts = session.execute(
        select(RosterLine.outcome, func.count()).where(RosterLine.roster_id == roster_id).group_by(RosterLine.outcome)
    )
    return roster_view(row, {RosterOutcome(outcome): count for outcome, count in counts})


def has_ended(session: Session, job_id: str) -> bool:
    """Whether a roster's job goes on no more: it is through, failed, or was not allowed to go on."""
    found = progress(session, job_id)
    return found is None or found.state in ("done", "dead")


def is_stopped(session: Session, roster: RosterView) -> bool:
    """Whether a roster that was sent names people still, whom nothing invites any more."""
    is_left = roster.counts.get(RosterOutcome.INVITE, 0) > 0
    return is_left and roster.job_id is not None and has_ended(session, roster.job_id)


def rosters(session: Session, *, after: str | None = None, limit: int = 20) -> tuple[list[RosterView], str | None]:
    """Rosters that were not dropped, the newest first, without their counts."""
    statement = select(Roster).where(Roster.dropped_at.is_(None), *_NEWEST.after(after)).order_by(*_NEWEST.order())
    rows, next_after = _NEWEST.cut(session.scalars(statement.limit(limit + 1)).all(), limit)
    return [roster_view(row, {}) for row in rows], next_after


def roster_lines(
    session: Session, roster_id: str, *, outcome: RosterOutcome | None = None, after: str | None = None,
    limit: int = 100,
) -> tuple[list[RosterLineView], str | None]:  # fmt: skip
    """Lines of a roster in the order of the file."""
    limit = min(limit, MOST_ROWS)
    statement = (
        select(RosterLine)
        .where(RosterLine.roster_id == roster_id, *_BY_NUMBER.after(after))
        .order_by(*_BY_NUMBER.order())
        .limit(limit + 1)
    )
    if outcome:
        statement = statement.where(RosterLine.outcome == outcome)
    rows, next_after = _BY_NUMBER.cut(session.scalars(statement).all(), limit)
    return [roster_line_view(row) for row in rows], next_after


def member_keys(session: Session, org_id: str, keys: Collection[str]) -> set[str]:
    """Which of these addresses belong to people whom the vendor has."""
    statement = (
        select(Account.email)
        .join(Annotator, Annotator.account_id == Account.id)
        .where(Annotator.org_id == org_id, Annotator.status.in_(_HERE))
    )
    return _found(session, keys, lambda part: statement.where(Account.email_key.in_(part)))


def invited_keys(session: Session, pool_id: str, keys: Collection[str]) -> set[str]:
    """Which of these addresses were invited into a pool before, whatever became of it."""
    statement = select(Invitation.email).where(Invitation.pool_id == pool_id)
    return _found(session, keys, lambda part: statement.where(Invitation.email_key.in_(part)))


def invitation_view(row: Invitation, now: datetime) -> InvitationView:
    return InvitationView(
        row.id, row.org_id, row.pool_id, row.email, row.name, row.locale, row.note, state_of(row, now), row.created_at,
        row.sent_at, row.sent_times, row.expires_at, row.accepted_at, row.annotator_id,
    )  # fmt: skip


def state_of(row: Invitation, now: datetime) -> InvitationState:
    """How an invitation stands at a time."""
    if row.accepted_at is not None:
        return InvitationState.ACCEPTED
    if row.revoked_at is not None:
        return InvitationState.REVOKED
    is_over = row.expires_at is not None and row.expires_at <= now
    return InvitationState.EXPIRED if is_over else InvitationState.WAITING


def _stands(state: InvitationState, now: datetime) -> ColumnElement[bool]:
    """The same of many."""
    if state is InvitationState.ACCEPTED:
        return Invitation.accepted_at.is_not(None)
    open_ = Invitation.accepted_at.is_(None)
    if state is InvitationState.REVOKED:
        return and_(open_, Invitation.revoked_at.is_not(None))
    waits = Invitation.expires_at.is_(None) | (Invitation.expires_at > now)
    return and_(
        open_,
        Invitation.revoked_at.is_(None),
        waits if state is InvitationState.WAITING else Invitation.expires_at <= now,
    )


def roster_view(row: Roster, counts: dict[RosterOutcome, int]) -> RosterView:
    return RosterView(row.id, row.org_id, row.pool_id, row.name, row.created_at, row.sent_at, row.job_id, counts)


def roster_line_view(row: RosterLine) -> RosterLineView:
    faults = tuple((column, Message.from_json(told)) for column, told in json.loads(row.faults or "[]"))
    return RosterLineView(
        row.number, row.email, row.name or "", row.locale, row.note or "", RosterOutcome(row.outcome), faults
    )


def _found(session: Session, keys: Collection[str], having: Callable[[list[Index]], Select[Any]]) -> set[str]:
    """Those of the keys whose indexes are among what is selected: sealed addresses, which say which they are."""
    every = sorted(set(keys))
    found: set[str] = set()
    for start in range(0, len(every), _AT_ONCE):
        part = address_indexes(every[start : start + _AT_ONCE])
        found |= {email_key(email) for email in session.scalars(having(part))}
    return found
