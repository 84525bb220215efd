"""Signing a run: a second person approves exactly what they saw, and the file that leaves is that one and no other."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel.crypto import same
from kernel.db import now_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import Actor
from payouts import ledger
from payouts.files import payments
from payouts.models import Earning, PayoutLine, PayoutRun, Transfer
from payouts.operations.runs import loading
from payouts.policy import Action
from payouts.queries.people import person_of_account
from payouts.values import PAYOUT_LINE, Code, Kind, LineState, PayoutFile, RunState, RunView


def approve_run(session: Session, actor: Actor, run_id: str, *, total_micros: int, sha256: str) -> RunView:
    """Send a run on, as somebody else than who made it, and only if total and hash are those that were shown.

    Raises Forbidden for the person who made it and for anybody who is paid by it, Conflict when it has moved on or its
    file is not what was signed, Invalid for another total.
    """
    run = loading.load(session, actor, run_id, Action.RUN_APPROVE)
    _ensure_not_paid_by_it(session, actor, run)
    if not same(run.file_sha256 or "", sha256):
        raise Conflict("payout.not_as_signed", _("The run is not the one that you were shown. Load it and read again."))
    if run.total_micros != total_micros:
        words = _("This is not the total of the run. Read it again and type it as it stands here.")
        raise Invalid("payout.other_total", words, {"total": words})
    _ensure_intact(session, run)
    loading.move(
        session, run, from_=[RunState.DRAFT], to=RunState.APPROVED,
        approved_by=actor.account_id, approved_at=now_of(session),
    )  # fmt: skip
    done = loading.view(session, run_id)
    loading.tell(session, actor, "payout_run.approved", done)
    return done


def cancel_run(session: Session, actor: Actor, run_id: str, *, reason: str) -> RunView:
    """Send a run back that has not left yet: all its money returns to the balances."""
    run = loading.load(session, actor, run_id, Action.RUN_PREPARE)
    reason = reason.strip()
    if not reason:
        words = _("Say why, so that whoever made it can mend it.")
        raise Invalid("payout.no_reason", words, {"reason": words})
    number, lines = run.number, loading.lines(session, run_id)
    loading.move(session, run, from_=[RunState.DRAFT, RunState.APPROVED], to=RunState.CANCELLED)
    ledger.post_all(
        session, [loading.entry(line, Code.RELEASED, Kind.CLEARING, Kind.PAYABLE, number, reason) for line in lines]
    )
    in_run = select(PayoutLine.id).where(PayoutLine.run_id == run_id)
    quietly = {"synchronize_session": False}
    session.execute(
        update(Earning).where(Earning.payout_line_id.in_(in_run)).values(payout_line_id=None),
        execution_options=quietly,
    )
    values = {"state": LineState.CANCELLED.value, "reason": reason}
    session.execute(update(PayoutLine).where(PayoutLine.run_id == run_id).values(**values), execution_options=quietly)
    done = loading.view(session, run_id)
    loading.tell(session, actor, "payout_run.cancelled", done, words=reason)
    return done


def export_run(session: Session, actor: Actor, run_id: str) -> PayoutFile:
    """The file for the bank. The first export moves the run on; every further one gives the same bytes."""
    run = loading.load(session, actor, run_id, Action.RUN_EXPORT)
    if run.state == RunState.APPROVED:
        _ensure_intact(session, run)
        loading.move(session, run, from_=[RunState.APPROVED], to=RunState.EXPORTED, exported_at=now_of(session))
    return _file(session, actor, run_id)


def file_of(session: Session, actor: Actor, run_id: str) -> PayoutFile:
    """The file of a run that was exported before."""
    loading.load(session, actor, run_id, Action.RUN_EXPORT)
    return _file(session, actor, run_id)


def _file(session: Session, actor: Actor, run_id: str) -> PayoutFile:
    run = loading.view(session, run_id)
    if run.state not in (RunState.EXPORTED, RunState.SETTLED):
        raise Conflict("payout.not_approved", _("A second person has to approve this run before its file exists."))
    content = payments.write(loading.payment(line, run.number) for line in loading.lines(session, run_id))
    if not same(payments.sha256(content), run.file_sha256):
        raise Conflict("payout.file_differs", _("The file would not be the one that was approved; it is not given."))
    loading.tell(session, actor, "payout_run.exported", run)
    return PayoutFile(run.file_name, content, run.file_sha256)


def _ensure_not_paid_by_it(session: Session, actor: Actor, run: PayoutRun) -> None:
    if actor.account_id is None:
        return
    person = person_of_account(session, actor.account_id, run.org_id)
    if person is None:
        return
    found = select(PayoutLine.id).where(PayoutLine.run_id == run.id, PayoutLine.annotator_id == person.annotator_id)
    if session.scalar(found) is not None:
        raise Forbidden("payout.own_payment", _("You are paid by this run; somebody else has to approve it."))


def _ensure_intact(session: Session, run: PayoutRun) -> None:
    """Total, payments, what was locked, and the file must be one and the same thing."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(PayoutLine.micros), 0)).where(PayoutLine.run_id == run.id)
    ).one()
    in_run = select(PayoutLine.id).where(PayoutLine.run_id == run.id)
    locked = session.scalar(
        select(func.coalesce(func.sum(Transfer.micros), 0)).where(
            Transfer.cause_kind == PAYOUT_LINE, Transfer.code == Code.LOCKED, Transfer.cause_id.in_(in_run)
        )
    )
    content = payments.write(loading.payment(line, run.number) for line in loading.lines(session, run.id))
    figures = {int(total), int(locked or 0)}
    if figures != {run.total_micros} or count != run.lines or payments.sha256(content) != run.file_sha256:
        raise Conflict("payout.not_intact", _("The payments of this run do not add up to it. Send it back."))
