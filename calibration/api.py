"""The API of calibration: one's own quality, attempts at tests, and a lane's quality and test."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from calibration.operations import attempts, qualifications, reading, tests
from calibration.queries.attempts import AttemptView
from calibration.queries.people import person_of_account, quality_of_person
from calibration.queries.roster import Candidate
from calibration.queries.tests import TestView, characteristic
from kernel.policy import Actor
from kernel.tenancy import Scope
from labeling.queries.content import ontology_of
from labeling.rules.ontology import ontology_json
from web.api import Api
from web.forms import InModel, OutModel

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

api = Api("calibration", __name__)


def exam_scope() -> Scope:
    """Attempts compare answers with keys, and tests count them; the operations ask for permission themselves."""
    return Scope.system("exam")


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


class OutcomeOut(OutModel):
    """How an exam ended."""

    passed: bool
    asked: int
    right: int
    low: float
    high: float
    by_class: dict[str, tuple[int, int]]
    ran_out_of_time: bool
    next_at: datetime | None
    receipt_id: str | None


class AttemptOut(OutModel):
    """One go at a test, with the question at hand or the outcome, and the label schema that answers keep to."""

    id: str
    lane_id: str
    ontology: dict[str, Any]
    number: int
    state: str
    position: int
    training_questions: int
    questions_most: int
    deadline_at: datetime
    question: QuestionOut | None
    outcome: OutcomeOut | None


class AnswerIn(InModel):
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


class ClassOut(OutModel):
    """How often a class was recognised."""

    name: str
    checked: int
    recall: float
    low: float
    high: float


class LaneQualityOut(OutModel):
    """A lane's quality as this reader may see it."""

    lane_id: str
    judgments: int
    people: int
    checked: int | None
    accuracy: float | None
    low: float | None
    high: float | None
    classes: list[ClassOut]
    agreement: dict[str, Any] | None
    units: int
    mean_confidence: float | None
    weak_units: int


class WaiverIn(InModel):
    """Why a person works here without the test; it stands in the record."""

    reason: str = Field(min_length=3, max_length=500)


class RemovalIn(WaiverIn):
    """Why a person may no longer work in a lane; they read it."""


class RemovalOut(OutModel):
    """The receipt that tells the person."""

    receipt_id: str


class CandidateOut(OutModel):
    """Somebody who could work in a lane: open, paused, expired, revoked, testing, failed or new."""

    annotator_id: str
    pseudonym: str
    name: str
    standing: str
    basis: str | None
    since_at: datetime | None
    next_attempt_at: datetime | None


class CandidatesQuery(InModel):
    """Part of a name or pseudonym, and where the page before ended."""

    text: str = ""
    after: str | None = None


class CandidatesOut(OutModel):
    """A page of them."""

    items: list[CandidateOut]
    next_after: str | None


class QualificationOut(OutModel):
    """What opens a lane to a person."""

    lane_id: str
    annotator_id: str
    basis: str
    since_at: datetime
    state: str


class TestIn(InModel):
    """The design of a test."""

    __test__ = False

    kind: str = "sequential"
    p0: float = Field(default=0.7, gt=0, lt=1)
    p1: float = Field(default=0.9, gt=0, lt=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    beta: float = Field(default=0.05, gt=0, lt=0.5)
    training_questions: int = Field(default=5, ge=0, le=50)
    attempts_most: int = Field(default=3, ge=1, le=5)
    cool_down_hours: list[int] = Field(default=[24, 168, 720], min_length=1, max_length=5)
    minutes: int = Field(default=60, ge=5, le=240)


class PointOut(OutModel):
    """One accuracy with the probability to pass and the expected number of questions."""

    accuracy: float
    passes: float
    questions: float


class TestOut(OutModel):
    """A published test with what it does to people."""

    __test__ = False

    id: str
    lane_id: str
    version: int
    kind: str
    questions: int
    pass_mark: int
    alpha: float
    beta: float
    expected_questions: dict[str, float]
    characteristic: list[PointOut]
    warnings: list[str]


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


@api.post("/tests/<lane_id>/attempts", returns=AttemptOut, creates=True, scope=exam_scope)
def start_attempt(session: "Session", actor: Actor, lane_id: str) -> AttemptOut:
    """Begin a go at a lane's test, or come back to the one under way"""
    return _attempt(session, attempts.start_attempt(session, actor, lane_id))


@api.get("/attempts/<attempt_id>", returns=AttemptOut)
def attempt(session: "Session", actor: Actor, attempt_id: str) -> AttemptOut:
    """An attempt of one's own, as it stands"""
    return _attempt(session, attempts.look_at(session, actor, attempt_id))


@api.post("/attempts/<attempt_id>/answers", body=AnswerIn, returns=AnsweredOut, scope=exam_scope)
def answer(session: "Session", actor: Actor, attempt_id: str, body: AnswerIn) -> AnsweredOut:
    """Give the final answer to the question at hand"""
    told = attempts.answer_question(session, actor, attempt_id, body.position, body.answer)
    lesson = told.feedback
    return AnsweredOut(
        attempt=_attempt(session, told.attempt),
        feedback=None
        if lesson is None
        else FeedbackOut(is_right=lesson.is_right, truth=dict(lesson.truth), explanation=lesson.explanation),
    )


@api.get("/lanes/<lane_id>/quality", returns=LaneQualityOut)
def lane_quality(session: "Session", actor: Actor, lane_id: str) -> LaneQualityOut:
    """A lane's quality"""
    found = reading.lane_quality(session, actor, lane_id).quality
    return LaneQualityOut(
        lane_id=lane_id,
        judgments=found.judgments,
        people=found.people,
        checked=found.checked,
        accuracy=found.accuracy,
        low=found.interval.lower if found.interval else None,
        high=found.interval.upper if found.interval else None,
        classes=[
            ClassOut(name=each.name, checked=each.checked, recall=each.recall, low=each.interval.lower,
                     high=each.interval.upper)
            for each in found.classes
        ],
        agreement=dict(found.run.agreement) if found.run else None,
        units=found.units,
        mean_confidence=found.mean_confidence,
        weak_units=found.weak_units,
    )  # fmt: skip


@api.put("/lanes/<lane_id>/test", body=TestIn, returns=TestOut, scope=exam_scope)
def publish_test(session: "Session", actor: Actor, lane_id: str, body: TestIn) -> TestOut:
    """Publish the next version of a lane's test"""
    done = tests.publish_test(session, actor, lane_id=lane_id, **body.model_dump())
    return _test(done.test, [str(warning) for warning in done.warnings])


@api.put("/lanes/<lane_id>/waivers/<annotator_id>", body=WaiverIn, returns=QualificationOut)
def waive(session: "Session", actor: Actor, lane_id: str, annotator_id: str, body: WaiverIn) -> QualificationOut:
    """Open a lane to a person of your own without its test"""
    return QualificationOut.model_validate(qualifications.waive(session, actor, lane_id, annotator_id, body.reason))


@api.put("/lanes/<lane_id>/removals/<annotator_id>", body=RemovalIn, returns=RemovalOut)
def revoke(session: "Session", actor: Actor, lane_id: str, annotator_id: str, body: RemovalIn) -> RemovalOut:
    """Close a lane to a person of your own; they read the reason and can appeal"""
    return RemovalOut(receipt_id=qualifications.revoke(session, actor, lane_id, annotator_id, body.reason))


@api.get("/lanes/<lane_id>/people", query=CandidatesQuery, returns=CandidatesOut)
def lane_people(session: "Session", actor: Actor, lane_id: str, query: CandidatesQuery) -> CandidatesOut:
    """Your people who speak a lane's language, and what opens or closes the lane to each"""
    _lane, people, next_after = reading.lane_people(session, actor, lane_id, text=query.text, after=query.after)
    return CandidatesOut(items=[_candidate(each) for each in people], next_after=next_after)


def _candidate(each: Candidate) -> CandidateOut:
    held, tried = each.qualification, each.attempt
    return CandidateOut(
        annotator_id=each.person.id,
        pseudonym=each.person.pseudonym,
        name=each.person.name,
        standing=each.standing,
        basis=held.basis if held else None,
        since_at=held.since_at if held else None,
        next_attempt_at=tried.next_at if tried else None,
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
            position=question.position, stage=question.stage, content=dict(question.content), locale=question.locale
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
            ran_out_of_time=outcome.ran_out_of_time,
            next_at=outcome.next_at,
            receipt_id=outcome.receipt_id,
        ),
    )


def _test(test: TestView, warnings: list[str]) -> TestOut:
    plan = test.plan
    return TestOut(
        id=test.id,
        lane_id=test.lane_id,
        version=test.version,
        kind=test.kind,
        questions=plan.questions,
        pass_mark=plan.pass_mark,
        alpha=plan.exact_alpha,
        beta=plan.exact_beta,
        expected_questions=dict(plan.expected_questions),
        characteristic=[PointOut.model_validate(point) for point in characteristic(plan)],
        warnings=warnings,
    )
