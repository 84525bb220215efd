"""How people are called and written to, which is sealed, and by what they are found all the same."""

from sqlalchemy import delete, inspect
from sqlalchemy.orm import Session

from kernel.db import insert_later
from workforce.models import Account, NamePart
from workforce.rules.indexes import address_index, name_numbers
from workforce.rules.names import email_key


def call(session: Session, account: Account, *, name: str | None = None, email: str | None = None) -> None:
    """Give somebody a name, an address, or both, by which they are found from then on."""
    if name is not None:
        account.name = name
    if email is not None:
        account.email = email
    find_again(session, account)


def find_again(session: Session, account: Account) -> None:
    """Have somebody found by the name and the address that they have, and by no other; by no name, once they were
    erased. All of it by one key, which the digest of the address tells."""
    account.email_key = address_index(email_key(account.email))
    if not inspect(account).pending and not inspect(account).transient:
        session.execute(delete(NamePart).where(NamePart.account_id == account.id))
    for part in name_numbers(account.name) if account.status != "erased" else ():
        insert_later(session, NamePart, {"part": part, "account_id": account.id})
