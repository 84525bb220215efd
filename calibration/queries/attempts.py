"""Attempts as the person who makes them sees them: the question at hand, feedback in training, the outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from calibration.models import Attempt, AttemptQuestion, Dispute, Qualification, QualificationTest
from calibration.queries.gold import key_of
from calibration.queries.people import receipt_by_cause, view_of
from calibration.queries.tests import CHECK, ENTRANCE, TestView, open_tests, test_by_id
from calibration.rules.intervals import Interval, wilson
from calibration.rules.retries import weak_classes
from calibration.rules.testplan import Plan
from calibration.values import QualificationView
from kernel.db import now_of
from kernel.hot import Hot, table_of
from kernel.walls import constant
from labeling.models import Item, Ontology, opened_content
from labeling.tasktypes import registry

LIVE = ("training", "exam")
OVER = ("passed", "failed", "ended")


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as it is asked: content alone."""

    position: int
    stage: str
    content: Mapping[str, Any]
    locale: str
    item_id: str = ""
    classification: str = ""
    is_withheld: bool = False  # its content asks more of this reader than is proven


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a training question teaches once it is answered."""

    position: int
    content: Mapping[str, Any]
    answer: Mapping[str, Any]
    truth: Mapping[str, Any]
    is_right: bool
    explanation: str
    dispute_id: str | None
    item_id: str = ""
    classification: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an exam ended: the figure with its interval, per class without keys, and what comes next."""

    passed: bool
    asked: int
    right: int
    interval: Interval
    by_class: Mapping[str, tuple[int, int]]  # class -> (asked, right)
    weak: tuple[str, ...]  # the classes to learn
    limit: float  # the share of right answers that parts those who pass from those who do not
    is_paid: bool
    ran_out_of_time: bool
    next_at: datetime | None
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One go at a test. Nothing here tells during an exam how it goes."""

    id: str
    lane_id: str
    test_id: str
    ontology_id: str
    guideline_id: str
    number: int
    state: str
    stage: str | None
    position: int
    training_count: int
    exam_asked: int
    exam_most: int
    minutes: int
    purpose: str
    deadline_at: datetime
    question: QuestionView | None
    outcome: Outcome | None
    is_called_off: bool = False
    training_number: int = 0  # which practice question is at hand, from 1

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class TestStart:
    """What a person should know of a lane's test before they begin."""

    __test__ = False

    test: TestView
    plan: Plan
    attempt_number: int
    attempts_left: int
    attempts_begun: int  # of whatever purpose and outcome
    next_at: datetime | None
    live_attempt_id: str | None
    qualification: QualificationView | None

    @property
    def may_start(self) -> bool:
        is_settled = self.qualification is not None and self.qualification.state in ("open", "paused", "revoked")
        return self.attempts_left > 0 and self.next_at is None and not is_settled


def attempt_view(session: Session, row: Attempt) -> AttemptView:
    """A row as its person sees it. Reading the question reads no key."""
    test = test_by_id(session, row.test_id)
    training = sum(question.stage == "training" for question in questions_of(session, row.id).values())
    state = row.state if not is_overdue(row, now_of(session)) else "ended"
    return AttemptView(
        id=row.id,
        lane_id=row.lane_id,
        test_id=row.test_id,
        ontology_id=test.ontology_id,
        guideline_id=test.guideline_id,
        number=row.number,
        state=state,
        stage=state if state in LIVE else None,
        position=row.position,
        training_count=training,
        exam_asked=row.asked,
        exam_most=test.plan_for(tries_before(session, row) + 1).questions,
        minutes=test.minutes,
        purpose=row.purpose,
        deadline_at=row.deadline_at,
        question=_question(session, row) if state in LIVE else None,
        outcome=_outcome(session, row) if state in ("passed", "failed") else None,
        is_called_off=row.called_off_at is not None,
        training_number=sum(
            each.stage == "training" and each.position <= row.position
            for each in questions_of(session, row.id).values()
        ),
    )


def is_overdue(row: Attempt, now: datetime) -> bool:
    """Whether the server's clock has ended a live attempt."""
    return row.state in LIVE and now > row.deadline_at


def find_attempt(session: Session, attempt_id: str, *, hold: bool = False) -> Attempt | None:
    """The row of an attempt, locked if it is to be changed; a transaction that holds it does not ask again."""
    held: dict[str, Attempt] = session.info.setdefault("attempts", {})
    if attempt_id in held:
        return held[attempt_id]
    row = session.scalars(_HELD if hold else _ATTEMPT, {"p_id": attempt_id}).one_or_none()
    if row is not None and hold:
        held[attempt_id] = row
    return row


# An exam runs through these with every answer, so that they are made once.
_ATTEMPT = select(Attempt).where(Attempt.id == bindparam("p_id"))
_HELD = _ATTEMPT.with_for_update()
_ATTEMPTS = constant(
    select(Attempt)
    .where(Attempt.lane_id == bindparam("p_lane"), Attempt.account_id == bindparam("p_account"))
    .order_by(Attempt.number)
)
_UNDER_WAY = constant(
    select(Attempt)
    .where(Attempt.account_id == bindparam("p_account"), Attempt.state.in_(LIVE))
    .order_by(Attempt.started_at)
)
_QUALIFIED = constant(
    select(Qualification).where(
        Qualification.lane_id == bindparam("p_lane"), Qualification.account_id == bindparam("p_account")
    )
)
_EARLIER = (
    Attempt.lane_id == bindparam("p_lane"),
    Attempt.account_id == bindparam("p_account"),
    Attempt.number < bindparam("p_number"),
    Attempt.purpose == bindparam("p_purpose"),
    or_(Attempt.purpose != CHECK, Attempt.test_id == bindparam("p_test")),  # each check has tries of its own
)
_TRIES = select(func.count()).where(
    *_EARLIER,
    Attempt.state == "failed",
    Attempt.number
    > select(func.coalesce(func.max(Attempt.number), 0)).where(*_EARLIER, Attempt.state == "passed").scalar_subquery(),
)
_Q = table_of(AttemptQuestion)
_QUESTIONS = Hot(
    select(_Q.c.id, _Q.c.position, _Q.c.stage, _Q.c.item_id).where(_Q.c.attempt_id == bindparam("p_attempt"))
)
_ANSWER = Hot(
    select(_Q.c.answer, _Q.c.score).where(_Q.c.id == bindparam("p_id"), _Q.c.answered_at.is_not(None))
)  # fmt: skip
_I = table_of(Item)
_CONTENT = Hot(select(opened_content(_I), _I.c.locale).where(_I.c.id == bindparam("p_item")))


def attempts_of(session: Session, lane_id: str, account_id: str) -> list[Attempt]:
    """A person's attempts in a lane, the first one first."""
    return list(session.scalars(_ATTEMPTS, {"p_lane": lane_id, "p_account": account_id}))


def live_attempt(session: Session, account_id: str) -> Attempt | None:
    """The attempt a person has under way, in whatever lane."""
    return session.scalars(_UNDER_WAY, {"p_account": account_id}).first()


def tries_before(session: Session, row: Attempt) -> int:
    """How many attempts failed since the last pass; one that never came to an exam costs nothing."""
    known: dict[str, int] = session.info.setdefault("tries", {})  # they are over, so that their number stands
    if row.id not in known:
        given = {"p_lane": row.lane_id, "p_account": row.account_id, "p_number": row.number, "p_purpose": row.purpose,
                 "p_test": row.test_id}  # fmt: skip
        known[row.id] = int(session.scalar(_TRIES, given) or 0)
    return known[row.id]


def test_start(session: Session, lane_id: str, account_id: str, purpose: str = ENTRANCE) -> TestStart | None:
    """The start page's facts; None where a lane asks for no test."""
    test = open_tests(session, [lane_id], purpose).get(lane_id)
    if test is None:
        return None
    held = session.scalars(_QUALIFIED, {"p_lane": lane_id, "p_account": account_id}).first()
    return _start(test, attempts_of(session, lane_id, account_id), held, now_of(session), purpose)


def test_starts(session: Session, lane_id: str, account_ids: Sequence[str]) -> dict[str, TestStart]:
    """`test_start` of a lane's entrance test for many accounts, in three statements; none where no test is open."""
    test = open_tests(session, [lane_id]).get(lane_id)
    if test is None:
        return {}
    attempts: dict[str, list[Attempt]] = {account_id: [] for account_id in account_ids}
    for row in session.scalars(
        select(Attempt)
        .where(Attempt.lane_id == lane_id, Attempt.account_id.in_(account_ids))
        .order_by(Attempt.number)
    ):  # fmt: skip
        attempts[row.account_id].append(row)
    of_people = select(Qualification).where(
        Qualification.lane_id == lane_id, Qualification.account_id.in_(account_ids)
    )  # fmt: skip
    held = {row.account_id: row for row in session.scalars(of_people)}
    now = now_of(session)
    return {account: _start(test, every, held.get(account), now, ENTRANCE) for account, every in attempts.items()}


def _start(
    test: TestView, every: Sequence[Attempt], held: Qualification | None, now: datetime, purpose: str
) -> TestStart:
    past = [row for row in every if row.purpose == purpose]
    counted = [row for row in past if purpose != CHECK or row.test_id == test.id]
    passed = max((row.number for row in counted if row.state == "passed"), default=0)
    tries = sum(row.state == "failed" and row.number > passed for row in counted)
    waits = [row.next_at for row in past if row.next_at is not None and row.next_at > now]
    live = next((row for row in past if row.state in LIVE and not is_overdue(row, now)), None)
    return TestStart(
        test=test,
        plan=test.plan_for(tries + 1),
        attempt_number=tries + 1,
        attempts_left=max(0, test.attempts_most - tries),
        attempts_begun=len(every),
        next_at=max(waits, default=None),
        live_attempt_id=live.id if live else None,
        qualification=view_of(held, now) if held else None,
    )


def feedback_of(session: Session, row: Attempt, position: int) -> Feedback | None:
    """The lesson of an answered training question of this attempt. Reads its key: in the system's name only."""
    question = question_at(session, row.id, position)
    if question is None or question.stage != "training":
        return None
    answered, key = _ANSWER.run(session, p_id=question.id).one_or_none(), key_of(session, question.item_id)
    if answered is None or key is None:
        return None
    return Feedback(
        position=position,
        content=content_of(session, question.item_id)[0],
        answer=answered.answer or {},
        truth=key.truth,
        is_right=_is_right(session, row, answered.score or 0.0),
        explanation=key.explanation,
        dispute_id=session.scalar(
            select(Dispute.id).where(Dispute.account_id == row.account_id, Dispute.item_id == question.item_id)
        ),
        item_id=question.item_id,
    )


def _is_right(session: Session, row: Attempt, score: float) -> bool:
    task_type = session.scalars(
        select(Ontology.task_type)
        .join(QualificationTest, QualificationTest.ontology_id == Ontology.id)
        .where(QualificationTest.id == row.test_id)
    ).one()
    return registry.get(task_type).counts_as_right(round(1.0 - score, 9))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of an attempt: where it stands, and what it asks about."""

    id: str
    position: int
    stage: str
    item_id: str


def questions_of(session: Session, attempt_id: str) -> dict[int, Asked]:
    """The questions of an attempt by position, read once in a transaction."""
    known: dict[str, dict[int, Asked]] = session.info.setdefault("questions", {})
    if attempt_id not in known:
        rows = _QUESTIONS.run(session, p_attempt=attempt_id)
        known[attempt_id] = {row.position: Asked(*row) for row in rows}
    return known[attempt_id]


def forget_questions(session: Session, attempt_id: str) -> None:
    """The questions have changed: they are read again when they are asked for."""
    session.info.get("questions", {}).pop(attempt_id, None)


def question_at(session: Session, attempt_id: str, position: int) -> Asked | None:
    """One question."""
    return questions_of(session, attempt_id).get(position)


def content_of(session: Session, item_id: str) -> tuple[Mapping[str, Any], str]:
    """Content and locale of an item, which never change, read once in a transaction."""
    known: dict[str, tuple[Mapping[str, Any], str]] = session.info.setdefault("contents", {})
    if item_id not in known:
        row = _CONTENT.run(session, p_item=item_id).one()
        known[item_id] = row.content, row.locale
    return known[item_id]


def _question(session: Session, row: Attempt) -> QuestionView | None:
    question = question_at(session, row.id, row.position)
    if question is None:
        return None
    content, locale = content_of(session, question.item_id)
    return QuestionView(question.position, question.stage, content, locale, question.item_id)


def _outcome(session: Session, row: Attempt) -> Outcome:
    test = test_by_id(session, row.test_id)
    return Outcome(
        passed=row.state == "passed",
        asked=row.asked,
        right=row.right,
        interval=wilson(row.right, row.asked),
        by_class={name: (asked, right) for name, (asked, right) in sorted(row.by_class.items()) if asked},
        weak=weak_classes({name: (right, asked) for name, (asked, right) in row.by_class.items()}, test.plan.slope),
        limit=test.plan.slope,
        is_paid=test.is_paid,
        ran_out_of_time=row.ended_at is not None and row.ended_at > row.deadline_at,
        next_at=row.next_at,
        receipt_id=receipt_by_cause(session, "test_failed", row.id) if row.state == "failed" else None,
    )
