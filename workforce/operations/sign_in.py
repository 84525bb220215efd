"""Passwords of accounts: setting a new one, by the old one or by a mailed address, and renewing a cheap hash."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids, mail
from kernel.changes import changed_rows
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor
from workforce import hashing
from workforce.letters import tell
from workforce.models import Account, AccountLink
from workforce.policy import Action, account_resource
from workforce.queries.accounts import find_account
from workforce.queries.sign_in import account_of_link
from workforce.rules import letters
from workforce.rules.passwords import ensure_strong, is_short

LINK_MINUTES = 30


def set_password(session: Session, actor: Actor, account_id: str, new: str, *, check_strength: bool = True) -> None:
    """Change a password, which ends all sessions of the account. The caller has proven who they are before."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row = session.get(Account, account_id)
    if row is None or row.status == "erased":
        raise guard.not_found()
    if check_strength or not actor.is_system:
        new = ensure_strong(new, (row.email, row.name), is_only_factor=row.factor_since is None)
    had_one = row.password_hash is not None
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(
            password_hash=hashing.hash_password(new),
            has_short_password=is_short(new) and check_strength,
            auth_epoch=Account.auth_epoch + 1,
        )
    )
    session.flush()
    audit.record(session, actor, "account.password_changed", "account", account_id)
    if had_one:
        tell(session, row, letters.password_changed())


def ask_new_password(session: Session, actor: Actor, email: str, address_of: Callable[[str], str]) -> None:
    """Mail the way to a new password to the address that the account has. For an unknown one the same work is done.

    The actor is the system, which answers for whoever has forgotten. `address_of` makes a secret an address.
    """
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    found = find_account(session, email)
    account = found if found and found.is_active else None
    secret, now = ids.new_secret(32), now_of(session)
    text = letters.new_password_asked(address_of(secret), LINK_MINUTES)
    if account is not None:
        session.add(
            AccountLink(
                id=ids.new_id(), account_id=account.id, kind="password", secret_hash=digest(secret),
                epoch=account.auth_epoch, expires_at=now + timedelta(minutes=LINK_MINUTES),
            )
        )  # fmt: skip
        audit.record(session, actor, "account.password_asked", "account", account.id, link=False)
    locale = account.locale if account else "en"
    mail.post(session, account.email if account else None, text.subject_for(locale), text.text_for(locale))


def set_password_by_link(session: Session, actor: Actor, secret: str, new: str) -> None:
    """Set the password with a mailed address, which is used up by it. A second factor stays."""
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    account_id = account_of_link(session, secret)
    spent = session.execute(
        update(AccountLink)
        .where(AccountLink.secret_hash == digest(secret), AccountLink.used_at.is_(None))
        .values(used_at=now_of(session))
    )
    if account_id is None or changed_rows(spent) != 1:
        raise Conflict("link.worthless", _("This address is used up or too old. Ask for another one."))
    set_password(session, Actor(account_id, None, None), account_id, new)
    # Whoever read the letter has proven the address by it.
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.email_confirmed_at.is_(None))
        .values(email_confirmed_at=now_of(session))
    )


def renew_hash(session: Session, actor: Actor, account_id: str, password: str) -> bool:
    """Hash a password that was just found right once more, if its hash was made with other parameters than today's."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row = session.get(Account, account_id)
    if row is None or row.password_hash is None or not hashing.is_outdated(row.password_hash):
        return False
    row.password_hash = hashing.hash_password(password)
    session.flush()
    return True
