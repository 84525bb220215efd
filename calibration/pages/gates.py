"""The designer of a lane's rules: what holds, every version before it, how the rules have acted, and a new version."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Response, request, url_for
from pydantic import Field

from calibration import jobs
from calibration.operations import reading, rulebook
from calibration.pages import pages, pictures
from calibration.pages.words import ACTIONS, CONTRADICTIONS, ENDS, METRICS
from calibration.queries.backtests import BacktestView
from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from web import current
from web.amounts import Percent, percent_of, share_of
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from web.views.progress import JobCard

SHARES = ("limit", "certainty", "release")


class Gate(FormModel):
    """What the form of a rule sends."""

    name: str = rulebook.STANDARD
    metric: str = "accuracy_upper"
    action: str = "pause"
    limit: Percent = Field(default=80, ge=5, le=99)
    certainty: Percent = Field(default=90, ge=51, le=99)
    release: Percent | None = Field(default=None, ge=5, le=99)
    minimum_checks: int = Field(default=20, ge=10, le=200)
    pause_days: int = Field(default=7, ge=1, le=90)

    @property
    def settings(self) -> dict[str, Any]:
        """What the operations call it."""
        shares = {name: getattr(self, name) for name in SHARES}
        return self.model_dump() | {name: each and share_of(each) for name, each in shares.items()}


def typed(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as its form shows it."""
    fields = {name: rule[name] for name in Gate.model_fields}
    return fields | {name: percent_of(fields[name]) for name in SHARES if fields[name] is not None}


@pages.get("/lanes/<lane_id>/gates")
def lane_gates(lane_id: str) -> Response:
    """A lane's rules."""
    name = request.args.get("name", rulebook.STANDARD)
    with db.reading(current.scope()) as session:
        found = reading.lane_gates(session, current.actor(), lane_id)
    known = next((typed(asdict(rule)) for rule in found.rules if rule.name == name), None)
    return _shown(found, empty_form(known or Gate(name=name).model_dump()))


@pages.post("/lanes/<lane_id>/gate")
def set_gate(lane_id: str) -> Response:
    """Write a rule, or the next version of one."""
    form = read_form(Gate)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                rulebook.set_gate(session, current.actor(), lane_id, **form.data.settings)
            flash("good", _("The rule holds from the next check on."))
            return see("calibration.lane_gates", lane_id=lane_id)
        except Invalid as problem:
            form.add(problem)
    with db.reading(current.scope()) as session:
        found = reading.lane_gates(session, current.actor(), lane_id)
    return _shown(found, form, 422)


@pages.post("/lanes/<lane_id>/backtests")
def ask_backtest(lane_id: str) -> Response:
    """Replay the rule in the form over what happened, before it is set."""
    form, wide = read_form(Gate), bool(request.form.get("wide"))
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                asked = jobs.begin_backtest(session, current.actor(), lane_id, wide=wide, **form.data.settings)
            return see("calibration.lane_backtest", lane_id=lane_id, backtest_id=asked)
        except Invalid as problem:
            form.add(problem)
    with db.reading(current.scope()) as session:
        found = reading.lane_gates(session, current.actor(), lane_id)
    return _shown(found, form, 422)


@pages.get("/lanes/<lane_id>/backtests/<backtest_id>")
def lane_backtest(lane_id: str, backtest_id: str) -> Response:
    """What a backtest found, or how far it is."""
    with db.reading(current.scope()) as session:
        found = reading.lane_backtests(session, current.actor(), lane_id, backtest_id)
    assert found.shown is not None
    here = url_for("calibration.lane_backtest", lane_id=lane_id, backtest_id=backtest_id)
    job = _progress(found.shown, here)
    if request.headers.get("HX-Request"):
        return page("web/jobs_status.html", job=job, job_url=here)
    return page(
        "calibration/backtest.html", lane=found.lane, shown=found.shown, names=found.names, lanes=found.lanes,
        others=found.backtests, typed=typed(found.shown.rule),
        metrics=METRICS, actions=ACTIONS, against=CONTRADICTIONS,
        job=job, job_url=here, days=_days(found.shown),
        drawn=pictures.acted_by_locale(found.shown.result["locales"]) if found.shown.result else None,
    )  # fmt: skip


def _days(shown: BacktestView) -> dict[str, date]:
    kept = {row[name] for row in shown.result.get("rows", ()) for name in ("on", "until")} - {None}
    return {day: date.fromisoformat(day) for day in kept}


def _progress(shown: BacktestView, here: str) -> JobCard:
    """How far a backtest is, as the card of a job."""
    state = "done" if shown.finished_at else "running" if shown.people else "waiting"
    detail = _("%(done)s of %(total)s", done=shown.done, total=shown.people) if shown.people else ""
    percent = 100 * shown.done // shown.people if shown.people else None
    title = str(_("The rule is being tried on what happened"))
    return JobCard(shown.id, title, state, percent, str(detail), here if shown.finished_at else "", "")


@pages.post("/lanes/<lane_id>/gate/end")
def end_gate(lane_id: str) -> Response:
    """Take a rule out of force."""
    try:
        with db.transaction(current.scope()) as session:
            rulebook.end_gate(session, current.actor(), lane_id, request.form.get("name", ""))
        flash("good", _("The rule is out of force. A pause that it began runs its time."))
    except Conflict as problem:
        flash("wait", problem.message)
    return see("calibration.lane_gates", lane_id=lane_id)


def _shown(found: reading.RulesPage, form: Form[Gate], status: int = 200) -> Response:
    return page(
        "calibration/lane_gates.html", status, lane=found.lane, rules=found.rules, firings=found.firings, form=form,
        metrics=METRICS, actions=ACTIONS, ends=ENDS,
    )  # fmt: skip
