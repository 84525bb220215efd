"""What all acts on a run share: loading it, moving its state once, its payments as the bank sees them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.changes import changed_rows
from kernel.errors import Conflict, Misuse
from kernel.guard import not_found, require
from kernel.policy import Actor
from payouts.files.payments import Payment
from payouts.models import PayoutLine, PayoutRun
from payouts.policy import Action, run_resource
from payouts.queries.runs import run_of
from payouts.rules.destinations import kept
from payouts.values import PAYOUT_LINE, Book, Code, Entry, Kind, RunState, RunView


def load(session: Session, actor: Actor, run_id: str, action: Action) -> PayoutRun:
    """The run as it stands now, if the actor may do this to it; held, so that acts on one run follow each other."""
    found = select(PayoutRun).where(PayoutRun.id == run_id).with_for_update()
    run = session.scalars(found.execution_options(populate_existing=True)).one_or_none()
    if run is None:
        raise not_found()
    require(session, actor, action, run_resource(run))
    return run


def move(session: Session, run: PayoutRun, *, from_: Sequence[RunState], to: RunState, **values: Any) -> None:
    """Change the state of a run, once: whoever comes second is told so."""
    moved = session.execute(
        update(PayoutRun).where(PayoutRun.id == run.id, PayoutRun.state.in_(from_)).values(state=to.value, **values),
        execution_options={"synchronize_session": False},
    )
    if changed_rows(moved) != 1:
        raise Conflict("payout.state", _("This run has moved on; load it again."), state=run.state)
    session.expire(run)


def view(session: Session, run_id: str) -> RunView:
    """The run after an act."""
    found = run_of(session, run_id)
    if found is None:
        raise Misuse("a run vanished")
    return found


def tell(session: Session, actor: Actor, action: str, run: RunView, *, words: str = "", **more: Any) -> None:
    """The line of the log, with what was signed."""
    details = {
        "number": run.number, "currency": run.currency, "total": run.total_micros, "lines": run.lines,
        "sha256": run.file_sha256, **more,
    }  # fmt: skip
    audit.record(session, actor, action, "payout_run", run.id, details=details, words=words)


def lines(session: Session, run_id: str) -> list[PayoutLine]:
    """The payments of a run in the order of their ids, which is the order of the file."""
    found = select(PayoutLine).where(PayoutLine.run_id == run_id).order_by(PayoutLine.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def payment(line: PayoutLine, number: int) -> Payment:
    """A payment as the bank sees it, from what was kept when the run was locked."""
    to = kept(line.kind, line.holder, line.details)
    remittance = f"Pay {number}"
    return Payment(line.id, to.kind, to.holder, to.account, to.bic, line.micros, line.currency, remittance)


def entry(line: PayoutLine, code: Code, debit: Kind, credit: Kind, number: int, reason: str = "") -> Entry:
    """A movement of a payment's money between two accounts, of the person or of the bank."""
    return Entry(
        cause=(PAYOUT_LINE, line.id), code=code, debit=_book(line, debit), credit=_book(line, credit),
        micros=line.micros, currency=line.currency, memo={"run": number, "to": line.mask}, reason=reason,
    )  # fmt: skip


def _book(line: PayoutLine, kind: Kind) -> Book:
    return Book(line.org_id, kind, line.annotator_id if kind in (Kind.PAYABLE, Kind.CLEARING) else "")
