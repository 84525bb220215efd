"""Objections to right answers: where people make them, where each side sees how they stand, where they are decided."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Response, request
from pydantic import Field

from calibration.operations import disputes as acts
from calibration.operations import hearing
from calibration.pages import pages
from calibration.passes import attempt_pass, dispute_pass, evidence_pass
from calibration.queries.people import person_of_account, pseudonyms
from calibration.reach import DECIDERS, of_disputes, of_objections, with_gold
from calibration.values import DisputeOutcome, DisputeSource
from i18n import _
from kernel import clock, db
from kernel.errors import Conflict, Invalid
from kernel.policy import Role
from kernel.seeing import see as see_noted
from kernel.tenancy import Scope
from labeling.links import for_page
from labeling.queries.content import guideline_text, ontology_of
from labeling.tasktypes import registry
from labeling.watermark import watermark_of
from web import current
from web.forms import FormModel, read_form
from web.render import flash, page, see

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

EVIDENCE = "what a decision rests on is shown to its person, and retired"

SOURCES = {
    DisputeSource.TRAINING: _("Practice question"),
    DisputeSource.EXAM: _("Exam question"),
    DisputeSource.LIVE: _("Checked answer"),
    DisputeSource.PEOPLE: _("Proven people answer otherwise"),
}
OUTCOMES = {
    DisputeOutcome.AGREED: (_("Had counted as right"), "plain"),
    DisputeOutcome.REJECTED: (_("Not accepted"), "bad"),
    DisputeOutcome.CORRECTED: (_("Corrected"), "good"),
    DisputeOutcome.BOTH: (_("Both answers count"), "good"),
    DisputeOutcome.VOID: (_("Counts for nobody"), "good"),
    DisputeOutcome.LAPSED: (_("Not decided in time: counts for nobody"), "good"),
}


class Objection(FormModel):
    """What the form of an objection sends."""

    text: str = Field(default="", max_length=2000)
    position: int = Field(default=-1)
    judgment_id: str = Field(default="", max_length=22)


class Decision(FormModel):
    """What the form of a decision sends, beside the fields of the task's own editor."""

    verdict: str = Field(default="", max_length=10)
    reply: str = Field(default="", max_length=2000)


@pages.get("/disputes")
def disputes() -> Response:
    """Objections that wait, the first due first; or those that were decided."""
    is_open = request.args.get("state") != "decided"
    with db.reading(of_disputes()) as session:
        rows, after = hearing.dispute_list(
            session, current.actor(), is_open=is_open, after=request.args.get("after") or None
        )
    return page(
        "calibration/disputes.html", rows=rows, after=after, is_open=is_open, sources=SOURCES, outcomes=OUTCOMES,
        is_own=current.actor().role == Role.ANNOTATOR, is_blind=current.actor().role in DECIDERS, now=clock.now(),
    )  # fmt: skip


@pages.get("/disputes/<dispute_id>")
def dispute(dispute_id: str) -> Response:
    """One objection: one's own with its answer, the case to decide, or how it stands."""
    return _show(dispute_id)


@pages.post("/disputes/<dispute_id>")
def decide_dispute(dispute_id: str) -> Response:
    """Say which answer is right."""
    form = read_form(Decision)
    if not form.ok:
        return _show(dispute_id, form.errors, 422)
    answer = None
    try:
        if form.data.verdict == "other":
            found = see_noted(with_gold(), lambda session: hearing.dispute_for(session, current.actor(), dispute_id))
            lane = found.lane
            answer = dict(registry.get(lane.task_type).from_form(request.form))
        with db.transaction(with_gold()) as session:
            acts.decide(
                session, current.actor(), dispute_id, choice=form.data.verdict, reply=form.data.reply, answer=answer
            )
    except Invalid as problem:
        return _show(dispute_id, _beside(problem), 422)
    flash("good", _("Decided. Everybody whom it touches is told."))
    return see("calibration.disputes")


@pages.get("/attempts/<attempt_id>/questions")
def attempt_questions(attempt_id: str) -> Response:
    """The questions of an exam that is over, with one's own answers."""
    return _questions(attempt_id)


@pages.post("/attempts/<attempt_id>/disputes")
def contest_question(attempt_id: str) -> Response:
    """Object to the right answer of a question."""
    form = read_form(Objection)
    try:
        if not form.ok:
            raise Invalid("dispute.form", _("This cannot be taken as it is."), form.errors)
        act = acts.contest_question
        made = db.current().run(
            of_objections(),
            lambda session: act(session, current.actor(), attempt_id, form.data.position, form.data.text),
        )
    except (Invalid, Conflict) as problem:
        flash("bad", next(iter(getattr(problem, "fields", {}).values()), problem.message))
        return see("calibration.attempt", attempt_id=attempt_id, **_lesson())
    return _told(made)


@pages.get("/receipts/<receipt_id>/evidence")
def evidence(receipt_id: str) -> Response:
    """The answers that count against one in a decision, once one has asked to see them."""
    found = see_noted(Scope.system(EVIDENCE), lambda session: hearing.evidence_of(session, current.actor(), receipt_id))
    with db.reading(Scope.system(EVIDENCE)) as session:
        ontologies = {each.ontology_id: ontology_of(session, each.ontology_id) for each in found.shown}
        mark = _mark(session)
    shown = partial(for_page, right=evidence_pass(found.lane, receipt_id))
    return page(
        "calibration/evidence.html", found=found, ontologies=ontologies, outcomes=OUTCOMES, shown=shown, mark=mark
    )


@pages.post("/receipts/<receipt_id>/evidence")
def open_evidence(receipt_id: str) -> Response:
    """Ask to see them."""
    actor = current.actor()
    db.current().run(Scope.system(EVIDENCE), lambda session: acts.open_evidence(session, actor, receipt_id))
    return see("calibration.evidence", receipt_id=receipt_id)


@pages.post("/receipts/<receipt_id>/disputes")
def contest_evidence(receipt_id: str) -> Response:
    """Object to a right answer among them."""
    form = read_form(Objection)
    actor = current.actor()
    try:
        if not form.ok:
            raise Invalid("dispute.form", _("This cannot be taken as it is."), form.errors)
        made = db.current().run(
            of_objections(),
            lambda session: acts.contest_evidence(session, actor, receipt_id, form.data.judgment_id, form.data.text),
        )
    except (Invalid, Conflict) as problem:
        flash("bad", next(iter(getattr(problem, "fields", {}).values()), problem.message))
        return see("calibration.evidence", receipt_id=receipt_id)
    return _told(made)


def _told(made: acts.Contested) -> Response:
    if made.had_counted_as_right:
        flash("wait", _("This answer of yours had counted as right. There is nothing to put right."))
    else:
        flash("good", _("Your objection was sent. Until it is decided, the question counts for nobody."))
    return see("calibration.dispute", dispute_id=made.dispute_id)


def _lesson() -> dict[str, Any]:
    lesson = request.form.get("lesson", type=int)
    return {} if lesson is None else {"lesson": lesson}


def _beside(problem: Invalid) -> dict[str, Any]:
    """Faults by the fields of this form; those of an answer are named as its editor names them."""
    return {name.removeprefix("rows[0].truth."): told for name, told in problem.fields.items()}


def _questions(attempt_id: str) -> Response:
    found = see_noted(current.scope(), lambda session: hearing.past_exam(session, current.actor(), attempt_id))
    with db.reading(current.scope()) as session:
        ontology, mark = ontology_of(session, found.ontology_id), _mark(session)
    shown = partial(for_page, right=attempt_pass(found.lane, attempt_id))
    return page(
        "calibration/attempt_questions.html", found=found, lane=found.lane, ontology=ontology, attempt_id=attempt_id,
        outcomes=OUTCOMES, shown=shown, mark=mark,
    )  # fmt: skip


def _mark(session: "Session") -> Callable[[str], str]:
    """What stands across content of a class: the pseudonym of a vendor's person, the name of anybody else."""
    actor = current.actor()
    person = person_of_account(session, actor.account_id, actor.org_id) if actor.role == Role.ANNOTATOR else None
    names = pseudonyms(session, [person.annotator_id]) if person else {}
    return lambda classification: watermark_of(classification, next(iter(names.values()), ""))


def _show(dispute_id: str, errors: dict[str, Any] | None = None, status: int = 200) -> Response:
    person = current.person()
    assert person is not None
    found = see_noted(of_disputes(), lambda session: hearing.dispute_for(session, current.actor(), dispute_id))
    with db.reading(of_disputes()) as session:
        told, mark = found.own or found.case, _mark(session)
        ontology = ontology_of(session, told.ontology_id) if told else None
        guideline = None
        if found.lane.guideline_id and told:
            guideline = guideline_text(session, found.lane.guideline_id, [person.locale, found.lane.locale, "en"])
    right = dispute_pass(found.lane, dispute_id, is_own=found.own is not None)
    shown = partial(for_page, right=right)
    return page(
        "calibration/dispute.html", status, found=found, row=found.row, lane=found.lane, ontology=ontology,
        guideline=guideline, sources=SOURCES, outcomes=OUTCOMES, errors=errors or {}, typed=request.form,
        now=clock.now(), shown=shown, watermark=mark(found.classification) if told and not found.is_withheld else "",
    )  # fmt: skip
