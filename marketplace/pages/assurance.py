"""The pages of how sure labels have to be: a lane's rules, and the sample of what is to be released."""

from typing import Any

from flask import Response
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.policy import Role
from marketplace.operations import assurance as operations
from marketplace.operations import releases, rework
from marketplace.pages import pages
from marketplace.queries import projects as queries
from marketplace.queries.lots import offers_in
from marketplace.rules.assurance import MOST_REWORKS, Assurance, LotState, ReworkKind
from web import current
from web.amounts import Percent, percent_of, share_of
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see

LOT_STATES: dict[LotState, tuple[Message, str]] = {
    LotState.WAITING: (_("sample not finished"), "wait"),
    LotState.ACCEPTED: (_("accepted"), "good"),
    LotState.REJECTED: (_("rejected"), "bad"),
    LotState.REWORK: (_("being done again"), "wait"),
}
REWORK_WORDS: dict[str, Message] = {
    ReworkKind.ANSWERS: _("One more answer to each unit"),
    ReworkKind.REVIEW: _("A review of each unit"),
}


class AssuranceForm(FormModel):
    """What the form sends; an empty field stands for what is fixed, or not asked for."""

    overlap_least: int | None = None
    overlap_target: Percent | None = None
    lot_limit: Percent | None = None
    lot_allowed: int = 0


class ReworkForm(FormModel):
    """How a rejected lot is done again, and why."""

    kind: str = ""
    reason: str = ""


class InSpiteForm(FormModel):
    """Why a release is ordered in spite of its samples."""

    in_spite: str = Field(min_length=1, max_length=4_000)


@pages.get("/lanes/<lane_id>/assurance")
def lane_assurance(lane_id: str) -> Response:
    """How many answers a unit gets, and the sample by which a lot is released."""
    return _show(lane_id, None)


@pages.post("/lanes/<lane_id>/assurance")
def set_lane_assurance(lane_id: str) -> Response:
    """Set these rules."""
    form = read_form(AssuranceForm)
    if form.ok:
        asked = form.data
        rules = Assurance(asked.overlap_least, _share(asked.overlap_target), _share(asked.lot_limit), asked.lot_allowed)
        try:
            with db.transaction(current.scope()) as session:
                operations.set_assurance(session, current.actor(), lane_id, rules)
                row = queries.lane_of(session, lane_id)
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[""] = problem.message
        else:
            assert row is not None
            flash("good", _("Saved. Units that nobody has met yet follow it."))
            return see("marketplace.project", project_id=row.project_id)
    return _show(lane_id, form, 422)


def _share(percent: float | None) -> float | None:
    return None if percent is None else share_of(percent)


def _percent(share: float | None) -> str:
    return "" if share is None else percent_of(share)


def _show(lane_id: str, form: Form[Any] | None, status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        lane = queries.lane_of(session, lane_id)
        found = queries.project_of(session, lane.project_id) if lane else None
    if lane is None or found is None:
        raise not_found()
    stored = {
        "overlap_least": "" if lane.overlap_least is None else lane.overlap_least,
        "overlap_target": _percent(lane.overlap_target), "lot_limit": _percent(lane.lot_limit),
        "lot_allowed": lane.lot_allowed,
    }  # fmt: skip
    typed = stored if form is None else stored | form.values
    return page(
        "marketplace/lane_assurance.html", status, lane=lane, project=found, typed=typed,
        errors=form.errors if form else {},
    )  # fmt: skip


@pages.get("/projects/<project_id>/sample")
def release_sample(project_id: str) -> Response:
    """What waits to be released in lanes with a plan, and what its sample says."""
    return _sample(project_id, empty_form())


@pages.post("/projects/<project_id>/sample")
def draw_sample(project_id: str) -> Response:
    """Have a random sample of each lot reviewed."""
    with db.transaction(current.scope()) as session:
        operations.draw_sample(session, current.actor(), project_id)
    flash("good", _("The sample is being drawn; its units wait for reviewers in a moment."))
    return see("marketplace.release_sample", project_id=project_id)


@pages.post("/lanes/<lane_id>/rework")
def rework_lot(lane_id: str) -> Response:
    """Have a rejected lot done again; what is missing, or stands in its way, is told on the page of the sample."""
    with db.reading(current.scope()) as session:
        lane = queries.lane_of(session, lane_id)
    if lane is None:
        raise not_found()
    form = read_form(ReworkForm)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                rework.order_rework(session, current.actor(), lane_id, form.data.kind, form.data.reason)
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[""] = problem.message
            return _sample(lane.project_id, form, 409)
        else:
            flash("good", _("It is being done again. The next sample is drawn when all of it is settled."))
            return see("marketplace.release_sample", project_id=lane.project_id)
    return _sample(lane.project_id, form, 422, of_lane=lane_id)


@pages.post("/projects/<project_id>/releases")
def cut_release(project_id: str) -> Response:
    """Order a release; where its sample is not accepted, the page of the sample says so."""
    try:
        with db.transaction(current.scope()) as session:
            made = releases.cut_release(session, current.actor(), project_id)
    except Conflict as problem:
        if problem.code != "release.sample":
            raise
        form = empty_form()
        form.errors[""] = problem.message
        return _sample(project_id, form, 409)
    return see("marketplace.release", release_id=made.id)


@pages.post("/projects/<project_id>/releases/in-spite")
def cut_in_spite(project_id: str) -> Response:
    """Order a release in spite of its samples, with a reason."""
    form = read_form(InSpiteForm)
    if not form.ok:
        return _sample(project_id, form, 422)
    with db.transaction(current.scope()) as session:
        made = releases.cut_release(session, current.actor(), project_id, in_spite=form.data.in_spite)
    return see("marketplace.release", release_id=made.id)


def _sample(project_id: str, form: Form[Any], status: int = 200, of_lane: str = "") -> Response:
    with db.reading(current.scope()) as session:
        found = queries.project_of(session, project_id)
        offered = offers_in(session, project_id)
    lots = [lot for lot, _offers in offered]
    if found is None:
        raise not_found()
    role = current.actor().role
    return page(
        "marketplace/release_sample.html", status, project=found, lots=lots, states=LOT_STATES, form=form,
        errors=form.errors, may_cut=role in (Role.CLIENT_ADMIN, Role.CLIENT_PM, Role.VENDOR_MANAGER),
        may_in_spite=role in (Role.CLIENT_ADMIN, Role.CLIENT_PM),
        is_held=any(lot.state is not LotState.ACCEPTED for lot in lots),
        may_draw=any(lot.state is not LotState.REWORK for lot in lots),
        may_rework=role in (Role.CLIENT_ADMIN, Role.CLIENT_PM, Role.CLIENT_QA, Role.VENDOR_MANAGER),
        offered=offered, rework_words=REWORK_WORDS, of_lane=of_lane, most_reworks=MOST_REWORKS,
    )  # fmt: skip
