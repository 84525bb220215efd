"""The page of a lane's languages: whom it takes, and what that means."""

from typing import Any

from flask import Response
from flask import request as sent
from pydantic import Field

from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.tenancy import Scope
from marketplace.operations import projects
from marketplace.pages import pages
from marketplace.queries import projects as queries
from marketplace.queries.takers import Takers
from marketplace.rules.languages import FARTHEST
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce.pages import words


class LaneLanguagesForm(FormModel):
    """What the form of a lane's languages sends; the tags that fit as well are typed with commas between them."""

    proficiency: str = Field(default="native", max_length=6)
    modes: list[str] = Field(default_factory=list, max_length=4)
    distance_most: int = 0
    also: str = Field(default="", max_length=1000)


@pages.get("/lanes/<lane_id>/languages")
def lane_languages(lane_id: str) -> Response:
    """Whom the lane takes by language."""
    return _show(lane_id, empty_form())


@pages.post("/lanes/<lane_id>/languages")
def set_lane_languages(lane_id: str) -> Response:
    """Say whom the lane takes by language."""
    form = read_form(LaneLanguagesForm)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                row = projects.set_lane_languages(session, current.actor(), lane_id, **_asked(form))
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[""] = problem.message
        else:
            flash("good", _("Saved. It holds from everybody's next step on."))
            return see("marketplace.project", project_id=row.project_id)
    return _show(lane_id, form, 422)


@pages.post("/lanes/<lane_id>/languages/preview")
def preview_lane_languages(lane_id: str) -> Response:
    """Show how many people that would take, before it is saved."""
    form, takers = read_form(LaneLanguagesForm), None
    if form.ok:
        try:
            with db.reading(Scope.system("how many people a lane's languages take")) as session:
                takers = projects.preview_lane_languages(session, current.actor(), lane_id, **_asked(form))
        except Invalid as problem:
            form.add(problem)
    return _show(lane_id, form, 200 if form.ok else 422, takers)


def _asked(form: Form[LaneLanguagesForm]) -> dict[str, Any]:
    tags = [words.language_typed(tag.strip()) or tag.strip() for tag in form.data.also.split(",") if tag.strip()]
    return form.data.model_dump() | {"also": tags}


def _show(lane_id: str, form: Form[Any], status: int = 200, takers: Takers | None = None) -> Response:
    with db.reading(current.scope()) as session:
        lane = queries.lane_of(session, lane_id)
        found = queries.project_of(session, lane.project_id) if lane else None
    if lane is None or found is None:
        raise not_found()
    stored = {
        "proficiency": lane.proficiency, "modes": list(lane.modes), "distance_most": lane.distance_most,
        "also": ", ".join(lane.also),
    }  # fmt: skip
    typed = {**stored, **form.values, "modes": form.values.get("modes", [])} if sent.method == "POST" else stored
    return page(
        "marketplace/lane_languages.html", status, lane=lane, project=found, typed=typed, errors=form.errors,
        words=words, farthest=FARTHEST, takers=takers,
    )  # fmt: skip
