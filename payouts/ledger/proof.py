"""The proof that the books add up: a list of small checks, each one or two statements that find what breaks a rule.

Run in a tenant's scope it proves that vendor's books, in the system's scope everybody's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from i18n import Message, _
from kernel.db import scope_of
from payouts.models import Earning, Invoice, LedgerAccount, PayoutLine, PayoutRun, Transfer
from payouts.values import INVOICE, PAYOUT_LINE, UNIT, Code, Kind, LineState

_MOST = 20  # breaches named per check; the first few lead to the fault


@dataclass(frozen=True)
class Finding:
    """One check: its code, the rule in words, and what breaks it."""

    code: str
    rule: Message
    breaches: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.breaches


Check = Callable[[Session], Iterator[str]]


def prove(session: Session) -> list[Finding]:
    """Every check, in the order of CHECKS."""
    return [Finding(code, rule, tuple(check(session))[:_MOST]) for code, (rule, check) in CHECKS.items()]


def verify(session: Session) -> list[str]:
    """Every breach of every rule, as `check: what`; empty when all adds up."""
    return [f"{finding.code}: {breach}" for finding in prove(session) for breach in finding.breaches]


def _movements() -> Subquery:
    """What each transfer does to each of its two accounts: credits add, debits take."""
    return union_all(
        select(Transfer.debit_id.label("account_id"), (-Transfer.micros).label("micros")),
        select(Transfer.credit_id.label("account_id"), Transfer.micros.label("micros")),
    ).subquery("movement")


def _balances_are_sums(session: Session) -> Iterator[str]:
    move = _movements()
    sums = select(move.c.account_id, func.sum(move.c.micros).label("micros")).group_by(move.c.account_id).subquery()
    real = func.coalesce(sums.c.micros, 0)
    rows = session.execute(
        select(LedgerAccount.id, LedgerAccount.balance_micros, real.label("real"))
        .outerjoin(sums, sums.c.account_id == LedgerAccount.id)
        .where(LedgerAccount.balance_micros.is_not(None), LedgerAccount.balance_micros != real)
        .limit(_MOST)
    )
    for row in rows:
        yield f"account {row.id} says {row.balance_micros}, its transfers say {int(row.real)}"


def _debits_equal_credits(session: Session) -> Iterator[str]:
    move = _movements()
    total = func.sum(move.c.micros)
    rows = session.execute(
        select(LedgerAccount.org_id, LedgerAccount.currency, total.label("off"))
        .join(LedgerAccount, LedgerAccount.id == move.c.account_id)
        .group_by(LedgerAccount.org_id, LedgerAccount.currency)
        .having(total != 0)
    )
    for row in rows:
        yield f"{row.currency} of {row.org_id} is off by {int(row.off)}"


def _one_currency(session: Session) -> Iterator[str]:
    debit, credit = aliased(LedgerAccount), aliased(LedgerAccount)
    rows = session.scalars(
        select(Transfer.id)
        .join(debit, debit.id == Transfer.debit_id)
        .join(credit, credit.id == Transfer.credit_id)
        .where(or_(debit.currency != Transfer.currency, credit.currency != Transfer.currency))
        .limit(_MOST)
    )
    for transfer_id in rows:
        yield f"transfer {transfer_id} is between accounts of another currency"


def _not_negative(session: Session) -> Iterator[str]:
    for account_id in session.scalars(select(LedgerAccount.id).where(LedgerAccount.balance_micros < 0).limit(_MOST)):
        yield f"account {account_id} is below zero"


def _per_cause(kind: str, *sums: tuple[str, Any]) -> Subquery:
    """The transfers of each cause of a kind, folded into named sums."""
    columns = [func.sum(value).label(name) for name, value in sums]
    return (
        select(Transfer.org_id, Transfer.cause_id, *columns)
        .where(Transfer.cause_kind == kind)
        .group_by(Transfer.org_id, Transfer.cause_id)
        .subquery()
    )


def _count(code: Code) -> ColumnElement[int]:
    return case((Transfer.code == code, 1), else_=0)


def _earned_once(session: Session) -> Iterator[str]:
    net = case((Transfer.code == Code.REVERSED, -Transfer.micros), else_=Transfer.micros)
    posted = _per_cause(UNIT, ("earned", _count(Code.EARNED)), ("net", net))
    earned, left = func.coalesce(posted.c.earned, 0), func.coalesce(posted.c.net, 0)
    owed = Earning.state.in_(("approved", "paid"))
    wrong = or_(
        and_(owed, or_(earned != 1, left != Earning.micros)),
        and_(Earning.state == "rejected", left != 0),
        and_(Earning.state == "pending", posted.c.cause_id.is_not(None)),
    )
    of_cause = and_(posted.c.org_id == Earning.org_id, posted.c.cause_id == Earning.cause_id)
    rows = session.execute(select(Earning.id, Earning.state).outerjoin(posted, of_cause).where(wrong).limit(_MOST))
    for row in rows:
        yield f"earning {row.id} is {row.state}, and its entries say otherwise"
    orphans = select(posted.c.cause_id).outerjoin(Earning, of_cause).where(Earning.id.is_(None)).limit(_MOST)
    for cause_id in session.scalars(orphans):
        yield f"there are entries for {cause_id}, and no earning"


def _runs_are_sums(session: Session) -> Iterator[str]:
    micros, lines = func.coalesce(func.sum(PayoutLine.micros), 0), func.count(PayoutLine.id)
    rows = session.scalars(
        select(PayoutRun.number)
        .outerjoin(PayoutLine, and_(PayoutLine.run_id == PayoutRun.id, PayoutLine.currency == PayoutRun.currency))
        .group_by(PayoutRun.id, PayoutRun.number, PayoutRun.total_micros, PayoutRun.lines)
        .having(or_(micros != PayoutRun.total_micros, lines != PayoutRun.lines))
        .limit(_MOST)
    )
    for number in rows:
        yield f"run {number} is not the sum of its payments"


def _payments_moved(session: Session) -> Iterator[str]:
    codes = (Code.LOCKED, Code.RELEASED, Code.SETTLED, Code.FAILED, Code.RETURNED)
    moved = _per_cause(PAYOUT_LINE, ("total", Transfer.micros), *((code.value, _count(code)) for code in codes))
    times = {code: func.coalesce(moved.c[code.value], 0) for code in codes}
    total = func.coalesce(moved.c.total, 0)
    every = sum(times.values(), start=times[Code.LOCKED] * 0)
    right = or_(
        and_(PayoutLine.state == LineState.OPEN, every == 1),
        and_(PayoutLine.state == LineState.SETTLED, times[Code.SETTLED] == 1, every == 2),
        and_(PayoutLine.state == LineState.CANCELLED, times[Code.RELEASED] == 1, every == 2),
        and_(PayoutLine.state == LineState.FAILED, times[Code.FAILED] == 1, every == 2),
        and_(PayoutLine.state == LineState.FAILED, times[Code.SETTLED] == 1, times[Code.RETURNED] == 1, every == 3),
    )
    rows = session.execute(
        select(PayoutLine.id, PayoutLine.state)
        .outerjoin(moved, and_(moved.c.org_id == PayoutLine.org_id, moved.c.cause_id == PayoutLine.id))
        .where(or_(~right, times[Code.LOCKED] != 1, total != every * PayoutLine.micros))
        .limit(_MOST)
    )
    for row in rows:
        yield f"payment {row.id} is {row.state}, and its entries say otherwise"


def _clearing_is_open_payments(session: Session) -> Iterator[str]:
    on_way = _per_person(PayoutLine, PayoutLine.micros, PayoutLine.state == LineState.OPEN)
    rows = session.scalars(
        select(LedgerAccount.id)
        .outerjoin(on_way, _of_account(on_way))
        .where(LedgerAccount.kind == Kind.CLEARING, LedgerAccount.balance_micros != func.coalesce(on_way.c.micros, 0))
        .limit(_MOST)
    )
    for account_id in rows:
        yield f"account {account_id} is not the sum of the payments on their way"


def _payments_cover_earnings(session: Session) -> Iterator[str]:
    covered = (
        select(Earning.payout_line_id, func.count().label("earnings"), func.sum(_is_unpaid()).label("unpaid"))
        .where(Earning.payout_line_id.is_not(None))
        .group_by(Earning.payout_line_id)
        .subquery()
    )
    held, unpaid = func.coalesce(covered.c.earnings, 0), func.coalesce(covered.c.unpaid, 0)
    live = PayoutLine.state.in_((LineState.OPEN, LineState.SETTLED))
    wrong = or_(
        and_(live, held != PayoutLine.earnings),
        and_(PayoutLine.state == LineState.OPEN, unpaid != held),
        and_(PayoutLine.state == LineState.SETTLED, unpaid != 0),
        and_(~live, held != 0),
    )
    rows = session.scalars(
        select(PayoutLine.id).outerjoin(covered, covered.c.payout_line_id == PayoutLine.id).where(wrong).limit(_MOST)
    )
    for line_id in rows:
        yield f"payment {line_id} does not hold the earnings that it says it covers"


def _is_unpaid() -> ColumnElement[int]:
    return case((Earning.state == "approved", 1), else_=0)


def _owed_is_earned(session: Session) -> Iterator[str]:
    """A person is owed what was accepted of their work less the payments that live, to the micro-unit.

    Which units a payment covers does not matter here: one that came back after a later one has its part of a unit that
    the later one ended, so that more may be owed than the units add up to that no payment covers.
    """
    accepted = _per_person(Earning, Earning.micros, Earning.state.in_(("approved", "paid")))
    paid = _per_person(PayoutLine, PayoutLine.micros, PayoutLine.state.in_((LineState.OPEN, LineState.SETTLED)))
    rows = session.scalars(
        select(LedgerAccount.id)
        .outerjoin(accepted, _of_account(accepted))
        .outerjoin(paid, _of_account(paid))
        .where(
            LedgerAccount.kind == Kind.PAYABLE,
            LedgerAccount.balance_micros != func.coalesce(accepted.c.micros, 0) - func.coalesce(paid.c.micros, 0),
        )
        .limit(_MOST)
    )
    for account_id in rows:
        yield f"account {account_id} does not owe what was accepted less what was paid"


def _per_person(kind: type[Earning] | type[PayoutLine], micros: Any, which: ColumnElement[bool]) -> Subquery:
    person = (kind.org_id, kind.annotator_id, kind.currency)
    return select(*person, func.sum(micros).label("micros")).where(which).group_by(*person).subquery()


def _of_account(sums: Subquery) -> ColumnElement[bool]:
    return and_(
        sums.c.org_id == LedgerAccount.org_id,
        sums.c.annotator_id == LedgerAccount.holder_id,
        sums.c.currency == LedgerAccount.currency,
    )


def _invoices_booked(session: Session) -> Iterator[str]:
    """In a tenant's scope the invoices that it issued; the entries are the vendor's alone."""
    booked = _per_cause(INVOICE, ("invoiced", _count(Code.INVOICED)), ("received", _count(Code.RECEIVED)))
    booked_micros = select(func.sum(Transfer.micros)).where(
        Transfer.cause_kind == INVOICE, Transfer.code == Code.INVOICED, Transfer.cause_id == Invoice.id
    )
    paid = case((Invoice.paid_at.is_not(None), 1), else_=0)
    wrong = or_(
        func.coalesce(booked.c.invoiced, 0) != 1,
        func.coalesce(booked.c.received, 0) != paid,
        booked_micros.scalar_subquery() != Invoice.total_micros,
    )
    same = and_(booked.c.org_id == Invoice.vendor_org_id, booked.c.cause_id == Invoice.id)
    own = scope_of(session).org_id
    mine = Invoice.vendor_org_id == own if own is not None else Invoice.vendor_org_id.is_not(None)
    for number in session.scalars(select(Invoice.number).outerjoin(booked, same).where(mine, wrong).limit(_MOST)):
        yield f"invoice {number} is not booked as it stands"


CHECKS: dict[str, tuple[Message, Check]] = {
    "debits_equal_credits": (_("Debits equal credits, in every currency"), _debits_equal_credits),
    "one_currency": (_("Every transfer has the currency of both its accounts"), _one_currency),
    "balances_are_sums": (_("Each person's balance is the sum of its transfers"), _balances_are_sums),
    "not_negative": (_("No balance of a person is below zero"), _not_negative),
    "earned_once": (_("Each accepted unit was earned exactly once, and no other"), _earned_once),
    "owed_is_earned": (_("What is owed is what was accepted less what was paid"), _owed_is_earned),
    "runs_are_sums": (_("Each payout run is the sum of its payments"), _runs_are_sums),
    "payments_moved": (_("Each payment moved its money exactly as its state says"), _payments_moved),
    "clearing_is_open": (_("What is on its way is the payments that are open"), _clearing_is_open_payments),
    "payments_cover": (_("Each payment holds the earnings that it covers"), _payments_cover_earnings),
    "invoices_booked": (_("Each invoice is booked once, at its total"), _invoices_booked),
}  # fmt: skip
