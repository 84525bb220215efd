"""Earnings: pending with the answer, owed with its acceptance or after the hold, rejected only with a receipt.

These acts follow from acts of others (an answer, a verdict, an appeal), where it was decided who may; the tenant of the
session says whose earnings can be reached. Each of them may be repeated: the state moves once, and the money with it.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.changes import changed_rows
from kernel.db import insert_ignoring, insert_later, now_of, scope_of
from kernel.errors import Conflict, Invalid, NotFound
from kernel.policy import Actor
from payouts import ledger
from payouts.models import Earning, Transfer
from payouts.queries.earnings import COLUMNS, due_judgments, earning_of, view
from payouts.queries.people import has_receipt, vendor_ids
from payouts.values import UNIT, Approved, Book, Code, EarningState, EarningView, Entry, Kind

CHUNK = 2_000


def accrue(
    session: Session, actor: Actor, *, vendor_org_id: str, annotator_id: str, account_id: str, lane_id: str,
    project_id: str, judgment_id: str, micros: int, currency: str, memo: dict[str, Any], due_at: datetime,
    is_fresh: bool = False,
) -> EarningView:  # fmt: skip
    """Note what an answer will earn. Nothing is posted: money is owed from the acceptance on.

    `memo` names project and locale as they are called now. A judgment earns once; asked again, the first one returns.
    `is_fresh` says that the judgment was made in this very transaction, so that nothing can be noted for it yet.
    """
    row: dict[str, Any] = {
        "id": ids.new_id(), "org_id": vendor_org_id, "annotator_id": annotator_id, "account_id": account_id,
        "lane_id": lane_id, "project_id": project_id, "cause_kind": UNIT, "cause_id": judgment_id, "micros": micros,
        "currency": currency, "state": EarningState.PENDING.value, "memo": memo, "earned_at": now_of(session),
        "due_at": due_at,
    }  # fmt: skip
    if is_fresh:
        insert_later(session, Earning, row)
        return EarningView(
            row["id"], vendor_org_id, judgment_id, annotator_id, lane_id, project_id, micros, currency,
            EarningState.PENDING, memo, row["earned_at"], due_at, None, None, None, None,
        )  # fmt: skip
    insert_ignoring(session, Earning, [row], ["org_id", "cause_kind", "cause_id"])
    return _load(session, judgment_id)


def approve(session: Session, actor: Actor, judgment_ids: Sequence[str]) -> Approved:
    """Accept the work of judgments: what was pending is owed from now on. What was decided before is left as it is.

    Raises NotFound when one of the judgments has no earning in this session's tenant.
    """
    wanted = sorted(set(judgment_ids))
    approved: list[EarningView] = []
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        approved += _approve_chunk(session, chunk)
    _ensure_known(session, wanted, approved)
    _tell_approved(session, actor, approved)
    return Approved(len(approved), _totals(approved))


def approve_due(session: Session, actor: Actor, *, limit: int = CHUNK) -> int:
    """Silence is acceptance: approve what waited for as long as it may, at most `limit` of it; returns how many."""
    now, own = now_of(session), scope_of(session).org_id
    left = limit
    for org_id in [own] if own is not None else vendor_ids(session):
        if left <= 0:
            break
        due = due_judgments(session, org_id, now, left)
        left -= approve(session, actor, due).count
    return limit - left


def reject(session: Session, actor: Actor, judgment_id: str, *, receipt_id: str) -> EarningView:
    """Refuse pay for a judgment, on a receipt that was issued to the person. What was owed already is reversed.

    Raises Conflict when a payment covers it, or when an appeal has restored it before.
    """
    earning = _load(session, judgment_id)
    if earning.state is EarningState.REJECTED:
        return earning
    _ensure_rejectable(session, earning, receipt_id)
    _move(session, earning, EarningState.REJECTED, receipt_id=receipt_id)
    if earning.state is EarningState.APPROVED:
        _reverse(session, earning, receipt_id)
    _tell(session, actor, "earning.rejected", earning, receipt_id=receipt_id, was=earning.state.value)
    return _load(session, judgment_id)


def restore(session: Session, actor: Actor, judgment_id: str) -> EarningView:
    """Give back what a rejection took, after an appeal has overturned it."""
    earning = _load(session, judgment_id)
    if earning.receipt_id is None:
        raise Conflict("earning.not_rejected", _("This unit was not rejected."))
    if earning.state is not EarningState.REJECTED:
        return earning
    _move(session, earning, EarningState.APPROVED, approved_at=now_of(session))
    code = Code.EARNED if _earned_id(session, earning) is None else Code.RESTORED
    ledger.post_all(session, [_owed(earning, code, reason=f"receipt:{earning.receipt_id}")])
    _tell(session, actor, "earning.restored", earning, receipt_id=earning.receipt_id)
    return _load(session, judgment_id)


def _load(session: Session, judgment_id: str) -> EarningView:
    earning = earning_of(session, judgment_id)
    if earning is None:
        raise _unknown()
    return earning


def _unknown() -> NotFound:
    return NotFound("earning.unknown", _("There is no pay for this unit."))


def _approve_chunk(session: Session, judgment_ids: Sequence[str]) -> list[EarningView]:
    """Move what is pending to approved, and post it; whoever comes second finds nothing pending."""
    rows = session.execute(
        update(Earning)
        .where(Earning.cause_kind == UNIT, Earning.cause_id.in_(judgment_ids), Earning.state == EarningState.PENDING)
        .values(state=EarningState.APPROVED.value, approved_at=now_of(session))
        .returning(*COLUMNS),
        execution_options={"synchronize_session": False},
    )
    approved = sorted((view(row) for row in rows), key=lambda earning: (earning.org_id, earning.judgment_id))
    for _org_id, earnings in groupby(approved, key=lambda earning: earning.org_id):
        ledger.post_all(session, [_owed(earning, Code.EARNED) for earning in earnings])
    return approved


def _owed(earning: EarningView, code: Code, reason: str = "") -> Entry:
    """The entry by which a vendor owes a person the pay of a unit."""
    return Entry(
        cause=(UNIT, earning.judgment_id), code=code, debit=Book(earning.org_id, Kind.WAGES), credit=_payable(earning),
        micros=earning.micros, currency=earning.currency, memo=earning.memo, reason=reason,
    )  # fmt: skip


def _payable(earning: EarningView) -> Book:
    return Book(earning.org_id, Kind.PAYABLE, earning.annotator_id)


def _ensure_known(session: Session, wanted: Sequence[str], approved: Sequence[EarningView]) -> None:
    """Every judgment must have an earning here; a wrong tenant or an unknown id must not pass for a repetition."""
    missing = sorted(set(wanted) - {earning.judgment_id for earning in approved})
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        known = select(func.count()).where(Earning.cause_kind == UNIT, Earning.cause_id.in_(chunk))
        if session.scalar(known) != len(chunk):
            raise _unknown()


def _ensure_rejectable(session: Session, earning: EarningView, receipt_id: str) -> None:
    if earning.receipt_id is not None:
        raise Conflict("earning.restored", _("An appeal has given this pay back; it cannot be rejected again."))
    if earning.payout_line_id is not None or earning.state is EarningState.PAID:
        raise Conflict("earning.in_payment", _("A payment covers this unit already; it cannot be rejected any more."))
    if not has_receipt(session, receipt_id, earning.annotator_id):
        raise Invalid("earning.no_receipt", _("A rejection needs the receipt that the person was given."))


def _move(session: Session, earning: EarningView, state: EarningState, **values: Any) -> None:
    """Change the state if it is still the one that was read, and no payment has taken the earning since."""
    moved = session.execute(
        update(Earning)
        .where(Earning.id == earning.id, Earning.state == earning.state, Earning.payout_line_id.is_(None))
        .values(state=state.value, **values),
        execution_options={"synchronize_session": False},
    )
    if changed_rows(moved) != 1:
        raise Conflict("earning.changed", _("Somebody else has decided on this unit meanwhile."))


def _reverse(session: Session, earning: EarningView, receipt_id: str) -> None:
    entry = Entry(
        cause=(UNIT, earning.judgment_id), code=Code.REVERSED, debit=_payable(earning),
        credit=Book(earning.org_id, Kind.WAGES), micros=earning.micros, currency=earning.currency, memo=earning.memo,
        reason=f"receipt:{receipt_id}", reverses_id=_earned_id(session, earning),
    )  # fmt: skip
    ledger.post_all(session, [entry])


def _earned_id(session: Session, earning: EarningView) -> str | None:
    return session.scalar(
        select(Transfer.id).where(
            Transfer.org_id == earning.org_id,
            Transfer.cause_kind == UNIT,
            Transfer.cause_id == earning.judgment_id,
            Transfer.code == Code.EARNED,
        )
    )


def _totals(earnings: Sequence[EarningView]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for earning in earnings:
        totals[earning.currency] = totals.get(earning.currency, 0) + earning.micros
    return totals


def _tell_approved(session: Session, actor: Actor, approved: Sequence[EarningView]) -> None:
    """One line of the log for each vendor; linked by the job, so that a submission does not wait for the chain."""
    for org_id, group in groupby(approved, key=lambda earning: earning.org_id):
        earnings = list(group)
        only = earnings[0].judgment_id if len(earnings) == 1 else None
        details = {"count": len(earnings), "totals": _totals(earnings)}
        audit.record(session, actor, "earnings.approved", "earning", only, org_id=org_id, details=details, link=False)


def _tell(session: Session, actor: Actor, action: str, earning: EarningView, **more: Any) -> None:
    details = {"micros": earning.micros, "currency": earning.currency, "annotator": earning.annotator_id, **more}
    audit.record(session, actor, action, "earning", earning.judgment_id, org_id=earning.org_id, details=details)
