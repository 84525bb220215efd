"""Qualification tests as published, and what a plan does: who passes, how probably, after how many questions."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from calibration.models import QualificationTest
from calibration.rules import lint, testplan
from calibration.rules.testplan import Plan
from calibration.values import PlanKind
from kernel.walls import constant
from payouts.values import RateView

APPLICANTS, EXPOSURES = 100, 30
LONGEST_WAIT = 365 * 24
"""Hours between two attempts, at the most."""
ENTRANCE, CHECK = "entrance", "check"


@dataclass(frozen=True, slots=True)
class TestView:
    """One published version of a lane's test."""

    __test__ = False

    id: str
    lane_id: str
    version: int
    kind: str
    plans: tuple[Plan, ...]  # one for each attempt
    training_questions: int
    attempts_most: int
    cool_down_hours: tuple[int, ...]
    minutes: int
    ontology_id: str
    guideline_id: str
    purpose: str
    strata: str
    begin_hours: int
    expires_days: int | None
    is_paid: bool
    about: str
    categories: tuple[str, ...]
    due_at: datetime | None
    published_at: datetime

    @property
    def plan(self) -> Plan:
        """The plan of the first attempt."""
        return self.plans[0]

    def plan_for(self, attempt: int) -> Plan:
        """The plan of an attempt, counted from 1; it asks for more certainty each time."""
        return self.plans[min(attempt, len(self.plans)) - 1]


@dataclass(frozen=True, slots=True)
class Point:
    """One accuracy, with the probability to pass and the expected number of questions."""

    accuracy: float
    passes: float
    passes_within: float  # at one of the attempts, if all are taken
    questions: float


def open_test(session: Session, lane_id: str) -> TestView | None:
    """The test that a lane asks for at present."""
    return open_tests(session, [lane_id]).get(lane_id)


def open_tests(session: Session, lane_ids: Iterable[str], purpose: str = ENTRANCE) -> dict[str, TestView]:
    """The same for many lanes at once, by lane."""
    rows = session.scalars(_OPEN, {"p_lanes": list(lane_ids), "p_purpose": purpose})
    return {row.lane_id: view_of(row) for row in rows}


def open_check(session: Session, lane_id: str) -> TestView | None:
    """The short check that a lane asks of people who are in, if there is one."""
    return open_tests(session, [lane_id], CHECK).get(lane_id)


def test_by_id(session: Session, test_id: str) -> TestView:
    """A test, open or not. What is published never changes, so that it is read once in a transaction."""
    known: dict[str, TestView] = session.info.setdefault("tests", {})
    if test_id not in known:
        known[test_id] = view_of(session.scalars(_TEST, {"p_id": test_id}).one())
    return known[test_id]


_OPEN = constant(
    select(QualificationTest).where(
        QualificationTest.lane_id.in_(bindparam("p_lanes", expanding=True)),
        QualificationTest.is_open,
        QualificationTest.purpose == bindparam("p_purpose"),
    )
)
_TEST = select(QualificationTest).where(QualificationTest.id == bindparam("p_id"))


test_by_id.__test__ = False  # type: ignore[attr-defined]


def view_of(row: QualificationTest) -> TestView:
    return TestView(
        id=row.id,
        lane_id=row.lane_id,
        version=row.version,
        kind=row.kind,
        plans=tuple(plan_from_json(stored) for stored in row.plan["attempts"]),
        training_questions=row.training_questions,
        attempts_most=row.attempts_most,
        cool_down_hours=tuple(min(max(hours, 0), LONGEST_WAIT) for hours in row.cool_down_hours),
        minutes=row.minutes,
        ontology_id=row.ontology_id,
        guideline_id=row.guideline_id,
        purpose=row.purpose,
        strata=row.strata,
        begin_hours=row.begin_hours,
        expires_days=row.expires_days,
        is_paid=row.is_paid,
        about=row.about,
        categories=tuple(row.categories),
        due_at=row.due_at,
        published_at=row.published_at,
    )


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as plain JSON."""
    return {**asdict(plan), "kind": PlanKind(plan.kind).value}


def plan_from_json(stored: Mapping[str, Any]) -> Plan:
    return Plan(**{**stored, "kind": PlanKind(stored["kind"])})


def characteristic(plans: Sequence[Plan]) -> list[Point]:
    """What a test does to people of every accuracy from one half (or a little under p0) to one: exact, not simulated.

    The questions are those of the first attempt.
    """
    first = plans[0]
    lowest = min(50, max(0, math.ceil(first.p0 * 10 - 1e-9) - 1) * 10)
    return [
        Point(
            accuracy,
            testplan.pass_probability(first, accuracy),
            testplan.passes_within(plans, accuracy),
            testplan.expected_questions(first, accuracy),
        )
        for accuracy in (each / 100 for each in range(lowest, 101, 2))
    ]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan costs with people as they come from outside (a hundred of them), in questions, gold and pay."""

    applicants: int
    passing: float
    questions: float  # of one person, on average
    pool: int
    false_passes: float  # the share of people of accuracy p0 who pass at one of the attempts
    needed: int  # questions, so that the longest attempt can be asked
    wanted: int  # questions, so that one person can be asked all attempts to their end
    attempts: int  # that the exam pool lasts for at its exposure limit
    known_by_ten: float  # share of the pool that ten people know together who tell each other
    pay_micros: int | None
    currency: str | None
    rate_micros: int | None = None  # what a question earns

    def lasting(self, questions: float) -> float:
        """How many attempts of so many questions each the exam pool lasts for."""
        return self.pool * EXPOSURES / questions


def outlook_of(plans: Sequence[Plan], pool: int, rate: RateView | None, exposures: int = EXPOSURES) -> Outlook:
    """The outlook with an exam pool of this size; `rate` is what a question earns, if it does.

    Questions, passes and pay are those of a first attempt.
    """
    plan = plans[0]
    questions = lint.weighted([testplan.expected_questions(plan, group.accuracy) for group in lint.APPLICANTS])
    passing = lint.weighted([testplan.pass_probability(plan, group.accuracy) for group in lint.APPLICANTS])
    return Outlook(
        applicants=APPLICANTS,
        passing=passing,
        questions=questions,
        pool=pool,
        false_passes=testplan.passes_within(plans, plan.p0),
        needed=max(each.questions for each in plans),
        wanted=sum(each.questions for each in plans),
        attempts=int(pool * exposures / questions),
        known_by_ten=lint.known_by_colluders(questions, pool, 10),
        pay_micros=None if rate is None else round(rate.micros * questions * APPLICANTS),
        currency=None if rate is None else rate.currency,
        rate_micros=None if rate is None else rate.micros,
    )
