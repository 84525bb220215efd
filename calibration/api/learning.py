"""One's own quality over the API, a lane's test before it is taken, and attempts at it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from flask import request
from pydantic import Field

from calibration.api.routes import api, exam_scope
from calibration.lanes import lane_of
from calibration.operations import attempts
from calibration.passes import attempt_pass
from calibration.queries.attempts import AttemptView
from calibration.queries.people import person_of_account, quality_of_person
from calibration.queries.tests import CHECK
from kernel.guard import not_found
from kernel.policy import Actor
from labeling.links import for_api, has_media
from labeling.queries.content import guideline_text, ontology_of
from labeling.rules.ontology import ontology_json
from web.forms import InModel, OutModel, values_of
from web.sessions import network_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class QualityOut(OutModel):
    """A person's quality in one lane, as they may see it: coarse, and renewed once a day."""

    lane_id: str
    judged: int
    seconds: int
    accuracy: float | None
    low: float | None
    high: float | None
    checks: int | None
    as_of: datetime | None


class QuestionOut(OutModel):
    """A question as it is asked."""

    position: int
    stage: str
    content: dict[str, Any]
    locale: str
    is_withheld: bool


class OutcomeOut(OutModel):
    """How an exam ended."""

    passed: bool
    asked: int
    right: int
    low: float
    high: float
    by_class: dict[str, tuple[int, int]]
    weak_classes: list[str]
    earned_questions: int
    ran_out_of_time: bool
    next_at: datetime | None
    receipt_id: str | None


class AttemptOut(OutModel):
    """One go at a test, with the question at hand or the outcome, and the label schema that answers keep to."""

    id: str
    lane_id: str
    ontology: dict[str, Any]
    number: int
    state: Annotated[str, values_of(("training", "exam", "passed", "failed", "ended"))]
    position: int
    training_questions: int
    questions_most: int
    deadline_at: datetime
    question: QuestionOut | None
    outcome: OutcomeOut | None
    is_called_off: bool


class QuestionAnswerIn(InModel):
    """The final answer to the question at `position`."""

    position: int = Field(ge=0)
    answer: dict[str, Any]


class FeedbackOut(OutModel):
    """What a training question teaches."""

    is_right: bool
    truth: dict[str, Any]
    explanation: str


class AnsweredOut(OutModel):
    """What follows an answer."""

    attempt: AttemptOut
    feedback: FeedbackOut | None


@api.get("/quality", returns=list[QualityOut])
def quality(session: "Session", actor: Actor) -> list[QualityOut]:
    """One's own quality, lane by lane"""
    person = person_of_account(session, actor.account_id, actor.org_id)
    rows = quality_of_person(session, person.annotator_id) if person else []
    return [
        QualityOut(
            lane_id=row.lane_id, judged=row.judged, seconds=row.seconds, accuracy=row.accuracy, low=row.low,
            high=row.high, checks=row.checks, as_of=row.as_of,
        )
        for row in rows
    ]  # fmt: skip


class TestStartOut(OutModel):
    """What to know of a lane's test before it is begun."""

    __test__ = False

    lane_id: str
    training_questions: int
    questions_most: int
    expected_questions: dict[str, float]
    minutes: int
    attempts_most: int
    attempts_left: int
    next_at: datetime | None
    may_start: bool
    missing: list[str]
    is_paid: bool
    live_attempt_id: str | None
    qualification: str | None
    guideline: str | None


@api.get("/tests/<lane_id>", returns=TestStartOut)
def test(session: "Session", actor: Actor, lane_id: str) -> TestStartOut:
    """A lane's test before it is begun: what it asks, how long it takes, what is left"""
    return _start(session, attempts.look_at_test(session, actor, lane_id))


def _start(session: "Session", look: attempts.Look) -> TestStartOut:
    start = look.start
    if start is None:
        raise not_found()
    wanted = [look.lane.locale, "en"]
    guideline = guideline_text(session, start.test.guideline_id, wanted) if look.may_read else None
    return TestStartOut(
        lane_id=look.lane.id,
        training_questions=start.test.training_questions,
        questions_most=start.plan.questions,
        expected_questions=dict(start.plan.expected_questions),
        minutes=start.test.minutes,
        attempts_most=start.test.attempts_most,
        attempts_left=start.attempts_left,
        next_at=start.next_at,
        may_start=look.may_start,
        missing=[each.reason.value for each in look.unmet],
        is_paid=start.test.is_paid,
        live_attempt_id=start.live_attempt_id,
        qualification=start.qualification.state if start.qualification else None,
        guideline=guideline[1] if guideline else None,
    )


class CheckStartOut(TestStartOut):
    """What to know of a check before it is begun: what has changed, and until when it is due."""

    about: str
    due_at: datetime | None


@api.get("/tests/<lane_id>/check", returns=CheckStartOut)
def check(session: "Session", actor: Actor, lane_id: str) -> CheckStartOut:
    """The check that a lane asks of people who are in"""
    look = attempts.look_at_test(session, actor, lane_id, CHECK)
    if look.start is None:
        raise not_found()
    told = _start(session, look)
    return CheckStartOut(**told.model_dump(), about=look.start.test.about, due_at=look.start.test.due_at)


@api.post("/tests/<lane_id>/check/attempts", returns=AttemptOut, creates=True, scope=exam_scope)
def start_check(session: "Session", actor: Actor, lane_id: str) -> AttemptOut:
    """Begin the check of a lane, or come back to the one under way"""
    network = network_of(request.remote_addr)
    return _attempt(session, attempts.start_attempt(session, actor, lane_id, network=network, purpose=CHECK))


@api.post("/tests/<lane_id>/attempts", returns=AttemptOut, creates=True, scope=exam_scope)
def start_attempt(session: "Session", actor: Actor, lane_id: str) -> AttemptOut:
    """Begin a go at a lane's test, or come back to the one under way"""
    return _attempt(session, attempts.start_attempt(session, actor, lane_id, network=network_of(request.remote_addr)))


@api.get("/attempts/<attempt_id>", returns=AttemptOut)
def attempt(session: "Session", actor: Actor, attempt_id: str) -> AttemptOut:
    """An attempt of one's own, as it stands"""
    return _attempt(session, attempts.look_at(session, actor, attempt_id))


@api.post("/attempts/<attempt_id>/answers", body=QuestionAnswerIn, returns=AnsweredOut, scope=exam_scope)
def answer(session: "Session", actor: Actor, attempt_id: str, body: QuestionAnswerIn) -> AnsweredOut:
    """Give the final answer to the question at hand"""
    told = attempts.answer_question(session, actor, attempt_id, body.position, body.answer)
    lesson = told.feedback
    return AnsweredOut(
        attempt=_attempt(session, told.attempt),
        feedback=None
        if lesson is None
        else FeedbackOut(is_right=lesson.is_right, truth=dict(lesson.truth), explanation=lesson.explanation),
    )


def _attempt(session: "Session", view: AttemptView) -> AttemptOut:
    question, outcome = view.question, view.outcome
    return AttemptOut(
        id=view.id,
        lane_id=view.lane_id,
        ontology=ontology_json(ontology_of(session, view.ontology_id)),
        number=view.number,
        state=view.state,
        position=view.position,
        training_questions=view.training_count,
        questions_most=view.exam_most,
        deadline_at=view.deadline_at,
        question=None
        if question is None
        else QuestionOut(
            position=question.position,
            stage=question.stage,
            content=for_api(question.content, attempt_pass(lane_of(session, view.lane_id), view.id))
            if has_media(question.content)
            else dict(question.content),
            locale=question.locale,
            is_withheld=question.is_withheld,
        ),
        outcome=None
        if outcome is None
        else OutcomeOut(
            passed=outcome.passed,
            asked=outcome.asked,
            right=outcome.right,
            low=outcome.interval.lower,
            high=outcome.interval.upper,
            by_class=dict(outcome.by_class),
            weak_classes=list(outcome.weak),
            earned_questions=outcome.asked if outcome.is_paid else 0,
            ran_out_of_time=outcome.ran_out_of_time,
            next_at=outcome.next_at,
            receipt_id=outcome.receipt_id,
        ),
        is_called_off=view.is_called_off,
    )
