"""Statements: a month of one person's account, from the entries themselves, so that it always adds up."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from i18n import _
from kernel.errors import Invalid
from payouts.models import Earning, LedgerAccount, Transfer
from payouts.queries.balances import memos_of
from payouts.queries.people import person_of
from payouts.values import UNIT, Code, CurrencyStatement, Kind, Movement, Statement

_MONTH = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])")


def month_bounds(month: str, zone: str = "UTC") -> tuple[datetime, datetime]:
    """The first moment of a month `2026-11`, and of the one after it, by a zone's clocks, as moments in UTC."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise Invalid("statement.month", _("Name a month like 2026-11."))
    year, number = int(found[1]), int(found[2])
    firsts = (year, number), (year + number // 12, number % 12 + 1)
    begin, end = (datetime(*first, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for first in firsts)
    return begin, end


def statement_of(session: Session, annotator_id: str, month: str) -> Statement | None:
    """What a month of the person's own time zone brought and took, by currency; None for whoever is not the session's.

    A month in which nothing moved, as before the account began, has no movements. The balance at the end of the month
    is the present one less what moved since, so that an old account is not read from its beginning.
    """
    person = person_of(session, annotator_id)
    begin, end = month_bounds(month, person.time_zone if person else "UTC")
    if person is None:
        return None
    accounts = session.execute(
        select(LedgerAccount.id, LedgerAccount.currency, LedgerAccount.balance_micros)
        .where(LedgerAccount.holder_id == annotator_id, LedgerAccount.kind == Kind.PAYABLE)
        .order_by(LedgerAccount.currency)
    ).all()
    books = tuple(_book(session, row, begin, end) for row in accounts)
    return Statement(annotator_id, person.name, month, begin, end, books, person.time_zone)


def _book(session: Session, account: Any, begin: datetime, end: datetime) -> CurrencyStatement:
    closing = account.balance_micros - _moved(session, account.id, end)
    opening = closing - _moved(session, account.id, begin, end)
    movements = [*_units(session, account.id, begin, end), *_payments(session, account.id, begin, end)]
    movements.sort(key=lambda movement: (movement.at, movement.code))
    return CurrencyStatement(account.currency, opening, tuple(movements), closing)


def _moved(session: Session, account_id: str, begin: datetime, end: datetime | None = None) -> int:
    """What an account gained from `begin` on, and until `end`."""
    total = 0
    for column, sign in ((Transfer.credit_id, 1), (Transfer.debit_id, -1)):
        found = select(func.coalesce(func.sum(Transfer.micros), 0)).where(column == account_id, Transfer.at >= begin)
        if end is not None:
            found = found.where(Transfer.at < end)
        total += sign * int(session.scalar(found) or 0)
    return total


def _units(session: Session, account_id: str, begin: datetime, end: datetime) -> list[Movement]:
    """Pay for units, reversals and restorations, folded by lane and rate."""
    found: dict[tuple[str, str, int], list[Any]] = defaultdict(list)
    for column, sign in ((Transfer.credit_id, 1), (Transfer.debit_id, -1)):
        rows = session.execute(
            select(
                Transfer.code, Earning.lane_id, Transfer.micros, func.count().label("units"),
                func.min(Transfer.at).label("at"), func.max(Earning.id).label("sample"),
            )
            .join(Earning, (Earning.cause_kind == UNIT) & (Earning.cause_id == Transfer.cause_id))
            .where(column == account_id, Transfer.cause_kind == UNIT, Transfer.at >= begin, Transfer.at < end)
            .group_by(Transfer.code, Earning.lane_id, Transfer.micros)
        )  # fmt: skip
        for row in rows:
            found[row.code, row.lane_id, sign * row.micros].append(row)
    memos = memos_of(session, [row.sample for rows in found.values() for row in rows])
    return [
        Movement(
            Code(code), row.at, micros * row.units, row.units, abs(micros), memos[row.sample] | {"lane": lane_id}
        )
        for (code, lane_id, micros), rows in found.items() for row in rows
    ]  # fmt: skip


def _payments(session: Session, account_id: str, begin: datetime, end: datetime) -> list[Movement]:
    """Payments that left the balance, and those that came back."""
    rows = session.execute(
        select(Transfer.code, Transfer.at, Transfer.micros, Transfer.debit_id, Transfer.memo, Transfer.reason)
        .where(
            or_(Transfer.debit_id == account_id, Transfer.credit_id == account_id),
            Transfer.cause_kind != UNIT, Transfer.at >= begin, Transfer.at < end,
        )
        .order_by(Transfer.at, Transfer.id)
    )  # fmt: skip
    return [
        Movement(
            Code(row.code), row.at, -row.micros if row.debit_id == account_id else row.micros, 0, None, row.memo,
            row.reason,
        )
        for row in rows
    ]  # fmt: skip
