"""Balances, read: what a person is owed, what is on its way, what waits, and what each is made of."""

from collections import defaultdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.models import Earning, LedgerAccount, PayoutLine, PayoutRun
from payouts.values import Balance, EarningState, Kind, LineState, Part, RunState


def balance_of(session: Session, annotator_id: str) -> list[Balance]:
    """How a person stands, by currency; empty for one who has earned nothing yet."""
    held: dict[str, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(LedgerAccount.currency, LedgerAccount.kind, LedgerAccount.balance_micros).where(
            LedgerAccount.holder_id == annotator_id, LedgerAccount.kind.in_((Kind.PAYABLE.value, Kind.CLEARING.value))
        )
    )
    for row in rows:
        held[row.currency][row.kind] = row.balance_micros
    prepared = _prepared(session, annotator_id)
    parts = _parts(session, annotator_id, EarningState.APPROVED)
    waiting = _parts(session, annotator_id, EarningState.PENDING)
    return [
        Balance(
            currency=currency,
            owed_micros=held[currency].get(Kind.PAYABLE, 0),
            on_the_way_micros=held[currency].get(Kind.CLEARING, 0) - prepared.get(currency, 0),
            prepared_micros=prepared.get(currency, 0),
            pending_micros=sum(part.micros for part in waiting[currency]),
            pending_units=sum(part.units for part in waiting[currency]),
            parts=tuple(parts[currency]),
            waiting=tuple(waiting[currency]),
        )
        for currency in sorted(held.keys() | waiting.keys() | parts.keys())
    ]


def _prepared(session: Session, annotator_id: str) -> dict[str, int]:
    """What stands in runs that somebody has still to approve or to send, by currency."""
    rows = session.execute(
        select(PayoutLine.currency, func.sum(PayoutLine.micros))
        .join(PayoutRun, (PayoutRun.id == PayoutLine.run_id) & (PayoutRun.org_id == PayoutLine.org_id))
        .where(
            PayoutLine.annotator_id == annotator_id, PayoutLine.state == LineState.OPEN.value,
            PayoutRun.state.in_((RunState.DRAFT.value, RunState.APPROVED.value)),
        )
        .group_by(PayoutLine.currency)
    ).all()  # fmt: skip
    return {currency: int(micros) for currency, micros in rows}


def _parts(session: Session, annotator_id: str, state: EarningState) -> dict[str, list[Part]]:
    """Earnings of a state that no payment holds, by lane and rate; the index leads to these alone."""
    rows = session.execute(
        select(
            Earning.currency, Earning.lane_id, Earning.micros, func.count().label("units"),
            func.max(Earning.id).label("sample"),
        )
        .where(
            Earning.annotator_id == annotator_id, Earning.state == state.value, Earning.payout_line_id.is_(None)
        )
        .group_by(Earning.currency, Earning.lane_id, Earning.micros)
        .order_by(Earning.currency, Earning.lane_id, Earning.micros)
    ).all()  # fmt: skip
    memos = memos_of(session, [row.sample for row in rows])
    found: dict[str, list[Part]] = defaultdict(list)
    for row in rows:
        part = Part(row.lane_id, row.micros, row.units, row.micros * row.units, memos[row.sample])
        found[row.currency].append(part)
    return found


def memos_of(session: Session, earning_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The memos of some earnings, by id."""
    if not earning_ids:
        return {}
    rows = session.execute(select(Earning.id, Earning.memo).where(Earning.id.in_(earning_ids)))
    return {row.id: row.memo for row in rows}
