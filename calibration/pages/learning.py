"""A person's own pages: how good their work is, and the tests that open more of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response, request

from calibration.lanes import find_lane
from calibration.operations import attempts
from calibration.pages import pages
from calibration.passes import attempt_pass
from calibration.queries.attempts import AttemptView
from calibration.queries.people import person_of_account, pseudonyms, quality_of_person
from calibration.queries.tests import CHECK, ENTRANCE
from calibration.values import LaneFacts
from i18n import _, current_locale
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.seeing import see as see_noted
from kernel.tenancy import Scope
from labeling.links import for_page
from labeling.queries.content import guideline_text, ontology_of
from labeling.tasktypes import registry
from labeling.values import Ontology
from labeling.watermark import watermark_of
from web import current
from web.problems import HINTS
from web.render import flash, page, see
from web.sessions import network_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

EXAM = "exam: answers are compared with keys, and stop with the plan"


@pages.get("/quality")
def quality() -> Response:
    """What a person may know of their own quality, lane by lane."""
    actor = current.actor()
    with db.reading(current.scope()) as session:
        person = person_of_account(session, actor.account_id, actor.org_id)
        rows = quality_of_person(session, person.annotator_id) if person else []
        lanes = {row.lane_id: find_lane(session, row.lane_id) for row in rows}
    shown = [(row, lanes[row.lane_id]) for row in rows if lanes[row.lane_id] is not None]
    return page("calibration/quality.html", rows=shown)


@pages.get("/tests/<lane_id>")
def test(lane_id: str) -> Response:
    """The start page of a lane's test: what it asks, how long it takes, what is left."""
    return _begin_page(lane_id, ENTRANCE)


@pages.get("/tests/<lane_id>/check")
def check(lane_id: str) -> Response:
    """The start page of the check that a lane asks of people who are in."""
    return _begin_page(lane_id, CHECK)


@pages.post("/tests/<lane_id>/check/attempts")
def start_check(lane_id: str) -> Response:
    """Begin the check of a lane, or come back to the attempt under way."""
    actor = current.actor()
    try:
        view = db.current().run(Scope.system(EXAM), _begin(actor, lane_id, CHECK))
    except Conflict as problem:
        flash("wait", problem.message)
        return see("calibration.check", lane_id=lane_id)
    return see("calibration.attempt", attempt_id=view.id)


def _begin_page(lane_id: str, purpose: str) -> Response:
    person = current.person()
    assert person is not None
    with db.reading(current.scope()) as session:
        look = attempts.look_at_test(session, current.actor(), lane_id, purpose)
        lane, start = look.lane, look.start
        if start is None:
            raise not_found()
        wanted = [person.locale, lane.locale, "en"]
        guideline = guideline_text(session, start.test.guideline_id, wanted) if look.may_read else None
    missing = [HINTS[each.reason] for each in look.unmet if each.reason in HINTS]
    template = "calibration/test_start.html" if purpose == ENTRANCE else "calibration/check_start.html"
    return page(template, lane=lane, start=start, guideline=guideline, look=look, missing=missing)


@pages.post("/tests/<lane_id>/attempts")
def start_test(lane_id: str) -> Response:
    """Begin, or come back to the attempt under way."""
    actor = current.actor()
    try:
        view = db.current().run(Scope.system(EXAM), _begin(actor, lane_id))
    except Conflict as problem:
        flash("wait", problem.message)
        return see("calibration.test", lane_id=lane_id)
    return see("calibration.attempt", attempt_id=view.id)


def _begin(actor: Actor, lane_id: str, purpose: str = ENTRANCE) -> "Callable[[Session], AttemptView]":
    network = network_of(request.remote_addr)
    return lambda session: attempts.start_attempt(session, actor, lane_id, network=network, purpose=purpose)


@pages.get("/attempts/<attempt_id>")
def attempt(attempt_id: str) -> Response:
    """The question at hand, the lesson of the last training answer, or the outcome."""
    return _show(attempt_id)


@pages.post("/attempts/<attempt_id>/answers")
def answer(attempt_id: str) -> Response:
    """Send the final answer to the question at hand."""
    actor, payload = current.actor(), {}
    position = request.form.get("position", type=int, default=-1)
    with db.reading(current.scope()) as session:
        view, lane, _ontology = _loaded(session, attempt_id, is_noted=False)
    try:
        payload = dict(registry.get(lane.task_type).from_form(request.form))
        told = db.current().run(
            Scope.system(EXAM),
            lambda session: attempts.answer_question(session, actor, view.id, position, payload),
        )
    except Invalid as problem:
        return _show(attempt_id, problem.fields or {"": problem.message}, payload, 422)
    lesson = {"lesson": position} if told.feedback else {}
    return see("calibration.attempt", attempt_id=attempt_id, **lesson)


def _show(
    attempt_id: str, errors: dict[str, Any] | None = None, typed: dict[str, Any] | None = None, status: int = 200
) -> Response:
    person = current.person()
    assert person is not None
    lesson = None if errors else _lesson(attempt_id)
    view, lane, ontology = _see(attempt_id, is_noted=lesson is None)
    if view.question is not None and view.question.is_withheld:
        actor = current.actor()
        db.current().run(Scope.system(EXAM), lambda session: attempts.ask_anew(session, actor, attempt_id))
        view, lane, ontology = _see(attempt_id, is_noted=lesson is None)
    with db.reading(current.scope()) as session:
        guideline = guideline_text(session, view.guideline_id, [person.locale, lane.locale, "en"])
        pseudonym = _pseudonym(session)
    values: dict[str, Any] = {"attempt": view, "lane": lane, "ontology": ontology, "guideline": guideline}
    if lesson is not None:
        content = for_page(lesson.content, attempt_pass(lane, attempt_id))
        watermark = watermark_of(lesson.classification, pseudonym)
        return page("calibration/lesson.html", lesson=lesson, content=content, watermark=watermark, **values)
    if view.question is None:
        return page("calibration/attempt_result.html", class_names=_class_names(ontology), **values)
    content = for_page(view.question.content, attempt_pass(lane, attempt_id))
    watermark = watermark_of(view.question.classification, pseudonym)
    return page(
        "calibration/attempt.html", status, errors=errors or {}, answer=typed or {}, content=content,
        watermark=watermark, **values,
    )  # fmt: skip


def _see(attempt_id: str, *, is_noted: bool) -> tuple[AttemptView, LaneFacts, Ontology]:
    return see_noted(current.scope(), lambda session: _loaded(session, attempt_id, is_noted=is_noted))


def _loaded(session: Any, attempt_id: str, *, is_noted: bool) -> tuple[AttemptView, LaneFacts, Ontology]:
    view = attempts.look_at(session, current.actor(), attempt_id, is_noted=is_noted)
    lane = find_lane(session, view.lane_id)
    if lane is None:
        raise not_found()
    return view, lane, ontology_of(session, view.ontology_id)


def _lesson(attempt_id: str) -> Any:
    position = request.args.get("lesson", type=int)
    if position is None:
        return None
    actor = current.actor()
    return see_noted(Scope.system(EXAM), lambda session: attempts.look_back(session, actor, attempt_id, position))


def _pseudonym(session: Any) -> str:
    actor = current.actor()
    person = person_of_account(session, actor.account_id, actor.org_id)
    return next(iter(pseudonyms(session, [person.annotator_id]).values()), "") if person else ""


def _class_names(ontology: Ontology) -> dict[str, Any]:
    named = {label.id: label.name(current_locale()) for label in ontology.classes}
    return {**named, "all": _("All questions")}
