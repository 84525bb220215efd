"""Reads of passkeys, in the system's scope alone: one's own list, and which kinds of second factor an account has."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import guard
from kernel.db import now_of
from kernel.policy import PASSKEY, Actor, Decision, Demand, Reason, is_fresh
from workforce.models import Account, Passkey, TotpFactor
from workforce.policy import Action, account_resource
from workforce.rules import passkeys
from workforce.values import PasskeyView


def passkeys_of(session: Session, actor: Actor, account_id: str) -> list[PasskeyView]:
    """One's passkeys, the oldest first."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    return [passkey_view(row) for row in rows_of(session, account_id)]


def factor_kinds(session: Session, account_id: str) -> frozenset[str]:
    """Which second factors an account has: `totp`, `passkey`. Recovery codes go with either."""
    app = select(TotpFactor.id).where(TotpFactor.account_id == account_id, TotpFactor.confirmed_at.is_not(None))
    key = select(Passkey.id).where(Passkey.account_id == account_id).limit(1)
    return frozenset(kind for kind, there in (("totp", app), ("passkey", key)) if session.scalar(there))


def making_options(session: Session, actor: Actor, account_id: str, party: str, challenge: bytes) -> dict[str, Any]:
    """What the browser of somebody who adds a passkey is asked to make."""
    require_shown(session, actor, account_id)
    account = session.get_one(Account, account_id)
    known = [row.credential_id for row in rows_of(session, account_id)]
    return passkeys.making_options(
        party=party, challenge=challenge, account_id=account_id, email=account.email, name=account.name, known=known
    )


def require_shown(session: Session, actor: Actor, account_id: str) -> None:
    """Whoever adds a passkey is freshly proven, and by a passkey where they have one: a code may have been given to a
    false page, and would open by way of a passkey what codes do not open."""
    now = now_of(session)
    decision = guard.check(actor, Action.ACCOUNT_SECURE, account_resource(account_id), now)
    if decision.is_within_reach and rows_of(session, account_id) and not is_shown(actor, now):
        decision = Decision(False, (Reason.MFA_STALE,), demands=(Demand(Reason.MFA_STALE, False, source=PASSKEY),))
    if not decision.allow:
        raise guard.refusal(decision)


def is_shown(actor: Actor, now: datetime) -> bool:
    """Whether a passkey was shown as lately as a change of one's factors asks for a proof."""
    return is_fresh(replace(actor, proven_at=actor.passkey_at), Action.ACCOUNT_SECURE, None, now)


def using_options(session: Session, account_id: str | None, party: str, challenge: bytes) -> dict[str, Any]:
    """What a browser is asked to sign: with a key of the account, or with any that it knows for this domain."""
    rows = rows_of(session, account_id) if account_id else []
    known = [(row.credential_id, row.transports) for row in rows]
    return passkeys.using_options(party=party, challenge=challenge, known=known)


def rows_of(session: Session, account_id: str) -> list[Passkey]:
    """The rows of an account's passkeys, the oldest first."""
    return list(
        session.scalars(
            select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.created_at, Passkey.id)
        )
    )


def passkey_view(row: Passkey) -> PasskeyView:
    """A passkey as its person sees it."""
    return PasskeyView(row.id, row.name, row.created_at, row.last_used_at, row.doubted_at)
