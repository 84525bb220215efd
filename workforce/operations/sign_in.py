"""Proving who one is: checking a password, and setting a new one."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel import audit, guard
from kernel.errors import Invalid
from kernel.policy import Actor
from workforce.models import Account
from workforce.operations import passwords
from workforce.policy import Action, account_resource
from workforce.queries.accounts import account_view
from workforce.rules.names import email_key
from workforce.rules.passwords import ensure_strong
from workforce.values import AccountView


def check_password(session: Session, email: str, password: str) -> AccountView | None:
    """The account, if the password is its own; None alike, and after the same work, for everything else."""
    row = _by_email(session, email)
    usable = row is not None and row.status == "active"
    is_right = passwords.is_right(row.password_hash if usable and row else None, password)
    if row is None or not is_right:
        return None
    if session.info["writes"] and row.password_hash and passwords.is_outdated(row.password_hash):
        row.password_hash = passwords.hash_password(password)
        session.flush()
    return account_view(row)


def set_password(session: Session, actor: Actor, account_id: str, new: str, *, check_strength: bool = True) -> None:
    """Change a password, which ends all sessions of the account. The caller has proven who they are before."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row = session.get(Account, account_id)
    if row is None or row.status == "erased":
        raise guard.not_found()
    if check_strength or not actor.is_system:
        new = ensure_strong(new, (row.email, row.name))
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(password_hash=passwords.hash_password(new), auth_epoch=Account.auth_epoch + 1)
    )
    session.flush()
    audit.record(session, actor, "account.password_changed", "account", account_id)


def _by_email(session: Session, email: str) -> Account | None:
    try:
        key = email_key(email)
    except Invalid:
        return None
    return session.scalars(select(Account).where(Account.email_key == key)).one_or_none()
