"""The designer of a lane's rules: what holds, every version before it, how the rules have acted, and a new version."""

from dataclasses import asdict

from flask import Response, request
from pydantic import Field

from calibration.operations import reading, rulebook
from calibration.pages import pages
from calibration.pages.words import ACTIONS, ENDS, METRICS
from i18n import _
from kernel import db
from kernel.errors import Invalid, NotFound
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see


class Gate(FormModel):
    """What the form of a rule sends."""

    name: str = rulebook.STANDARD
    metric: str = "accuracy_upper"
    action: str = "pause"
    limit: float = Field(default=0.8, gt=0, lt=1)
    certainty: float = Field(default=0.9, gt=0.5, lt=1)
    release: float | None = Field(default=None, gt=0, lt=1)
    minimum_checks: int = Field(default=20, ge=10, le=200)
    pause_days: int = Field(default=7, ge=1, le=90)


@pages.get("/lanes/<lane_id>/gates")
def lane_gates(lane_id: str) -> Response:
    """A lane's rules."""
    name = request.args.get("name", rulebook.STANDARD)
    with db.reading(current.scope()) as session:
        found = reading.lane_gates(session, current.actor(), lane_id)
    known = next((asdict(rule) for rule in found.rules if rule.name == name), None)
    return _shown(found, empty_form(known or Gate(name=name).model_dump()))


@pages.post("/lanes/<lane_id>/gate")
def set_gate(lane_id: str) -> Response:
    """Write a rule, or the next version of one."""
    form = read_form(Gate)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                rulebook.set_gate(session, current.actor(), lane_id, **form.data.model_dump())
            flash("good", _("The rule holds from the next check on."))
            return see("calibration.lane_gates", lane_id=lane_id)
        except Invalid as problem:
            form.add(problem)
    with db.reading(current.scope()) as session:
        found = reading.lane_gates(session, current.actor(), lane_id)
    return _shown(found, form, 422)


@pages.post("/lanes/<lane_id>/gate/end")
def end_gate(lane_id: str) -> Response:
    """Take a rule out of force."""
    try:
        with db.transaction(current.scope()) as session:
            rulebook.end_gate(session, current.actor(), lane_id, request.form.get("name", ""))
        flash("good", _("The rule is out of force. A pause that it began runs its time."))
    except NotFound:
        flash("wait", _("That rule is not in force."))
    return see("calibration.lane_gates", lane_id=lane_id)


def _shown(found: reading.RulesPage, form: Form[Gate], status: int = 200) -> Response:
    return page(
        "calibration/lane_gates.html", status, lane=found.lane, rules=found.rules, firings=found.firings, form=form,
        metrics=METRICS, actions=ACTIONS, ends=ENDS,
    )  # fmt: skip
