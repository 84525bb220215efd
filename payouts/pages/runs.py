"""Payout runs on a screen: made, read and signed, sent, settled."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from payouts.operations.runs import approve_run, cancel_run, export_run, fail_line, file_of, prepare_run, settle_run
from payouts.pages import words
from payouts.pages.amounts import may, read_moment
from payouts.pages.routes import pages
from payouts.policy import Action
from payouts.queries.people import account_names
from payouts.queries.runs import line_of, lines_of, run_of, runs
from payouts.values import RunState
from web import current, limits
from web.amounts import read_amount
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see


class PrepareForm(FormModel):
    """A run to be made, as typed."""

    currency: str
    threshold: str = "0"
    cutoff_at: str = ""


@pages.get("/payout-runs")
def payout_runs() -> Response:
    """All runs, newest first."""
    return _runs_page(empty_form({"threshold": "0"}))


@pages.post("/payout-runs")
def prepare() -> Response:
    """Make a run."""
    form = read_form(PrepareForm)
    if form.ok:
        threshold, cutoff_at = read_amount(form.data.threshold), read_moment(form.data.cutoff_at)
        if isinstance(threshold, Message):
            form.errors["threshold"] = threshold
        elif isinstance(cutoff_at, Message):
            form.errors["cutoff_at"] = cutoff_at
        else:
            made = _tried(
                form,
                lambda session: prepare_run(
                    session, current.actor(), currency=form.data.currency.upper(), cutoff_at=cutoff_at,
                    threshold_micros=threshold,
                ),
            )  # fmt: skip
            if made is not None:
                return see("payouts.payout_run", run_id=made.id)
    return _runs_page(form, 422)


@pages.get("/payout-runs/<run_id>")
def payout_run(run_id: str) -> Response:
    """One run with everything that is signed."""
    return _run_page(run_id, empty_form())


class ApproveForm(FormModel):
    """The total as typed, and the hash as shown."""

    total: str
    sha256: str


@pages.post("/payout-runs/<run_id>/approve")
def approve(run_id: str) -> Response:
    """Approve exactly what is on the page."""
    form = read_form(ApproveForm)
    if form.ok:
        total = read_amount(form.data.total)
        if isinstance(total, Message):
            form.errors["total"] = total
        elif _tried(
            form,
            lambda session: approve_run(session, current.actor(), run_id, total_micros=total, sha256=form.data.sha256),
            field="total",
        ):
            flash("good", _("Approved. The file can be taken now."))
            return see("payouts.payout_run", run_id=run_id)
    return _run_page(run_id, form, 422)


class ReasonForm(FormModel):
    """Why."""

    reason: str = ""


@pages.post("/payout-runs/<run_id>/cancel")
def cancel(run_id: str) -> Response:
    """Send a run back."""
    form = read_form(ReasonForm)
    if form.ok and _tried(
        form, lambda session: cancel_run(session, current.actor(), run_id, reason=form.data.reason), field="reason"
    ):
        flash("good", _("Sent back. All of its money is in the balances again."))
        return see("payouts.payout_run", run_id=run_id)
    return _run_page(run_id, form, 422)


@pages.post("/payout-runs/<run_id>/export")
def export(run_id: str) -> Response:
    """Take the file for the bank; the first time moves the run on."""
    limits.spend("export")
    file = db.current().run(current.scope(), lambda session: export_run(session, current.actor(), run_id))
    return _download(file)


@pages.get("/payout-runs/<run_id>/file")
def run_file(run_id: str) -> Response:
    """The file again, the same bytes."""
    limits.spend("export")
    return _download(db.current().run(current.scope(), lambda session: file_of(session, current.actor(), run_id)))


@pages.post("/payout-runs/<run_id>/settle")
def settle(run_id: str) -> Response:
    """The bank has paid."""
    db.current().run(current.scope(), lambda session: settle_run(session, current.actor(), run_id))
    flash("good", _("Noted as paid."))
    return see("payouts.payout_run", run_id=run_id)


@pages.post("/payout-lines/<line_id>/fail")
def fail(line_id: str) -> Response:
    """A payment did not arrive."""
    with db.reading(current.scope()) as session:
        line = line_of(session, line_id)
    if line is None:
        raise not_found()
    form = read_form(ReasonForm)
    if form.ok and _tried(
        form, lambda session: fail_line(session, current.actor(), line_id, reason=form.data.reason), field="reason"
    ):
        flash("good", _("The money is in the person's balance again."))
        return see("payouts.payout_run", run_id=line.run_id)
    return _run_page(line.run_id, form, 422)


def _tried(form: Form[Any], act: Callable[[Any], Any], field: str = "") -> Any:
    """Do it; what was wrong with it stands on the form then."""
    try:
        return db.current().run(current.scope(), act)
    except Invalid as problem:
        form.add(problem)
    except Conflict as problem:
        form.errors[field] = problem.message
    return None


def _download(file: Any) -> Response:
    response = Response(file.content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["X-Content-SHA256"] = file.sha256
    return response


def _runs_page(form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        found, more = runs(session, after=request.args.get("after") or None)
        names = account_names(session, (run.prepared_by for run in found))
    return page(
        "payouts/payout_runs.html", status, runs=found, after=more, names=names, form=form, words=words,
        may_prepare=may(Action.RUN_PREPARE),
    )  # fmt: skip


def _run_page(run_id: str, form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        run = run_of(session, run_id)
        if run is None:
            raise not_found()
        lines, after = lines_of(session, run_id, after=request.args.get("after") or None)
        names = account_names(session, {run.prepared_by, run.approved_by or run.prepared_by})
    me = current.actor().account_id
    return page(
        "payouts/payout_run.html", status, run=run, lines=lines, after=after, names=names, form=form, words=words,
        can_approve=may(Action.RUN_APPROVE) and run.state is RunState.DRAFT and run.prepared_by != me,
        is_maker=run.prepared_by == me, may_export=may(Action.RUN_EXPORT), may_settle=may(Action.RUN_SETTLE),
        may_prepare=may(Action.RUN_PREPARE), states=RunState,
    )  # fmt: skip
