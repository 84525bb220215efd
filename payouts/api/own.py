"""A person's own pay over the API: balance, earnings, statements, payout method."""

from datetime import datetime
from typing import Annotated, Any, Literal

from kernel.guard import not_found
from kernel.money import to_text
from kernel.policy import Actor
from payouts.api.routes import api
from payouts.operations.methods import set_method
from payouts.queries.balances import balance_of
from payouts.queries.earnings import earnings_of
from payouts.queries.methods import method_of
from payouts.queries.people import Person, person_of_account
from payouts.queries.statements import statement_of
from payouts.values import Balance, EarningState, EarningView, MethodKind, MethodView, Part, Statement
from web import limits
from web.forms import InModel, OutModel, PageQuery, values_of


class EarningsPage(PageQuery):
    """Which of my earnings."""

    state: EarningState | None = None


class PartOut(OutModel):
    """Units at one rate."""

    lane_id: str
    project: str
    locale: str
    units: int
    rate: str
    amount: str


class BalanceOut(OutModel):
    """How I stand in one currency."""

    currency: str
    owed: str
    payable: str
    on_the_way: str
    in_preparation: str
    pending: str
    pending_units: int
    paid_in_advance: str
    made_of: list[PartOut]


class EarningOut(OutModel):
    """My pay for one unit."""

    id: str
    judgment_id: str
    lane_id: str
    project: str
    locale: str
    amount: str
    currency: str
    state: EarningState
    earned_at: datetime
    due_at: datetime
    paid_at: datetime | None
    receipt_id: str | None


class EarningsOut(OutModel):
    """My balance, and a page of what it is made of."""

    balances: list[BalanceOut]
    items: list[EarningOut]
    next_after: str | None


@api.get("/earnings", returns=EarningsOut, query=EarningsPage)
def earnings(session: Any, actor: Actor, query: EarningsPage) -> EarningsOut:
    """My balance, and my earnings, newest first."""
    me = _me(session, actor)
    items, after = earnings_of(session, me.annotator_id, state=query.state, after=query.after, limit=query.limit)
    balances = [_balance(balance) for balance in balance_of(session, me.annotator_id)]
    return EarningsOut(balances=balances, items=[_earning(item) for item in items], next_after=after)


class MovementOut(OutModel):
    """One line of a statement."""

    what: str
    at: datetime
    amount: str
    units: int
    rate: str | None
    project: str
    reason: str


class BookOut(OutModel):
    """A month in one currency."""

    currency: str
    opening: str
    closing: str
    movements: list[MovementOut]


class StatementOut(OutModel):
    """A month of my account, by the clocks of my time zone; the moments themselves are in UTC."""

    month: str
    time_zone: str
    from_at: datetime
    until_at: datetime
    books: list[BookOut]


@api.get("/statements/<month>", returns=StatementOut, before=limits.spends("export"))
def statement(session: Any, actor: Actor, month: str) -> StatementOut:
    """A month of my account."""
    found = statement_of(session, _me(session, actor).annotator_id, month)
    if found is None:
        raise not_found()
    return _statement(found)


class MethodIn(InModel):
    """Where I want to be paid."""

    kind: Literal["bank", "mobile"]
    holder: str
    account: str
    bic: str = ""


class MethodOut(OutModel):
    """Where I am paid, masked."""

    kind: Annotated[str, values_of(MethodKind)]
    mask: str
    changed_at: datetime
    holds_until: datetime


@api.get("/payout-method", returns=MethodOut | None)
def own_payout_method(session: Any, actor: Actor) -> MethodOut | None:
    """Where I am paid; null before I have said so."""
    found = method_of(session, _me(session, actor).annotator_id)
    return _method(found) if found else None


@api.put("/payout-method", body=MethodIn, returns=MethodOut)
def payout_method(session: Any, actor: Actor, body: MethodIn) -> MethodOut:
    """Say where I am paid; payments go there from 72 hours after a change."""
    me = _me(session, actor)
    found = set_method(
        session, actor, me.annotator_id, kind=body.kind, holder=body.holder, account=body.account, bic=body.bic
    )
    return _method(found)


def _me(session: Any, actor: Actor) -> Person:
    found = person_of_account(session, actor.account_id or "", actor.org_id or "")
    if found is None:
        raise not_found()
    return found


def _method(found: MethodView) -> MethodOut:
    return MethodOut(kind=found.kind.value, mask=found.mask, changed_at=found.changed_at, holds_until=found.holds_until)


def _part(part: Part) -> PartOut:
    return PartOut(
        lane_id=part.lane_id, project=str(part.memo.get("project", "")), locale=str(part.memo.get("locale", "")),
        units=part.units, rate=to_text(part.rate_micros), amount=to_text(part.micros),
    )  # fmt: skip


def _balance(balance: Balance) -> BalanceOut:
    return BalanceOut(
        currency=balance.currency, owed=to_text(balance.owed_micros), payable=to_text(balance.payable_micros),
        on_the_way=to_text(balance.on_the_way_micros), in_preparation=to_text(balance.prepared_micros),
        pending=to_text(balance.pending_micros),
        pending_units=balance.pending_units, paid_in_advance=to_text(balance.in_advance_micros),
        made_of=[_part(part) for part in balance.parts],
    )  # fmt: skip


def _earning(item: EarningView) -> EarningOut:
    return EarningOut(
        id=item.id, judgment_id=item.judgment_id, lane_id=item.lane_id, project=str(item.memo.get("project", "")),
        locale=str(item.memo.get("locale", "")), amount=to_text(item.micros), currency=item.currency,
        state=item.state, earned_at=item.earned_at, due_at=item.due_at, paid_at=item.paid_at,
        receipt_id=item.receipt_id,
    )  # fmt: skip


def _statement(found: Statement) -> StatementOut:
    books = [
        BookOut(
            currency=book.currency, opening=to_text(book.opening_micros), closing=to_text(book.closing_micros),
            movements=[
                MovementOut(
                    what=one.code.value, at=one.at, amount=to_text(one.micros), units=one.units,
                    rate=None if one.rate_micros is None else to_text(one.rate_micros),
                    project=str(one.memo.get("project", "")), reason=one.reason,
                )
                for one in book.movements
            ],
        )
        for book in found.books
    ]  # fmt: skip
    return StatementOut(
        month=found.month, time_zone=found.zone, from_at=found.from_at, until_at=found.until_at, books=books
    )
