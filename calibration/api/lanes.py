"""A lane over the API: its quality, its labels inferred anew, its test, its people."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from calibration import jobs
from calibration.api.people import WeekOut
from calibration.api.routes import JobRef, api, exam_scope
from calibration.operations import checks, inference, qualifications, reading, tests
from calibration.operations.estimates import METHODS
from calibration.queries.checks import CheckState
from calibration.queries.roster import Candidate
from calibration.queries.tests import LONGEST_WAIT, TestView, characteristic
from calibration.values import PlanKind
from i18n import _
from kernel.guard import not_found
from kernel.jobs import enqueue
from kernel.policy import Actor
from web.forms import InModel, OutModel, PageQuery, values_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ClassOut(OutModel):
    """How often a class was recognised."""

    name: str
    checked: int
    recall: float
    low: float
    high: float


class LaneAgreementOut(OutModel):
    """How well people agree in one language of the project: Krippendorff's alpha with its 95% interval."""

    lane_id: str
    locale: str
    alpha: float
    low: float | None
    high: float | None
    units: int


class WeightedOut(OutModel):
    """Accuracy with each class counted as often as it occurs at work."""

    value: float
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
    weighted: WeightedOut | None
    classes: list[ClassOut]
    agreement: dict[str, Any] | None
    agreement_by_locale: list[LaneAgreementOut]
    units: int
    mean_confidence: float | None
    weak_units: int
    fit: dict[str, float] | None
    unfit: dict[str, int] | None
    weeks: list[WeekOut]


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
    accuracy: float | None
    low: float | None
    high: float | None


class CandidatesQuery(PageQuery):
    """Part of a name or pseudonym, and where the page before ended; `surest` ranks by the lower end of the range."""

    text: str = ""
    order: Literal["any", "surest"] = "any"
    least: float | None = Field(default=None, ge=0, le=1, description="The least lower end of the range of accuracy.")


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
    state: Annotated[str, values_of(("open", "paused", "expired", "revoked"))]


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
    cool_down_hours: list[Annotated[int, Field(ge=0, le=LONGEST_WAIT)]] = Field(
        default=[24, 168, 720], min_length=1, max_length=5
    )
    minutes: int = Field(default=60, ge=5, le=240)
    strata: str = Field(default="class", pattern=f"^({'|'.join(tests.STRATA)})$")
    begin_hours: int = Field(default=24, ge=1, le=168)
    expires_days: int | None = Field(default=None, ge=30, le=1095)
    is_paid: bool = False


class PublishIn(TestIn):
    """The same with the warnings that its publisher takes on, by their codes."""

    accepted: list[str] = Field(default=[], max_length=20)


class LintFindingOut(OutModel):
    """What the lint found; an error forbids publishing, a warning is taken on by its code."""

    code: str
    is_error: bool
    message: str
    facts: dict[str, Any]


class PlanOut(OutModel):
    """The exact plan of one attempt."""

    attempt: int
    questions: int
    pass_mark: int
    alpha: float
    beta: float
    expected_questions: dict[str, float]
    strata: int


class OutlookOut(OutModel):
    """What a hundred people from outside would cost; pay is told to the vendor of a paid test alone."""

    applicants: int
    passing: float
    questions: float
    pool: int
    false_passes: float
    needed: int
    wanted: int
    attempts: int
    known_by_ten: float
    pay_micros: int | None
    currency: str | None
    rate_micros: int | None


class PointOut(OutModel):
    """One accuracy with the probability to pass and the expected number of questions."""

    accuracy: float
    passes: float
    passes_within: float
    questions: float


class ExaminedOut(OutModel):
    """What a design would do to people and cost, before it is published."""

    plans: list[PlanOut]
    characteristic: list[PointOut]
    findings: list[LintFindingOut]
    stock: dict[str, int]
    outlook: OutlookOut


class TestOut(OutModel):
    """A published test with what it does to people."""

    __test__ = False

    id: str
    lane_id: str
    version: int
    kind: Annotated[str, values_of(PlanKind)]
    questions: int
    pass_mark: int
    alpha: float
    beta: float
    expected_questions: dict[str, float]
    characteristic: list[PointOut]
    strata: str
    training_questions: int
    attempts_most: int
    cool_down_hours: list[int]
    minutes: int
    begin_hours: int
    expires_days: int | None
    is_paid: bool
    warnings: list[str]


@api.get("/lanes/<lane_id>/quality", returns=LaneQualityOut)
def lane_quality(session: "Session", actor: Actor, lane_id: str) -> LaneQualityOut:
    """A lane's quality"""
    shown = reading.lane_quality(session, actor, lane_id)
    found = shown.quality
    return LaneQualityOut(
        lane_id=lane_id,
        judgments=found.judgments,
        people=found.people,
        checked=found.checked,
        accuracy=found.accuracy,
        low=found.interval.lower if found.interval else None,
        high=found.interval.upper if found.interval else None,
        weighted=WeightedOut(
            value=found.weighted.value, low=found.weighted.interval.lower, high=found.weighted.interval.upper
        ) if found.weighted else None,
        classes=[
            ClassOut(name=each.name, checked=each.checked, recall=each.recall, low=each.interval.lower,
                     high=each.interval.upper)
            for each in found.classes
        ],
        agreement=dict(found.run.agreement) if found.run else None,
        agreement_by_locale=[LaneAgreementOut.model_validate(each) for each in shown.agreement],
        units=found.units,
        mean_confidence=found.mean_confidence,
        weak_units=found.weak_units,
        fit=dict(found.fit) if found.fit else None,
        unfit=dict(found.unfit) if found.unfit else None,
        weeks=[WeekOut.model_validate(each) for each in shown.weeks],
    )  # fmt: skip


def _known_method(name: str) -> str:
    if name not in METHODS:
        told = _("There is no method “%(name)s”; there are %(names)s.", name=name[:40], names=", ".join(METHODS))
        raise ValueError(told)
    return name


class InferenceIn(InModel):
    """By which method; the one that is used by itself, where none is named."""

    method: Annotated[str, values_of(METHODS), AfterValidator(_known_method)] = inference.DEFAULT


@api.post("/lanes/<lane_id>/inference", body=InferenceIn, returns=JobRef, status=202)
def run_inference(session: "Session", actor: Actor, lane_id: str, body: InferenceIn) -> JobRef:
    """Ask for a lane's labels to be inferred anew"""
    inference.ensure_may_infer(session, actor, lane_id)
    job_id = enqueue(session, jobs.infer_lane, actor=actor, lane_id=lane_id, method=body.method)
    assert job_id is not None, "asked for without a key, it is always new"
    return JobRef(job_id=job_id)


@api.get("/lanes/<lane_id>/test", returns=TestOut)
def lane_test(session: "Session", actor: Actor, lane_id: str) -> TestOut:
    """The test that a lane asks for at present, with what it does to people"""
    found = reading.lane_test(session, actor, lane_id)[1]
    if found is None:
        raise not_found()
    return _test(found, [])


@api.post("/lanes/<lane_id>/test/preview", body=TestIn, returns=ExaminedOut, scope=exam_scope)
def preview_test(session: "Session", actor: Actor, lane_id: str, body: TestIn) -> ExaminedOut:
    """Look at a design without publishing it: exact error rates, expected lengths, cost, and what is wrong with it"""
    found = tests.examine_test(session, actor, lane_id, tests.Design(**body.model_dump()))
    return ExaminedOut(
        plans=[
            PlanOut(attempt=number, questions=plan.questions, pass_mark=plan.pass_mark, alpha=plan.exact_alpha,
                    beta=plan.exact_beta, expected_questions=dict(plan.expected_questions), strata=plan.strata)
            for number, plan in enumerate(found.plans, start=1)
        ],
        characteristic=[PointOut.model_validate(point) for point in characteristic(found.plans)],
        findings=[
            LintFindingOut(code=each.code, is_error=each.is_error, message=str(each.message), facts=dict(each.facts))
            for each in found.findings
        ],
        stock=found.stock,
        outlook=OutlookOut.model_validate(found.outlook),
    )  # fmt: skip


@api.put("/lanes/<lane_id>/test", body=PublishIn, returns=TestOut, scope=exam_scope)
def publish_test(session: "Session", actor: Actor, lane_id: str, body: PublishIn) -> TestOut:
    """Publish the next version of a lane's test"""
    done = tests.publish_test(session, actor, lane_id=lane_id, **body.model_dump())
    return _test(done.test, [str(warning) for warning in done.warnings])


class CheckIn(InModel):
    """A check of people who are in: what has changed, the classes it asks about (all, if none), when it is due."""

    about: str = Field(min_length=3, max_length=2000)
    categories: list[str] = Field(default=[], max_length=500)
    training_questions: int = Field(default=5, ge=0, le=50)
    days: int = Field(default=14, ge=1, le=60)


class CheckOut(OutModel):
    """An open check, and how many of the lane's people have passed it."""

    id: str
    lane_id: str
    about: str
    categories: list[str]
    questions: int
    training_questions: int
    due_at: datetime | None
    people: int
    passed: int


@api.get("/lanes/<lane_id>/check", returns=CheckOut | None)
def lane_check(session: "Session", actor: Actor, lane_id: str) -> CheckOut | None:
    """The check that people who are in have to pass; null where there is none"""
    state = checks.look_at_check(session, actor, lane_id)
    return None if state is None else _check(state)


@api.put("/lanes/<lane_id>/check", body=CheckIn, returns=CheckOut, scope=exam_scope)
def publish_check(session: "Session", actor: Actor, lane_id: str, body: CheckIn) -> CheckOut:
    """Ask the people of a lane to pass a short, paid check by a date"""
    checks.publish_check(session, actor, lane_id, checks.CheckDesign(**body.model_dump()))
    state = checks.look_at_check(session, actor, lane_id)
    assert state is not None, "it has just been published"
    return _check(state)


def _check(state: CheckState) -> CheckOut:
    test = state.test
    return CheckOut(
        id=test.id, lane_id=test.lane_id, about=test.about, categories=list(test.categories),
        questions=test.plan.questions, training_questions=test.training_questions, due_at=test.due_at,
        people=state.people, passed=state.passed,
    )  # fmt: skip


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
    _lane, people, next_after = reading.lane_people(
        session,
        actor,
        lane_id,
        text=query.text,
        is_ranked=query.order == "surest",
        least=query.least,
        after=query.after,
        limit=query.limit,
    )
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
        accuracy=each.quality.accuracy if each.quality else None,
        low=each.quality.low if each.quality else None,
        high=each.quality.high if each.quality else None,
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
        characteristic=[PointOut.model_validate(point) for point in characteristic(test.plans)],
        strata=test.strata,
        training_questions=test.training_questions,
        attempts_most=test.attempts_most,
        cool_down_hours=list(test.cool_down_hours),
        minutes=test.minutes,
        begin_hours=test.begin_hours,
        expires_days=test.expires_days,
        is_paid=test.is_paid,
        warnings=warnings,
    )
