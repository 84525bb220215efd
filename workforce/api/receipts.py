"""`/api/v1/receipts` and `/api/v1/appeals`: decisions about people, and what was said against them."""

from typing import TYPE_CHECKING

from i18n import render
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from web.forms import PageQuery
from workforce import desk, operations, queries
from workforce.api import api
from workforce.api.shapes import (
    AppealCaseOut,
    AppealIn,
    AppealOut,
    AppealRowOut,
    AppealsOut,
    AppealsQuery,
    DecisionIn,
    ReceiptOut,
    ReceiptsOut,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _reach() -> Scope:
    return queries.reach(current.actor())


@api.get("/receipts", query=PageQuery, returns=ReceiptsOut)
def receipts(session: "Session", actor: Actor, query: PageQuery) -> ReceiptsOut:
    """The decisions about you, newest first."""
    person = queries.own_profile(session, actor)
    rows, next_after = queries.receipts_of(session, person.id, after=query.after, limit=query.limit)
    return ReceiptsOut(items=[ReceiptOut.of(row) for row in rows], next_after=next_after)


@api.get("/receipts/<receipt_id>", returns=ReceiptOut, scope=_reach)
def receipt(session: "Session", actor: Actor, receipt_id: str) -> ReceiptOut:
    """One decision with its reasons and its appeal."""
    return ReceiptOut.of(queries.receipt_for(session, actor, receipt_id)[0])


@api.post("/receipts/<receipt_id>/appeal", body=AppealIn, returns=AppealOut, creates=True)
def open_appeal(session: "Session", actor: Actor, receipt_id: str, body: AppealIn) -> AppealOut:
    """Appeal a decision about you."""
    return AppealOut.of(operations.open_appeal(session, actor, receipt_id, body.text))


@api.get("/appeals", query=AppealsQuery, returns=AppealsOut, scope=_reach)
def appeals(session: "Session", actor: Actor, query: AppealsQuery) -> AppealsOut:
    """Appeals by deadline."""
    rows, next_after = queries.appeals(session, is_open=query.is_open, after=query.after, limit=query.limit)
    items = [
        AppealRowOut(appeal=AppealOut.of(row.appeal), pseudonym=row.pseudonym, kind=row.kind, what=render(row.what))
        for row in rows
    ]
    return AppealsOut(items=items, next_after=next_after)


@api.get("/appeals/<appeal_id>", returns=AppealCaseOut, scope=_reach)
def appeal_case(session: "Session", actor: Actor, appeal_id: str) -> AppealCaseOut:
    """One appeal with the decision it is about."""
    return _case(session, actor, appeal_id)


@api.post("/appeals/<appeal_id>/decision", body=DecisionIn, returns=AppealCaseOut, scope=_reach)
def decide_appeal(session: "Session", actor: Actor, appeal_id: str, body: DecisionIn) -> AppealCaseOut:
    """Answer an appeal that you did not cause."""
    desk.answer(session, actor, appeal_id, outcome=body.outcome, answer=body.answer)
    session.expire_all()
    return _case(session, actor, appeal_id)


def _case(session: "Session", actor: Actor, appeal_id: str) -> AppealCaseOut:
    appeal, receipt, pseudonym = queries.appeal_for(session, actor, appeal_id)
    return AppealCaseOut(appeal=AppealOut.of(appeal), receipt=ReceiptOut.of(receipt), pseudonym=pseudonym)
