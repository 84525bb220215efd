"""Posting: transfers are added here and nowhere else, and the balances of persons move with them.

A transfer debits one account and credits another of the same organization and currency, so that an unbalanced entry
cannot be written down. Nothing is ever changed: a mistake is answered by a further transfer.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import ids
from kernel.db import insert_ignoring, now_of
from kernel.errors import Conflict, Misuse
from kernel.hot import Hot, table_of
from payouts.models import LedgerAccount, Transfer
from payouts.values import PERSONAL, Book, Code, Entry, Kind

_AT_ONCE = 500


def post(
    session: Session, *, cause: tuple[str, str], code: Code, debit: Book, credit: Book, micros: int, currency: str,
    memo: dict[str, Any], reason: str = "", reverses_id: str | None = None,
) -> str:  # fmt: skip
    """Move money for a cause, once; returns the transfer's id, the first one's when it was posted before.

    Raises Conflict when a person's account does not hold the amount, Misuse when the cause moved other money before.
    """
    entry = Entry(cause, code, debit, credit, micros, currency, memo, reason, reverses_id)
    before = _posted(session, entry)
    return before if before is not None else post_all(session, [entry])[0]


def post_all(session: Session, entries: Sequence[Entry]) -> list[str]:
    """Post entries of one organization together; a cause that was posted before is refused by the database."""
    if not entries:
        return []
    org_ids = {book.org_id for entry in entries for book in (entry.debit, entry.credit)}
    if len(org_ids) != 1:
        raise Misuse("an entry between the books of two organizations")
    accounts = _accounts(session, org_ids.pop(), entries)
    _move_balances(session, entries, accounts)
    now = now_of(session)
    rows = [
        {
            "id": ids.new_id(), "org_id": entry.debit.org_id, "debit_id": accounts[entry.debit, entry.currency],
            "credit_id": accounts[entry.credit, entry.currency], "micros": entry.micros, "currency": entry.currency,
            "code": entry.code.value, "cause_kind": entry.cause[0], "cause_id": entry.cause[1],
            "reverses_id": entry.reverses_id, "reason": entry.reason, "memo": entry.memo, "at": now,
        }
        for entry in entries
    ]  # fmt: skip
    session.execute(insert(Transfer), rows)
    return [str(row["id"]) for row in rows]


def _posted(session: Session, entry: Entry) -> str | None:
    """The transfer that this cause made under this code, if any; a different one is a fault of ours."""
    row = session.execute(
        select(Transfer.id, Transfer.micros, Transfer.currency).where(
            Transfer.org_id == entry.debit.org_id,
            Transfer.cause_kind == entry.cause[0],
            Transfer.cause_id == entry.cause[1],
            Transfer.code == entry.code,
        )
    ).one_or_none()
    if row is None:
        return None
    if (row.micros, row.currency) != (entry.micros, entry.currency):
        raise Misuse(f"{entry.code} of {entry.cause} was posted with another amount")
    return str(row.id)


Accounts = dict[tuple[Book, str], str]


def _accounts(session: Session, org_id: str, entries: Sequence[Entry]) -> Accounts:
    """The id of every account that the entries name; those that do not exist yet are opened."""
    wanted = {(book, entry.currency) for entry in entries for book in (entry.debit, entry.credit)}
    found = _find(session, org_id, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        key = ["org_id", "kind", "holder_id", "currency"]
        insert_ignoring(session, LedgerAccount, [_opened(book, currency) for book, currency in missing], key)
        found |= _find(session, org_id, set(missing))
    return found


def _find(session: Session, org_id: str, wanted: set[tuple[Book, str]]) -> Accounts:
    found: Accounts = {}
    holders = sorted({book.holder_id for book, _currency in wanted})
    for start in range(0, len(holders), _AT_ONCE):
        rows = session.execute(
            select(LedgerAccount.id, LedgerAccount.kind, LedgerAccount.holder_id, LedgerAccount.currency).where(
                LedgerAccount.org_id == org_id,
                LedgerAccount.kind.in_({book.kind.value for book, _currency in wanted}),
                LedgerAccount.holder_id.in_(holders[start : start + _AT_ONCE]),
            )
        )
        for row in rows:
            key = (Book(org_id, Kind(row.kind), row.holder_id), row.currency)
            if key in wanted:
                found[key] = row.id
    return found


def _opened(book: Book, currency: str) -> dict[str, Any]:
    return {
        "id": ids.new_id(), "org_id": book.org_id, "kind": book.kind.value, "holder_id": book.holder_id,
        "currency": currency, "balance_micros": 0 if book.kind in PERSONAL else None,
    }  # fmt: skip


def _move_balances(session: Session, entries: Iterable[Entry], accounts: Accounts) -> None:
    """Change each person's balance once, always in one order, so that two posters never wait for each other."""
    change: dict[str, int] = {}
    for entry in entries:
        for book, micros in ((entry.debit, -entry.micros), (entry.credit, entry.micros)):
            if book.kind in PERSONAL:
                account_id = accounts[book, entry.currency]
                change[account_id] = change.get(account_id, 0) + micros
    moves = [{"p_id": account_id, "p_micros": micros} for account_id, micros in sorted(change.items())]
    if moves and _MOVE.run_all(session, moves) != len(moves):
        raise Conflict("ledger.not_covered", _("The balance does not hold this amount any more."))


_A = table_of(LedgerAccount)
_MOVE = Hot(
    update(_A)
    .where(_A.c.id == bindparam("p_id"), _A.c.balance_micros + bindparam("p_micros", type_=BigInteger) >= 0)
    .values(balance_micros=_A.c.balance_micros + bindparam("p_micros", type_=BigInteger))
)
