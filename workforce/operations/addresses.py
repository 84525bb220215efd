"""E-mail addresses: proven by a letter to them, and changed only once the new one is; the old one is told."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids, mail
from kernel.changes import changed_rows
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.indexing import hold
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor
from workforce.letters import tell
from workforce.models import Account, AccountLink
from workforce.naming import call
from workforce.policy import Action, account_resource
from workforce.queries.accounts import find_account
from workforce.queries.sign_in import address_link
from workforce.rules import letters
from workforce.rules.names import clean_email, email_key

GOOD_FOR = timedelta(days=7)
KIND = "address"


def post_confirmation(session: Session, actor: Actor, account_id: str, address: str) -> None:
    """Have the letter sent after this transaction, which may be a tenant's: such secrets are the system's alone.

    `address` holds TOKEN in the place of the secret.
    """
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    enqueue(session, REGISTRY["workforce.confirm_address"], account_id=account_id, address=address)


def send_confirmation(session: Session, actor: Actor, account_id: str, address_of: Callable[[str], str]) -> None:
    """Mail the way by which an account's address is proven; nothing where it is proven already."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    account = _account(session, account_id)
    if account.email_confirmed_at is None and account.status == "active":
        _mail(session, account, account.email, letters.address_to_confirm, address_of)
        audit.record(session, actor, "account.confirmation_asked", "account", account.id, link=False)


def change_address(
    session: Session, actor: Actor, account_id: str, email: str, address_of: Callable[[str], str]
) -> None:
    """Mail the way to another address, which changes nothing until it is gone. Whether others have it is not told."""
    guard.require(session, actor, Action.ACCOUNT_SECURE, account_resource(account_id))
    account, email = _account(session, account_id), clean_email(email, "new_email")
    if email_key(email) == email_key(account.email):
        message = _("This is your address already.")
        raise Invalid("address.same", message, fields={"new_email": message})
    is_free = find_account(session, email) is None
    _mail(session, account, email, letters.address_to_change, address_of, is_sent=is_free)
    audit.record(session, actor, "account.address_asked", "account", account.id)


def confirm_address(session: Session, actor: Actor, secret: str) -> bool:
    """Take the mailed secret, which is used up, as proof of its address; returns whether that is a new one.

    A new address ends all sessions, and the old one is told.
    """
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    link, now = address_link(session, secret), now_of(session)
    spent = session.execute(
        update(AccountLink)
        .where(AccountLink.secret_hash == digest(secret), AccountLink.used_at.is_(None))
        .values(used_at=now)
    )
    if link is None or link.email is None or changed_rows(spent) != 1:
        raise Conflict("link.worthless", _("This address is used up or too old. Ask for another one."))
    account, owner = _account(session, link.account_id), Actor(link.account_id, None, None)
    is_new = email_key(link.email) != email_key(account.email)
    if is_new:
        tell(session, account, letters.address_changed())
        _replace(session, account, link.email)
    account.email_confirmed_at = now
    session.flush()
    audit.record(
        session, owner, "account.address_changed" if is_new else "account.address_confirmed", "account", account.id
    )
    return is_new


def _replace(session: Session, account: Account, email: str) -> None:
    taken = Conflict("account.email_taken", _("This address belongs to another account by now."))
    hold(session, [f"account|{email_key(email)}"])
    if find_account(session, email) is not None:  # also under a digest by another key, which no constraint compares
        raise taken
    call(session, account, email=email)
    account.auth_epoch += 1
    try:
        session.flush()
    except IntegrityError as cause:
        raise taken from cause


def _mail(
    session: Session, account: Account, email: str, text_of: Callable[[str, int], letters.Text],
    address_of: Callable[[str], str], *, is_sent: bool = True,
) -> None:  # fmt: skip
    secret = ids.new_secret(32)
    session.add(
        AccountLink(
            id=ids.new_id(), account_id=account.id, kind=KIND, email=email, secret_hash=digest(secret),
            epoch=account.auth_epoch, expires_at=now_of(session) + GOOD_FOR,
        )
    )  # fmt: skip
    text = text_of(address_of(secret), GOOD_FOR.days)
    mail.post(session, email if is_sent else None, text.subject_for(account.locale), text.text_for(account.locale))


def _account(session: Session, account_id: str) -> Account:
    account = session.get(Account, account_id)
    if account is None or account.status == "erased":
        raise guard.not_found()
    return account
