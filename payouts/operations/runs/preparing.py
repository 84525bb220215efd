"""Preparing a run: who is paid and how much, locked in the same transaction, so that nothing can be paid twice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.hot import Hot, table_of
from kernel.money import is_currency, payable_part
from kernel.policy import Actor
from payouts import ledger
from payouts.files import payments
from payouts.models import Earning, LedgerAccount, PayoutLine, PayoutMethod, PayoutRun
from payouts.operations.runs import loading
from payouts.policy import Action, books_of
from payouts.rules.destinations import faults, kept
from payouts.rules.payments import Candidate, covered, leave_out
from payouts.values import Code, EarningState, Kind, LeftOut, LineState, RunState, RunView

_AT_ONCE = 500


def prepare_run(
    session: Session, actor: Actor, *, currency: str, cutoff_at: datetime | None = None, threshold_micros: int = 0
) -> RunView:
    """Make a run of all that was approved until the cut-off (now, where it is left out), and lock the money in it.

    Everybody with a payout method and at least `threshold_micros` is in it; whoever is left out is named with the
    reason. Raises Conflict when there is nobody to pay, so that no empty run exists.
    """
    require(session, actor, Action.RUN_PREPARE, books_of(actor.org_id, "payout_run"))
    cutoff_at = now_of(session) if cutoff_at is None else cutoff_at
    _ensure_sound(session, currency, cutoff_at, threshold_micros)
    balances = _locked_balances(session, currency)
    methods = _methods(session, balances)
    chosen: list[Candidate] = []
    left_out: list[tuple[Candidate, LeftOut]] = []
    for candidate in _candidates(session, currency, cutoff_at, balances, methods):
        why = leave_out(candidate, currency, threshold_micros, now_of(session))
        if why is None:
            chosen.append(candidate)
        else:
            left_out.append((candidate, why))
    if not chosen:
        raise _nobody(left_out)
    run = _add_run(session, actor, currency, cutoff_at, threshold_micros, left_out)
    _fill(session, run, chosen, methods)
    done = loading.view(session, run.id)
    loading.tell(session, actor, "payout_run.prepared", done, left_out=len(left_out))
    return done


def _ensure_sound(session: Session, currency: str, cutoff_at: datetime, threshold_micros: int) -> None:
    wrong = {}
    if not is_currency(currency):
        wrong["currency"] = _("There is no such currency.")
    if cutoff_at > now_of(session):
        wrong["cutoff_at"] = _("The cut-off lies in the future.")
    if threshold_micros < 0:
        wrong["threshold"] = _("The threshold is less than nothing.")
    if wrong:
        raise Invalid("payout.invalid", _("A run cannot be made like this."), wrong)


def _nobody(left_out: Sequence[tuple[Candidate, LeftOut]]) -> Conflict:
    counts: dict[str, int] = defaultdict(int)
    for _candidate, why in left_out:
        counts[why.value] += 1
    return Conflict("payout.nobody", _("There is nobody to pay in this currency now."), left_out=dict(counts))


def _locked_balances(session: Session, currency: str) -> dict[str, int]:
    """What is owed to each person, held until the end of the transaction against other runs and reversals."""
    rows = session.execute(
        select(LedgerAccount.holder_id, LedgerAccount.balance_micros)
        .where(
            LedgerAccount.kind == Kind.PAYABLE, LedgerAccount.currency == currency, LedgerAccount.balance_micros > 0
        )
        .order_by(LedgerAccount.id)
        .with_for_update()
    )  # fmt: skip
    return {row.holder_id: row.balance_micros for row in rows}


def _methods(session: Session, people: Iterable[str]) -> dict[str, PayoutMethod]:
    wanted = sorted(people)
    found: dict[str, PayoutMethod] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = select(PayoutMethod).where(PayoutMethod.annotator_id.in_(wanted[start : start + _AT_ONCE]))
        for method in session.scalars(chunk.execution_options(populate_existing=True)):
            found[method.annotator_id] = method
    return found


def _candidates(
    session: Session, currency: str, cutoff_at: datetime, balances: dict[str, int], methods: dict[str, PayoutMethod]
) -> list[Candidate]:
    """Everybody with a balance. What was approved after the cut-off is taken off it: it waits for the next run."""
    until: dict[str, list[tuple[str, int]]] = defaultdict(list)
    later: dict[str, int] = defaultdict(int)
    rows = session.execute(
        select(Earning.annotator_id, Earning.id, Earning.micros, Earning.approved_at)
        .where(
            Earning.state == EarningState.APPROVED, Earning.payout_line_id.is_(None), Earning.currency == currency
        )
        .order_by(Earning.annotator_id, Earning.earned_at, Earning.id)
    )  # fmt: skip
    for row in rows:
        if row.approved_at <= cutoff_at:
            until[row.annotator_id].append((row.id, row.micros))
        else:
            later[row.annotator_id] += row.micros
    return [
        Candidate(
            person, owed - later[person], tuple(until[person]),
            methods[person].changed_at if person in methods else None,
            person in methods and _has_faults(methods[person]),
        )
        for person, owed in sorted(balances.items()) if owed > later[person]
    ]  # fmt: skip


def _has_faults(method: PayoutMethod) -> bool:
    return bool(faults(kept(method.kind, method.holder, method.details)))


def _add_run(
    session: Session, actor: Actor, currency: str, cutoff_at: datetime, threshold_micros: int,
    left_out: Sequence[tuple[Candidate, LeftOut]],
) -> PayoutRun:  # fmt: skip
    assert actor.account_id is not None and actor.org_id is not None, "a run is prepared by a person of a vendor"
    number = (session.scalar(select(func.max(PayoutRun.number))) or 0) + 1
    run = PayoutRun(
        id=ids.new_id(), org_id=actor.org_id, number=number, currency=currency, state=RunState.DRAFT.value,
        cutoff_at=cutoff_at, threshold_micros=threshold_micros, lines=0, total_micros=0,
        prepared_by=actor.account_id, prepared_at=now_of(session),
        left_out=[
            {"annotator_id": one.annotator_id, "micros": one.owed_micros, "why": why.value} for one, why in left_out
        ],
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def _fill(session: Session, run: PayoutRun, chosen: Sequence[Candidate], methods: dict[str, PayoutMethod]) -> None:
    """Add the payments, lock their money, mark what they cover, and fix the file by its hash."""
    made = [_line(run, candidate, methods[candidate.annotator_id]) for candidate in chosen]
    session.add_all(line for line, _earnings in made)
    session.flush()
    entries = [loading.entry(line, Code.LOCKED, Kind.PAYABLE, Kind.CLEARING, run.number) for line, _earnings in made]
    ledger.post_all(session, entries)
    _cover(session, made)
    content = payments.write(loading.payment(line, run.number) for line, _earnings in made)
    run.lines, run.total_micros = len(made), sum(line.micros for line, _earnings in made)
    run.file_name, run.file_sha256 = f"payout-{run.number:05d}-{run.currency}.csv", payments.sha256(content)
    session.flush()


def _line(run: PayoutRun, candidate: Candidate, method: PayoutMethod) -> tuple[PayoutLine, list[str]]:
    micros = payable_part(candidate.owed_micros, run.currency)
    earning_ids = covered(candidate.open_earnings, candidate.owed_micros, micros)
    line = PayoutLine(
        id=ids.new_id(), org_id=run.org_id, run_id=run.id, annotator_id=candidate.annotator_id, micros=micros,
        currency=run.currency, earnings=len(earning_ids), kind=method.kind, mask=method.mask,
        state=LineState.OPEN.value, reason="",
    )  # fmt: skip
    line.holder, line.details = method.holder, method.details
    return line, earning_ids


def _cover(session: Session, made: Sequence[tuple[PayoutLine, list[str]]]) -> None:
    """Mark each earning with the payment that covers it, all of them by one statement."""
    marks = [{"p_earning": each, "p_line": line.id} for line, earning_ids in made for each in earning_ids]
    if marks and _COVER.run_all(session, marks) != len(marks):
        raise Conflict("payout.changed", _("An earning changed while the run was made; try again."))


_EARNING = table_of(Earning)
_COVER = Hot(
    update(_EARNING)
    .where(
        _EARNING.c.id == bindparam("p_earning"), _EARNING.c.state == EarningState.APPROVED.value,
        _EARNING.c.payout_line_id.is_(None),
    )
    .values(payout_line_id=bindparam("p_line"))
)  # fmt: skip
