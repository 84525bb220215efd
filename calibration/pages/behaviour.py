"""The vendor's queue of signals: what was seen, how often honest people are flagged, and what a person decides."""

from flask import Response, request
from pydantic import Field

from calibration.operations import behaviour as acts
from calibration.operations import watching
from calibration.pages import pages
from calibration.values import BehaviourOutcome
from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import queries as people

SIGNALS = {
    "speed": _("Very fast answers"),
    "timing": _("Answers at very even intervals"),
    "monotony": _("One answer again and again"),
    "copying": _("The same mistakes as somebody else"),
    "leak": _("An exam whose questions may have been known"),
}
SIGNS = {
    "too_fast": _("Share of the last answers that were far faster than the work's pace"),
    "too_regular": _("Probability of times that vary so little"),
    "monotony": _("Probability of so long a run of one answer"),
    "same_mistakes": _("Probability of so many identical mistakes"),
    "fast_and_perfect": _("Fast, and nearly without a mistake"),
    "shared_network": _("The same network as somebody who knew the questions"),
    "seen_before": _("Better on questions that somebody near had met"),
}
OUTCOMES = {
    BehaviourOutcome.NOTHING: (_("Nothing in it"), "good"),
    BehaviourOutcome.MORE_CHECKS: (_("Checked more closely"), "wait"),
    BehaviourOutcome.PAUSE: (_("Paused"), "bad"),
}


class Decision(FormModel):
    """What the form of a decision sends."""

    outcome: str = Field(default="", max_length=12)
    note: str = Field(default="", max_length=1000)


@pages.get("/behaviour")
def behaviour() -> Response:
    """Signals that wait, or those that were decided."""
    is_open = request.args.get("state") != "decided"
    with db.reading(people.reach(current.actor())) as session:
        rows, after = watching.signal_rows(
            session, current.actor(), is_open=is_open, after=request.args.get("after") or None
        )
    return page(
        "calibration/behaviour.html", rows=rows, after=after, is_open=is_open, signals=SIGNALS, signs=SIGNS,
        outcomes=OUTCOMES,
    )  # fmt: skip


@pages.get("/behaviour/<signal_id>")
def behaviour_case(signal_id: str) -> Response:
    """One signal with what it rests on."""
    return _show(signal_id, empty_form())


@pages.post("/behaviour/<signal_id>")
def decide_behaviour(signal_id: str) -> Response:
    """Say what follows from it."""
    form = read_form(Decision)
    if form.ok:
        try:
            with db.transaction(people.reach(current.actor())) as session:
                acts.decide_review(session, current.actor(), signal_id, outcome=form.data.outcome, note=form.data.note)
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[""] = problem.message
    if not form.ok:
        return _show(signal_id, form, 422)
    flash("good", _("Decided. It stands in the record with your reason."))
    return see("calibration.behaviour")


def _show(signal_id: str, form: Form[Decision], status: int = 200) -> Response:
    with db.reading(people.reach(current.actor())) as session:
        case, lane, may_decide = watching.signal_for(session, current.actor(), signal_id)
    return page(
        "calibration/behaviour_case.html", status, case=case, row=case.row, lane=lane, may_decide=may_decide,
        form=form, errors=form.errors, signals=SIGNALS, signs=SIGNS, outcomes=OUTCOMES,
    )  # fmt: skip
