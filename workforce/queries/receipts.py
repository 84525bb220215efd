"""Reads of decision receipts and appeals. None of them says which person decided."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from i18n import Message
from kernel.db import now_of
from kernel.paging import Paging
from workforce.models import Account, Annotator, Appeal, DecisionReceipt
from workforce.rules.appeals import HELD
from workforce.rules.evidence import shown_evidence
from workforce.values import AppealRow, AppealView, Outcome, ReceiptKind, ReceiptState, ReceiptView

MOST_ROWS = 200
_NEWEST = Paging("receipts", DecisionReceipt.decided_at, DecisionReceipt.id, newest_first=True)
_DUE = Paging("appeals", Appeal.due_at, Appeal.id)


def receipt_of(session: Session, receipt_id: str) -> ReceiptView | None:
    """One decision with its appeal."""
    row = session.execute(_with_appeal().where(DecisionReceipt.id == receipt_id)).first()
    return receipt_view(row[0], row[1]) if row else None


def receipts_of(
    session: Session, annotator_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[ReceiptView], str | None]:
    """The decisions about a person, newest first; `after` is the page before's cursor."""
    limit = min(limit, MOST_ROWS)
    statement = _with_appeal().where(DecisionReceipt.annotator_id == annotator_id, *_NEWEST.after(after))
    found = session.execute(statement.order_by(*_NEWEST.order()).limit(limit + 1)).all()
    rows, next_after = _NEWEST.cut(found, limit)
    return [receipt_view(receipt, appeal) for receipt, appeal in rows], next_after


def appeal_of(session: Session, appeal_id: str) -> tuple[AppealView, ReceiptView, str] | None:
    """An appeal with the decision it is about and the person's pseudonym."""
    row = session.execute(_appeals().where(Appeal.id == appeal_id)).first()
    return (appeal_view(row[0]), receipt_view(row[1], row[0]), row[2]) if row else None


def appeals(
    session: Session, *, is_open: bool = True, after: str | None = None, limit: int = 50
) -> tuple[list[AppealRow], str | None]:
    """Appeals that wait, the first due first; or those that were answered, in the order in which they were due."""
    limit = min(limit, MOST_ROWS)
    statement = _appeals().where(
        Appeal.decided_at.is_(None) if is_open else Appeal.decided_at.is_not(None), *_DUE.after(after)
    )
    rows, next_after = _DUE.cut(session.execute(statement.order_by(*_DUE.order()).limit(limit + 1)).all(), limit)
    found = [
        AppealRow(appeal_view(appeal), pseudonym, ReceiptKind(receipt.kind), Message.from_json(receipt.what))
        for appeal, receipt, pseudonym in rows
    ]
    return found, next_after


def late_appeals(session: Session) -> list[str]:
    """Appeals whose day has passed without an answer, and whose decisions are not on hold yet. Of somebody who was
    erased nothing is lifted: there is nobody to work or to be paid."""
    rows = session.scalars(
        select(Appeal.id)
        .join(DecisionReceipt, DecisionReceipt.id == Appeal.receipt_id)
        .join(Annotator, Annotator.id == DecisionReceipt.annotator_id)
        .join(Account, Account.id == Annotator.account_id)
        .where(
            Account.status != "erased",
            Appeal.decided_at.is_(None), Appeal.held_at.is_(None), Appeal.due_at < now_of(session),
            DecisionReceipt.kind.in_(HELD), DecisionReceipt.ended_at.is_(None),
        )
        .order_by(Appeal.due_at, Appeal.id)
    )  # fmt: skip
    return list(rows)


def receipt_view(row: DecisionReceipt, appeal: Appeal | None) -> ReceiptView:
    return ReceiptView(
        id=row.id,
        annotator_id=row.annotator_id,
        kind=ReceiptKind(row.kind),
        rule=row.rule,
        rule_version=row.rule_version,
        what=Message.from_json(row.what),
        why=Message.from_json(row.why),
        way_back=Message.from_json(row.way_back),
        figure=row.figure,
        evidence=shown_evidence(row.kind, row.evidence),
        cause_kind=row.cause_kind,
        cause_id=row.cause_id,
        lane_id=row.lane_id,
        until_at=row.until_at,
        ended_at=row.ended_at,
        decided_at=row.decided_at,
        decided_by_rule=row.decided_by is None,
        state=ReceiptState(row.state),
        appeal=appeal_view(appeal) if appeal else None,
    )


def appeal_view(row: Appeal) -> AppealView:
    outcome = Outcome(row.outcome) if row.outcome else None
    return AppealView(
        row.id, row.receipt_id, row.text, row.opened_at, row.due_at, row.decided_at, outcome, row.answer, row.held_at
    )


def _with_appeal() -> Select[DecisionReceipt, Appeal]:
    return select(DecisionReceipt, Appeal).outerjoin(
        Appeal, (Appeal.receipt_id == DecisionReceipt.id) & (Appeal.org_id == DecisionReceipt.org_id)
    )


def _appeals() -> Select[Appeal, DecisionReceipt, str]:
    return (
        select(Appeal, DecisionReceipt, Annotator.pseudonym)
        .join(DecisionReceipt, DecisionReceipt.id == Appeal.receipt_id)
        .join(Annotator, Annotator.id == DecisionReceipt.annotator_id)
    )
