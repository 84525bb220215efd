"""Who somebody is: by password, and by the secret of a token. Reads alone, for any scope."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.policy import Actor, Role
from workforce import hashing
from workforce.models import Account, AccountLink, AccountToken, Annotator, Membership, Organization
from workforce.queries.accounts import account_view, by_address
from workforce.rules.clearances import is_proven
from workforce.rules.names import email_key
from workforce.values import AccountView

TOKEN_PREFIX = "pph_"


def check_password(session: Session, email: str, password: str) -> AccountView | None:
    """The account, if the password is its own; None alike, and after the same work, for everything else."""
    row = _by_email(session, email)
    usable = row is not None and row.status == "active"
    is_right = hashing.is_right(row.password_hash if usable and row else None, password)
    return account_view(row) if row is not None and is_right else None


# Sent with every request of a program: written once, one statement for all that the request asks of its token.
_BEARERS = (
    select(AccountToken, Membership, Organization.kind, Account)
    .join(Membership, Membership.id == AccountToken.membership_id)
    .join(Organization, Organization.id == Membership.org_id)
    .join(Account, Account.id == AccountToken.account_id)
    .where(
        AccountToken.revoked_at.is_(None),
        AccountToken.expires_at > bindparam("p_now", type_=AccountToken.expires_at.type),
        Membership.ended_at.is_(None),
        Membership.account_id == AccountToken.account_id,
        Account.status != "erased",
    )
)
_BEARER = _BEARERS.where(AccountToken.secret_hash == bindparam("p_hash"))
_BEARER_BY_ID = _BEARERS.where(AccountToken.id == bindparam("p_id"))


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who acts with a token, whose account it is, and when its use was last noted."""

    actor: Actor
    account: AccountView
    last_used_at: datetime | None


def bearer_of_token(session: Session, secret: str) -> Bearer | None:
    """Who acts with this secret, now: only while token, membership and account all hold."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > 200:
        return None
    return _bearer(session.execute(_BEARER, {"p_hash": digest(secret), "p_now": now_of(session)}).first())


def bearer_of_token_id(session: Session, token_id: str) -> Bearer | None:
    """Who acts by this token, now; for what was handed out to it, and comes back without its secret."""
    return _bearer(session.execute(_BEARER_BY_ID, {"p_id": token_id, "p_now": now_of(session)}).first())


def _bearer(found: Any) -> Bearer | None:
    if found is None:
        return None
    token, membership, kind, account = found
    actor = Actor(
        account_id=token.account_id,
        org_id=membership.org_id,
        role=Role(membership.role),
        membership_id=membership.id,
        org_kind=kind,
        suspended=account.status != "active",
        session_ref=f"token:{token.id}",
        proven_at=token.proven_at,
        scopes=frozenset(token.scopes),
    )
    return Bearer(actor, account_view(account), token.last_used_at)


def actor_of_token(session: Session, secret: str) -> Actor | None:
    """The actor of `bearer_of_token`."""
    bearer = bearer_of_token(session, secret)
    return bearer.actor if bearer else None


def account_of_link(session: Session, secret: str) -> str | None:
    """Whose password a mailed address sets, while it is good: unused, in time, and with nothing changed since."""
    row = session.execute(
        select(AccountLink.account_id)
        .join(Account, Account.id == AccountLink.account_id)
        .where(
            AccountLink.secret_hash == digest(secret),
            AccountLink.kind == "password",
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > now_of(session),
            AccountLink.epoch == Account.auth_epoch,
            Account.status == "active",
        )
    ).first()
    return row.account_id if row else None


def residences_of(session: Session, account_id: str) -> frozenset[str]:
    """The countries in which a person lives, of their profiles whose identity is verified now."""
    rows = session.execute(
        select(Annotator.country, Annotator.identity_verified_at).where(
            Annotator.account_id == account_id, Annotator.country.is_not(None)
        )
    )
    now = now_of(session)
    return frozenset(row.country for row in rows if is_proven(row.identity_verified_at, now))


def address_link(session: Session, secret: str) -> AccountLink | None:
    """What a mailed address confirms, while it is good: unused, in time, and with nothing changed since."""
    return session.scalars(
        select(AccountLink)
        .join(Account, Account.id == AccountLink.account_id)
        .where(
            AccountLink.secret_hash == digest(secret),
            AccountLink.kind == "address",
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > now_of(session),
            AccountLink.epoch == Account.auth_epoch,
            Account.status == "active",
        )
    ).one_or_none()


def _by_email(session: Session, email: str) -> Account | None:
    try:
        key = email_key(email)
    except Invalid:
        return None
    return session.scalars(by_address(key)).first()
