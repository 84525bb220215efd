"""Payout runs over the API: made, approved by a second person, exported, settled."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response

from kernel import db
from kernel.guard import not_found
from kernel.money import from_text, to_text
from kernel.policy import Actor
from payouts.api.routes import PayoutReasonIn, api
from payouts.operations.runs import approve_run, cancel_run, export_run, fail_line, file_of, prepare_run, settle_run
from payouts.queries.runs import lines_of, run_of, runs
from payouts.values import LineState, LineView, MethodKind, PayoutFile, RunState, RunView
from web import current, limits
from web.amounts import Amount
from web.forms import InModel, Instant, OutModel, PageQuery, values_of


class RunIn(InModel):
    """A run to be made."""

    currency: str
    threshold: Amount = "0"
    cutoff_at: Instant | None = None


class LeftOutOut(OutModel):
    """Somebody whom a run left out."""

    annotator_id: str
    amount: str
    why: str


class RunOut(OutModel):
    """A run with what is signed."""

    id: str
    number: int
    currency: str
    state: Annotated[str, values_of(RunState)]
    cutoff_at: datetime
    threshold: str
    payments: int
    total: str
    sha256: str
    file_name: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    exported_at: datetime | None
    settled_at: datetime | None
    left_out: list[LeftOutOut]


class RunsOut(OutModel):
    """A page of runs, newest first."""

    items: list[RunOut]
    next_after: str | None


@api.get("/payout-runs", returns=RunsOut, query=PageQuery)
def payout_runs(session: Any, actor: Actor, query: PageQuery) -> RunsOut:
    """Payout runs, newest first."""
    items, after = runs(session, after=query.after, limit=query.limit)
    return RunsOut(items=[_run(run) for run in items], next_after=after)


@api.get("/payout-runs/<run_id>", returns=RunOut)
def payout_run(session: Any, actor: Actor, run_id: str) -> RunOut:
    """One payout run."""
    found = run_of(session, run_id)
    if found is None:
        raise not_found()
    return _run(found)


@api.post("/payout-runs", body=RunIn, returns=RunOut, creates=True, keyed=True)
def prepare_payout_run(session: Any, actor: Actor, body: RunIn) -> RunOut:
    """Make a run; its money is locked at once."""
    threshold = from_text(body.threshold)
    return _run(
        prepare_run(session, actor, currency=body.currency, cutoff_at=body.cutoff_at, threshold_micros=threshold)
    )


class ApproveIn(InModel):
    """What is signed: total and hash, as they were shown."""

    total: Amount
    sha256: str


@api.post("/payout-runs/<run_id>/approve", body=ApproveIn, returns=RunOut, keyed=True)
def approve_payout_run(session: Any, actor: Actor, run_id: str, body: ApproveIn) -> RunOut:
    """Approve a run that somebody else made."""
    total = from_text(body.total)
    return _run(approve_run(session, actor, run_id, total_micros=total, sha256=body.sha256))


@api.post("/payout-runs/<run_id>/cancel", body=PayoutReasonIn, returns=RunOut, keyed=True)
def cancel_payout_run(session: Any, actor: Actor, run_id: str, body: PayoutReasonIn) -> RunOut:
    """Send a run back before it leaves; all of its money is in the balances again."""
    return _run(cancel_run(session, actor, run_id, reason=body.reason))


class PayoutFileOut(OutModel):
    """The file for the bank, by name and hash; its content is at `/payout-runs/{id}/file`."""

    name: str
    sha256: str
    size: int


@api.post("/payout-runs/<run_id>/export", returns=PayoutFileOut, before=limits.spends("export"), keyed=True)
def export_payout_run(session: Any, actor: Actor, run_id: str) -> PayoutFileOut:
    """Release the file; the first time moves the run on."""
    file = export_run(session, actor, run_id)
    return PayoutFileOut(name=file.name, sha256=file.sha256, size=len(file.content))


@api.get("/payout-runs/<run_id>/file", returns=None, produces=("text/csv",), before=limits.spends("export"))
def payout_file(session: Any, actor: Actor, run_id: str) -> Response:
    """The file for the bank, always the same bytes."""

    def act(writing: Any) -> PayoutFile:
        return file_of(writing, actor, run_id)

    # Reading bank details is written to the log, which the reading transaction of a GET cannot do.
    file = db.current().run(current.scope(), act)
    response = Response(file.content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["X-Content-SHA256"] = file.sha256
    return response


@api.post("/payout-runs/<run_id>/settle", returns=RunOut, keyed=True)
def settle_payout_run(session: Any, actor: Actor, run_id: str) -> RunOut:
    """Note that the bank has paid."""
    return _run(settle_run(session, actor, run_id))


class LineOut(OutModel):
    """One payment of a run; `to` is the masked account."""

    id: str
    run_id: str
    annotator_id: str
    name: str
    kind: Annotated[str, values_of(MethodKind)]
    to: str
    amount: str
    currency: str
    earnings: int
    state: Annotated[str, values_of(LineState)]
    reason: str


class LinesOut(OutModel):
    """A page of a run's payments, in the order of the file."""

    items: list[LineOut]
    next_after: str | None


@api.get("/payout-runs/<run_id>/lines", returns=LinesOut, query=PageQuery)
def payout_lines(session: Any, actor: Actor, run_id: str, query: PageQuery) -> LinesOut:
    """The payments of a run."""
    if run_of(session, run_id) is None:
        raise not_found()
    items, after = lines_of(session, run_id, after=query.after, limit=query.limit)
    return LinesOut(items=[_line(line) for line in items], next_after=after)


@api.post("/payout-lines/<line_id>/fail", body=PayoutReasonIn, returns=LineOut, keyed=True)
def fail_payment(session: Any, actor: Actor, line_id: str, body: PayoutReasonIn) -> LineOut:
    """Note that a payment did not arrive; its money is in the person's balance again."""
    return _line(fail_line(session, actor, line_id, reason=body.reason))


def _line(line: LineView) -> LineOut:
    return LineOut(
        id=line.id, run_id=line.run_id, annotator_id=line.annotator_id, name=line.name, kind=line.kind.value,
        to=line.mask, amount=to_text(line.micros), currency=line.currency, earnings=line.earnings,
        state=line.state.value, reason=line.reason,
    )  # fmt: skip


def _run(run: RunView) -> RunOut:
    return RunOut(
        id=run.id, number=run.number, currency=run.currency, state=run.state.value, cutoff_at=run.cutoff_at,
        threshold=to_text(run.threshold_micros), payments=run.lines, total=to_text(run.total_micros),
        sha256=run.file_sha256, file_name=run.file_name, prepared_by=run.prepared_by, prepared_at=run.prepared_at,
        approved_by=run.approved_by, approved_at=run.approved_at, exported_at=run.exported_at,
        settled_at=run.settled_at,
        left_out=[
            LeftOutOut(annotator_id=one.annotator_id, amount=to_text(one.micros), why=one.why.value)
            for one in run.left_out
        ],
    )  # fmt: skip
