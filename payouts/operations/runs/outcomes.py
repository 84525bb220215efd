"""What became of a run: the bank has paid, or a payment came back and its money is owed again."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.policy import Actor
from payouts import ledger
from payouts.models import Earning, PayoutLine, PayoutRun
from payouts.operations.runs import loading
from payouts.policy import Action
from payouts.queries.runs import line_of
from payouts.values import Code, EarningState, Kind, LineState, LineView, RunState, RunView

_QUIETLY = {"synchronize_session": False}


def settle_run(session: Session, actor: Actor, run_id: str) -> RunView:
    """The bank has paid: whatever of the run did not fail is paid now, and so are the earnings that it covers."""
    run = loading.load(session, actor, run_id, Action.RUN_SETTLE)
    number, now = run.number, now_of(session)
    loading.move(session, run, from_=[RunState.EXPORTED], to=RunState.SETTLED, settled_at=now)
    is_open = (PayoutLine.run_id == run_id, PayoutLine.state == LineState.OPEN)
    lines = list(session.scalars(select(PayoutLine).where(*is_open).order_by(PayoutLine.id)))
    ledger.post_all(session, [loading.entry(line, Code.SETTLED, Kind.CLEARING, Kind.BANK, number) for line in lines])
    session.execute(
        update(Earning)
        .where(Earning.payout_line_id.in_(select(PayoutLine.id).where(*is_open)))
        .values(state=EarningState.PAID.value, paid_at=now),
        execution_options=_QUIETLY,
    )
    session.execute(
        update(PayoutLine).where(*is_open).values(state=LineState.SETTLED.value), execution_options=_QUIETLY
    )
    done = loading.view(session, run_id)
    loading.tell(session, actor, "payout_run.settled", done, paid=len(lines))
    return done


def fail_line(session: Session, actor: Actor, line_id: str, *, reason: str) -> LineView:
    """A payment did not arrive: its money is owed again, and its earnings wait for the next run.

    Before the run is settled it comes out of what is on its way, after that back from the bank.
    """
    run_id = session.scalar(select(PayoutLine.run_id).where(PayoutLine.id == line_id))
    if run_id is None:
        raise not_found()
    run = loading.load(session, actor, run_id, Action.RUN_SETTLE)
    line = next(line for line in loading.lines(session, run_id) if line.id == line_id)
    reason = reason.strip()
    if not reason:
        words = _("Say what the bank said.")
        raise Invalid("payout.no_reason", words, {"reason": words})
    was = _fail(session, run, line, reason)
    code, source = (Code.FAILED, Kind.CLEARING) if was is LineState.OPEN else (Code.RETURNED, Kind.BANK)
    ledger.post_all(session, [loading.entry(line, code, source, Kind.PAYABLE, run.number, reason)])
    session.execute(
        update(Earning)
        .where(Earning.payout_line_id == line_id)
        .values(state=EarningState.APPROVED.value, payout_line_id=None, paid_at=None),
        execution_options=_QUIETLY,
    )
    details = {"run": run.number, "micros": line.micros, "currency": line.currency, "was": was.value}
    audit.record(
        session, actor, "payout_line.failed", "payout_line", line_id, details=details, words=reason,
        about=line.annotator_id,
    )  # fmt: skip
    done = line_of(session, line_id)
    assert done is not None
    return done


def _fail(session: Session, run: PayoutRun, line: PayoutLine, reason: str) -> LineState:
    """Move the payment's state, once; returns what it was."""
    was = LineState(line.state)
    if (RunState(run.state), was) not in (
        (RunState.EXPORTED, LineState.OPEN), (RunState.SETTLED, LineState.SETTLED)
    ):  # fmt: skip
        raise Conflict("payout.line_state", _("This payment is not on its way, nor was it paid."), state=was.value)
    moved = session.execute(
        update(PayoutLine)
        .where(PayoutLine.id == line.id, PayoutLine.state == was)
        .values(state=LineState.FAILED.value, reason=reason),
        execution_options=_QUIETLY,
    )
    if changed_rows(moved) != 1:
        raise Conflict("payout.line_state", _("Somebody else has decided on this payment meanwhile."))
    return was
