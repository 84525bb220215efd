"""Passwords of accounts: setting a new one, and renewing a hash that has become too cheap."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel import audit, guard
from kernel.policy import Actor
from workforce import hashing
from workforce.models import Account
from workforce.policy import Action, account_resource
from workforce.rules.passwords import ensure_strong, is_short


def set_password(session: Session, actor: Actor, account_id: str, new: str, *, check_strength: bool = True) -> None:
    """Change a password, which ends all sessions of the account. The caller has proven who they are before."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row = session.get(Account, account_id)
    if row is None or row.status == "erased":
        raise guard.not_found()
    if check_strength or not actor.is_system:
        new = ensure_strong(new, (row.email, row.name), is_only_factor=row.factor_since is None)
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


def renew_hash(session: Session, actor: Actor, account_id: str, password: str) -> bool:
    """Hash a password that was just found right once more, if its hash was made with other parameters than today's."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row = session.get(Account, account_id)
    if row is None or row.password_hash is None or not hashing.is_outdated(row.password_hash):
        return False
    row.password_hash = hashing.hash_password(password)
    session.flush()
    return True
