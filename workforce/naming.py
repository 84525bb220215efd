"""How people are called, which is sealed, and by what they are found all the same."""

from sqlalchemy import delete, inspect
from sqlalchemy.orm import Session

from kernel.db import insert_later
from workforce.models import Account, NamePart
from workforce.rules.indexes import name_numbers


def call(session: Session, account: Account, name: str) -> None:
    """Give somebody a name, by which they are found from then on."""
    account.name = name
    find_by_name(session, account)


def find_by_name(session: Session, account: Account) -> None:
    """Have somebody found by the name that they have, and by no other one; by none, once they were erased."""
    if not inspect(account).pending:
        session.execute(delete(NamePart).where(NamePart.account_id == account.id))
    for part in name_numbers(account.name) if account.status != "erased" else ():
        insert_later(session, NamePart, {"part": part, "account_id": account.id})
