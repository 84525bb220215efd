"""Invitations: an address is asked into a pool by a letter that works once, may be taken back, and is accepted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from i18n.negotiation import negotiate
from kernel import audit, guard, ids, mail
from kernel.changes import changed_rows
from kernel.crypto import digest, sealed_text
from kernel.db import insert_new, now_of
from kernel.errors import Conflict, Forbidden
from kernel.indexing import hold
from kernel.policy import Actor, Reason, Resource, system_actor
from workforce.models import Account, Annotator, Invitation, Organization, Pool
from workforce.operations.accounts import create_account
from workforce.operations.applying import apply_with_signatures, ensure_complete
from workforce.operations.standing import move
from workforce.policy import Action, pool_resource
from workforce.queries.accounts import find_account
from workforce.queries.invitations import invitation_view, invited_keys, member_keys, state_of
from workforce.rules import letters
from workforce.rules.indexes import address_index
from workforce.rules.profiles import Stated
from workforce.rules.rosters import clean_guest
from workforce.values import Guest, InvitationState, InvitationView, Standing

GOOD_FOR = timedelta(days=14)
MOST_LETTERS = 5  # to one address for one invitation
BETWEEN_LETTERS = timedelta(hours=1)
MOST_IN_FILE = 100_000

AddressOf = Callable[[str], str]


def invite(
    session: Session, actor: Actor, *, pool_id: str, email: str, locale: str, name: str | None = None,
    note: str | None = None, address_of: AddressOf,
) -> InvitationView:  # fmt: skip
    """Ask somebody into a pool by a letter in their language. `address_of` makes a secret an address."""
    pool = _pool(session, actor, pool_id)
    guest = clean_guest(email=email, locale=locale, name=name, note=note)
    if member_keys(session, pool.org_id, [guest.email_key]):
        raise Conflict("invitation.member", _("This person is with you already."), field="email")
    rows = add_invitations(session, actor, pool, [guest])
    if not rows:  # also where somebody else is doing the same at this moment
        message = _("This address was invited into this pool before. Send that invitation again in place of another.")
        raise Conflict("invitation.exists", message, field="email")
    send_letters(session, actor, rows, pool, address_of)
    return invitation_view(rows[0], now_of(session))


def add_invitations(session: Session, actor: Actor, pool: Pool, guests: Sequence[Guest]) -> list[Invitation]:
    """The rows of those who were not invited into the pool before; whoever was is left out."""
    now, keys = now_of(session), [guest.email_key for guest in guests]
    hold(session, [f"invitation|{pool.id}|{key}" for key in keys])
    before = invited_keys(session, pool.id, keys)
    rows = [
        {
            "id": row_id, "org_id": pool.org_id, "pool_id": pool.id, "locale": guest.locale, "created_at": now,
            "invited_by": actor.account_id, "email_key": address_index(guest.email_key),
            "email_sealed": sealed_text(guest.email, "invitation", "email_sealed", row_id, pool.org_id),
            "name_sealed": sealed_text(guest.name, "invitation", "name_sealed", row_id, pool.org_id),
            "note_sealed": sealed_text(guest.note, "invitation", "note_sealed", row_id, pool.org_id),
            "sent_times": 0,
        }
        for row_id, guest in ((ids.new_id(), guest) for guest in guests if guest.email_key not in before)
    ]  # fmt: skip
    new = insert_new(session, Invitation, rows, ["org_id", "pool_id", "email_key"])
    return list(session.scalars(select(Invitation).where(Invitation.id.in_(new)).order_by(Invitation.id)))


def send_letters(session: Session, actor: Actor, rows: Sequence[Invitation], pool: Pool, address_of: AddressOf) -> None:
    """Mail another secret to each invited address; the one before it is worth nothing any more."""
    vendor, now = session.get_one(Organization, pool.org_id), now_of(session)
    written: list[tuple[str, str, str]] = []
    for row in rows:
        secret = ids.new_secret(32)
        row.secret_hash, row.sent_at, row.sent_times = digest(secret), now, row.sent_times + 1
        row.expires_at = now + GOOD_FOR
        text = letters.invited(vendor.name, pool.name, row.note, address_of(secret), GOOD_FOR.days)
        reader = negotiate([row.locale])
        written.append((row.email, text.subject_for(reader), text.text_for(reader)))
        audit.record(
            session, actor, "person.invited", "invitation", row.id, org_id=row.org_id,
            details={"pool": pool.id, "letter": row.sent_times},
        )  # fmt: skip
    if len(written) == 1:  # somebody waits for it
        mail.post(session, *written[0])
    else:
        mail.post_many(session, written)


def send_again(session: Session, actor: Actor, invitation_id: str, *, address_of: AddressOf) -> InvitationView:
    """Mail an invitation once more, also one that has expired or was taken back; not to somebody who accepted."""
    row = _held(session, actor, invitation_id)
    now = now_of(session)
    if row.accepted_at is not None:
        raise Conflict("invitation.accepted", _("This invitation was accepted already."))
    if row.sent_times >= MOST_LETTERS or (row.sent_at is not None and row.sent_at > now - BETWEEN_LETTERS):
        message = _(
            "At most %(most)s letters are sent for an invitation, with an hour between them.", most=MOST_LETTERS
        )
        raise Conflict("invitation.too_often", message)
    row.revoked_at = None
    send_letters(session, actor, [row], session.get_one(Pool, row.pool_id), address_of)
    session.flush()
    return invitation_view(row, now)


def revoke_invitation(session: Session, actor: Actor, invitation_id: str) -> InvitationView:
    """Take an invitation back: its address is worth nothing from now on."""
    row = _held(session, actor, invitation_id)
    if row.accepted_at is not None:
        message = _("This invitation was accepted already. Change the standing of the person instead.")
        raise Conflict("invitation.accepted", message)
    if row.revoked_at is None:
        row.revoked_at = now_of(session)
        session.flush()
        audit.record(session, actor, "invitation.revoked", "invitation", row.id, org_id=row.org_id)
    return invitation_view(row, now_of(session))


def accept_invitation(
    session: Session, actor: Actor, secret: str, *, name: str | None = None, password: str | None = None, locale: str,
    time_zone: str, languages: Sequence[Stated], signatures: Mapping[str, str], network: str, **stated: Any,
) -> tuple[str, str]:  # fmt: skip
    """Come into the pool by a mailed secret, which is used up, in the scope of the vendor; all of it or nothing.

    Whoever has no account gets one with the invited address, which the secret proves. Those who were invited are
    admitted by it, for a vendor has decided to; nobody admits themselves. Returns the account and its membership.
    """
    row = _spend(session, secret)
    account_id = _account_for(session, actor, row, name, password, locale, time_zone)
    ensure_complete(session, row.org_id, signatures)
    membership_id = apply_with_signatures(
        session, Actor(account_id, None, None), pool_id=row.pool_id, languages=languages, signatures=signatures,
        network=network, time_zone=time_zone, is_invited=True, **stated,
    )  # fmt: skip
    person = session.scalars(
        select(Annotator).where(Annotator.account_id == account_id, Annotator.org_id == row.org_id)
    ).one()
    row.annotator_id = person.id
    session.flush()
    inviter = system_actor("invitation", row.org_id)
    audit.record(session, inviter, "invitation.accepted", "invitation", row.id, org_id=row.org_id,
                 details={"annotator": person.id})  # fmt: skip
    if row.invited_by != account_id:
        move(
            session, inviter, person, Standing.ACTIVE, "admitted", admitted_at=now_of(session),
            admitted_by=row.invited_by,
        )  # fmt: skip
    return account_id, membership_id


def _spend(session: Session, secret: str) -> Invitation:
    """Use the secret up; of two at once only one gets in. Raises Conflict that says why it does not work."""
    now = now_of(session)
    spent = session.execute(
        update(Invitation)
        .where(
            Invitation.secret_hash == digest(secret), Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None), Invitation.expires_at > now,
        )
        .values(accepted_at=now)
    )  # fmt: skip
    row = session.scalars(select(Invitation).where(Invitation.secret_hash == digest(secret))).one_or_none()
    if row is None:
        raise Conflict("invitation.unknown", UNKNOWN)
    if changed_rows(spent) != 1:
        raise Conflict("invitation.worthless", WORTHLESS[state_of(row, now)])
    session.refresh(row)
    return row


UNKNOWN = _("This address belongs to no invitation. A newer letter may have taken its place.")
WORTHLESS = {
    InvitationState.ACCEPTED: _("This invitation was accepted already. Sign in with the account that accepted it."),
    InvitationState.REVOKED: _("The vendor has taken this invitation back."),
    InvitationState.EXPIRED: _("This invitation has expired. Ask the vendor to send it again."),
    InvitationState.WAITING: _("This invitation has expired. Ask the vendor to send it again."),
}


def _account_for(
    session: Session, actor: Actor, row: Invitation, name: str | None, password: str | None, locale: str, time_zone: str
) -> str:
    known = find_account(session, row.email)
    if actor.account_id is not None:
        if known is None or known.id != actor.account_id:
            message = _("This invitation is for another address than that of your account.")
            raise Forbidden(f"not_allowed.{Reason.NOT_YOURS.value.lower()}", message)
        confirm(session, actor.account_id, now_of(session))
        return actor.account_id
    if known is not None:
        raise Conflict("invitation.sign_in", _("There is an account with this address. Sign in with it first."))
    account = create_account(
        session, system_actor("invitation"), email=row.email, name=name or "", password=password or "", locale=locale,
        time_zone=time_zone, is_confirmed=True,
    )  # fmt: skip
    return account.id


def confirm(session: Session, account_id: str, now: datetime) -> None:
    """Note that the owner of an account reads what is sent to its address."""
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.email_confirmed_at.is_(None))
        .values(email_confirmed_at=now)
    )


def _pool(session: Session, actor: Actor, pool_id: str) -> Pool:
    pool = session.get(Pool, pool_id)
    if pool is None:
        raise guard.not_found()
    guard.require(session, actor, Action.PEOPLE_INVITE, pool_resource(pool))
    return pool


def _held(session: Session, actor: Actor, invitation_id: str) -> Invitation:
    """The invitation, which nobody else changes meanwhile."""
    row = session.get(Invitation, invitation_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.PEOPLE_INVITE, Resource("invitation", row.id, org_id=row.org_id))
    session.refresh(row, with_for_update=True)
    return row
