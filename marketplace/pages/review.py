"""Pages of review: what waits, one unit with its answers, the verdict."""

from typing import Any

from flask import Response, request
from pydantic import Field
from werkzeug.datastructures import MultiDict

from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.policy import Resource
from kernel.seeing import see as see_noted
from labeling.links import for_page
from labeling.queries.content import guideline_text, ontology_of
from labeling.tasktypes import registry
from labeling.values import InvalidAnswer
from labeling.watermark import watermark_of
from marketplace.operations import reviewing
from marketplace.passes import review_pass
from marketplace.queries.reviews import REVIEWED_DAYS, own_figures, review_counts, reviewers_of
from marketplace.values.work import REVIEW_WORDS
from web import current
from web.forms import FormModel, read_form
from web.pages import Pages
from web.render import flash, page, see

pages = Pages("review", "marketplace")


class VerdictForm(FormModel):
    """What the verdict form sends; the fields of a fix are the task type's own."""

    verdict: str = ""  # nothing is chosen beforehand, so that nobody accepts by not looking
    reason: str | None = None
    note: str = Field(default="", max_length=2000)
    judgment_ids: list[str] = Field(default_factory=list)
    mark: str = Field(default="", max_length=64)


@pages.get("/review")
def home() -> Response:
    """What waits for review, by lane."""
    with db.reading(current.scope()) as session:
        rows, after = review_counts(session, after=request.args.get("after") or None)
        own = own_figures(session, current.actor().account_id or "")
    return page("marketplace/review_home.html", rows=rows, after=after, own=own, days=REVIEWED_DAYS)


@pages.get("/reviewers")
def reviewers() -> Response:
    """How good one's organization's reviewers are."""
    with db.reading(current.scope()) as session:
        require(session, current.actor(), "review:measure", Resource("reviewer", org_id=current.actor().org_id))
        rows = reviewers_of(session)
    return page("marketplace/reviewers.html", rows=rows, days=REVIEWED_DAYS)


@pages.post("/review/next")
def take() -> Response:
    """Take the oldest review that is not of one's own work."""
    lane_id = request.form.get("lane_id") or None
    found = db.current().run(current.scope(), lambda session: reviewing.take_review(session, current.actor(), lane_id))
    if found is None:
        flash("good", _("Nothing waits for you here."))
        return see("review.home")
    return see("review.task", review_id=found.id)


@pages.get("/review/<review_id>")
def task(review_id: str) -> Response:
    """One unit with its answers, side by side and without names."""
    return _show(review_id)


def _show(review_id: str, errors: dict[str, Any] | None = None, status: int = 200) -> Response:
    person = current.person()
    assert person is not None
    found = see_noted(current.scope(), lambda session: reviewing.see_review(session, current.actor(), review_id))
    with db.reading(current.scope()) as session:
        ontology = ontology_of(session, found.ontology_id)
        guideline = guideline_text(session, found.guideline_id, [person.locale, found.locale, "en"])
    kind = registry.get(found.task_type)
    content = for_page(found.content, review_pass(found))
    place = current.place()
    return page(
        "marketplace/review_task.html", status, task=found, content=content, ontology=ontology, guideline=guideline,
        kind=kind, errors=errors or {}, words=REVIEW_WORDS, may_reject=place is not None and place.org_kind == "vendor",
        typed=_typed(moved=status == 409), watermark=watermark_of(found.classification),
    )  # fmt: skip


@pages.post("/review/<review_id>")
def decide(review_id: str) -> Response:
    """Give the verdict, then take the next one."""
    form = read_form(VerdictForm)
    if not form.ok:
        return _show(review_id, form.errors, 422)
    actor, scope = current.actor(), current.scope()
    try:
        with db.reading(scope) as session:
            found = reviewing.review_task(session, actor, review_id)
        label = _label(found.task_type) if form.data.verdict in ("fix", "reject") else None
        with db.transaction(scope) as session:
            reviewing.decide_review(
                session, actor, review_id, verdict=form.data.verdict, reason=form.data.reason or None,
                note=form.data.note, label=label, judgment_ids=tuple(form.data.judgment_ids),
                mark=form.data.mark,
            )  # fmt: skip
    except (InvalidAnswer, Invalid) as problem:
        return _show(review_id, problem.fields or {"": problem.message}, 422)
    except Conflict as problem:
        if problem.code != "review.moved":
            raise
        return _show(review_id, {"": problem.message}, 409)
    flash("good", _("Decided."))
    following = db.current().run(scope, lambda session: reviewing.take_review(session, actor, found.lane_id))
    return see("review.task", review_id=following.id) if following else see("review.home")


def _typed(*, moved: bool) -> MultiDict[str, str]:
    """What the form is shown with again; a verdict on what has moved since is not."""
    typed = MultiDict(request.form)
    if moved:
        typed.poplist("verdict")
    return typed


def _label(task_type: str) -> dict[str, Any] | None:
    """The label of a fix, or None where the form has none (a rejection may come without)."""
    try:
        return dict(registry.get(task_type).from_form(request.form))
    except InvalidAnswer:
        return None
