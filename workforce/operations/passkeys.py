"""Passkeys: adding one, being proven by one, taking one off."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor, Role
from workforce.letters import tell
from workforce.models import Account, Membership, Passkey
from workforce.operations.factors import new_codes, own_account, take_off
from workforce.policy import Action, account_resource
from workforce.queries.passkeys import factor_kinds, passkey_view, require_shown, rows_of
from workforce.rules import letters, passkeys
from workforce.rules.names import clean_text
from workforce.values import PasskeyView


def add_passkey(
    session: Session, actor: Actor, account_id: str, *, name: str, sent: str, party: str, origin: str, challenge: bytes
) -> tuple[PasskeyView, list[str]]:
    """Keep a new passkey; with the first factor of an account come recovery codes, which nobody can read again."""
    require_shown(session, actor, account_id)
    account = own_account(session, actor, account_id)
    name = clean_text(name, "name", 60)
    made = passkeys.read_made(sent, party=party, origin=origin, challenge=challenge)
    if made is None:
        raise Invalid(
            "passkey.refused", _("What the browser sent is not right, so that no passkey was added. Try again.")
        )
    if len(rows_of(session, account_id)) >= passkeys.MOST:
        raise Conflict("passkey.many", _("You have as many passkeys as fit. Remove one first."))
    now = now_of(session)
    row = Passkey(
        id=ids.new_id(), account_id=account_id, name=name, credential_id=made.credential_id,
        credential_hash=digest(made.credential_id), public_key=made.public_key, sign_count=made.sign_count,
        transports=list(made.transports), created_at=now, last_used_at=None, doubted_at=None,
    )  # fmt: skip
    session.add(row)
    try:
        session.flush()
    except IntegrityError as cause:
        raise Conflict("passkey.there", _("This passkey is known already.")) from cause
    codes = []
    if account.factor_since is None:
        account.factor_since = now
        codes = new_codes(session, account_id, now)
        session.flush()
    tell(session, account, letters.passkey_added(name))
    audit.record(session, actor, "passkey.added", "account", account_id, details={"passkey": row.id})
    return passkey_view(row), codes


def prove_passkey(
    session: Session, actor: Actor, *, sent: str, party: str, origin: str, challenge: bytes
) -> str | None:
    """Whose passkey has signed the challenge, if everything is right; of somebody who is known, only one of their own.

    A counter that went back is that of a copy: it is refused, and the person is told. The caller counts the tries.
    """
    account_id = actor.account_id
    shown = passkeys.read_shown(sent)
    row = _by_credential(session, shown.credential_id) if shown else None
    owner = shown.owner if shown else None  # of whoever signs in by a passkey alone; else many devices do not say it
    if row is None or row.account_id != (account_id or owner) or owner not in (None, row.account_id):
        _refused(session, account_id)
        return None
    account = session.get_one(Account, row.account_id)
    count = passkeys.count_of(sent, party=party, origin=origin, challenge=challenge, public_key=row.public_key)
    if count is None or account.status != "active":
        _refused(session, row.account_id)
        return None
    now = now_of(session)
    if not passkeys.goes_on(row.sign_count, count) or not _move_count(session, row, count, now):
        row.doubted_at = now
        session.flush()
        tell(session, account, letters.passkey_doubted(row.name))
        audit.record(
            session, _self(account.id), "passkey.counter_back", "account", account.id, outcome="denied",
            details={"passkey": row.id, "known": row.sign_count, "shown": count},
        )  # fmt: skip
        return None
    return account.id


def remove_passkey(session: Session, actor: Actor, passkey_id: str) -> None:
    """Take a passkey off; the last second factor of somebody who sees what is others' stays."""
    row = session.get(Passkey, passkey_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.ACCOUNT_SECURE, account_resource(row.account_id))
    account = own_account(session, actor, row.account_id)  # locked: of two removals at once, one sees the other
    session.refresh(account, with_for_update=True)
    rows = rows_of(session, account.id)
    if row not in rows:
        raise guard.not_found()
    is_last = len(rows) == 1 and "totp" not in factor_kinds(session, account.id)
    if is_last and _is_staff(session, account.id):
        raise Conflict(
            "passkey.last", _("This is your only second factor, and your role asks for one. Add another one first.")
        )
    name = row.name
    session.delete(row)
    session.flush()
    if is_last:
        take_off(session, account)
    tell(session, account, letters.passkey_removed(name))
    audit.record(session, actor, "passkey.removed", "account", account.id, details={"passkey": passkey_id})


def _by_credential(session: Session, credential_id: str) -> Passkey | None:
    return session.scalars(select(Passkey).where(Passkey.credential_hash == digest(credential_id))).one_or_none()


def _move_count(session: Session, row: Passkey, count: int, now: datetime) -> bool:
    """Whether nobody else moved the counter meanwhile: of two requests with one count, one gets in."""
    moved = session.execute(
        update(Passkey)
        .where(Passkey.id == row.id, Passkey.sign_count == row.sign_count)
        .values(sign_count=count, last_used_at=now)
    )
    return changed_rows(moved) == 1


def _is_staff(session: Session, account_id: str) -> bool:
    roles = select(Membership.role).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    return any(role != Role.ANNOTATOR.value for role in session.scalars(roles))


def _refused(session: Session, account_id: str | None) -> None:
    audit.record(session, _self(account_id), "passkey.refused", "account", account_id, outcome="denied", link=False)


def _self(account_id: str | None) -> Actor:
    return Actor(account_id, None, None)
