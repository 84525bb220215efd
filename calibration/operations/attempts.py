"""Attempts at a test: drawing questions nobody met before, taking final answers, stopping as the plan says.

These acts run in the system's scope, as they compare answers with keys; each of them first asks whether the lane is
open to this person's vendor, as if they ran in that vendor's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from calibration.contents import readable
from calibration.lanes import find_lane, lane_of
from calibration.models import Attempt, AttemptQuestion
from calibration.operations import anew, verdicts
from calibration.operations.exams import ask, close, draw_further, exam_pool, training_items
from calibration.operations.exposures import note_all
from calibration.operations.scoring import Scorer
from calibration.policy import ATTEMPT_ANSWER, GRADE_RUN, TEST_ASSIGN, TEST_TAKE, attempt_resource, lane_resource
from calibration.queries.attempts import (
    LIVE,
    Asked,
    AttemptView,
    Feedback,
    TestStart,
    attempt_view,
    content_of,
    feedback_of,
    find_attempt,
    is_overdue,
    live_attempt,
    question_at,
    test_start,
    tries_before,
)
from calibration.queries.checks import checks_owed
from calibration.queries.gold import Drawable, drawable, key_of
from calibration.queries.people import Person, person_of, person_of_account
from calibration.queries.tests import CHECK, ENTRANCE, TestView, test_by_id
from calibration.rules.drawing import all_touched, draw
from calibration.rules.testplan import decide
from calibration.values import LaneFacts, TestDecision
from i18n import _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.hot import Hot, table_of
from kernel.policy import Actor, Demand
from labeling.values import GoldPool
from workforce.values import rank_of


@dataclass(frozen=True, slots=True)
class Answered:
    """What follows an answer: the attempt as it stands, and in training what there was to learn."""

    attempt: AttemptView
    feedback: Feedback | None


@dataclass(frozen=True, slots=True)
class Look:
    """A lane's test before it is begun; `start` is None where the lane asks for none.

    Who lacks what the lane demands reads the conditions of the test, and nothing of the work.
    """

    lane: LaneFacts
    start: TestStart | None
    is_active: bool
    unmet: tuple[Demand, ...]

    @property
    def may_read(self) -> bool:
        """Whether the guideline may be shown."""
        held = self.start.qualification if self.start else None
        return self.is_active and not self.unmet and (held is None or held.state != "revoked")

    @property
    def may_start(self) -> bool:
        return self.may_read and self.start is not None and self.start.may_start


def start_attempt(
    session: Session, actor: Actor, lane_id: str, *, network: str | None = None, purpose: str = ENTRANCE
) -> AttemptView:
    """Begin a go at a lane's test, or at its check, or come back to the one under way in it.

    `network` is where it is begun from, without the last part of the address.
    """
    lane = _open_lane(session, actor, lane_id)
    person = _active_person(session, actor)
    _ensure_admitted(session, actor, lane, person.annotator_id)
    live = live_attempt(session, person.account_id)
    if live is not None and is_overdue(live, now_of(session)):
        _end_overdue(session, live)
        live = None
    if live is not None:
        if (live.lane_id, live.purpose) == (lane_id, purpose):
            return _view(session, actor, lane, live)
        raise Conflict("attempt.other_live", _("You are in the middle of another test. Finish it first."))
    start = test_start(session, lane_id, person.account_id, purpose)
    if start is None:
        raise not_found()
    if purpose == CHECK:
        _ensure_may_check(session, start, person.annotator_id)
    else:
        _ensure_may_start(start)
    row = _new_attempt(session, lane, person, start.test, start.attempts_begun + 1)
    row.network = network
    if len(anew.without_raised(session, lane, exam_pool(session, row, start.test))) < start.plan.questions:
        raise _nothing_fresh()
    training = training_items(session, row, start.test)
    if training:
        ask(session, row, training, "training", first=0)
        note_all(session, lane, person.account_id, training, GoldPool.TRAINING.value)
    else:
        _begin_exam(session, lane, row, start.test)
    audit.record(session, actor, "attempt.started", "attempt", row.id, org_id=row.vendor_org_id,
                 details={"lane": lane_id, "number": row.number})  # fmt: skip
    return _view(session, actor, lane, row)


def assign_attempt(
    session: Session, actor: Actor, lane_id: str, annotator_id: str, item_ids: Sequence[str]
) -> AttemptView:
    """Begin an exam for a person with these very questions, in this order: a test form that the vendor sets.

    They are of the lane's exam pool and not met before. Where they are over before the plan decides, the attempt ends
    without an outcome and costs nothing.
    """
    lane = _open_lane(session, actor, lane_id, TEST_ASSIGN)
    person = person_of(session, annotator_id)
    if person is None or person.org_id != lane.vendor_org_id:
        raise not_found()
    start = test_start(session, lane_id, person.account_id)
    if start is None:
        raise not_found()
    _ensure_may_start(start)
    is_admitted = person.status == "active" and not _unmet(session, lane, annotator_id)
    if not is_admitted or live_attempt(session, person.account_id) is not None:
        raise Conflict("attempt.other_live", _("This person cannot begin a test now."))
    drawn = list(dict.fromkeys(item_ids))[: start.plan.questions]
    pool = drawable(session, lane_id, GoldPool.EXAM.value, person.account_id, among=drawn)
    if not drawn or not set(drawn) <= set(pool.categories):
        raise Conflict("attempt.not_exam", _("Only exam questions that the person has not met can be asked."))
    row = _new_attempt(session, lane, person, start.test, start.attempts_begun + 1)
    _open_exam(session, lane, row, start.test, pool, drawn)
    audit.record(session, actor, "attempt.assigned", "attempt", row.id, org_id=row.vendor_org_id,
                 details={"lane": lane_id, "annotator": annotator_id, "questions": len(drawn)})  # fmt: skip
    return attempt_view(session, row)


def look_at_test(session: Session, actor: Actor, lane_id: str, purpose: str = ENTRANCE) -> Look:
    """What to know of a lane's test before beginning."""
    lane = lane_of(session, lane_id)
    require(session, actor, TEST_TAKE, lane_resource(session, actor, lane))
    person = person_of_account(session, actor.account_id, actor.org_id)
    is_active = person is not None and person.status == "active"
    unmet = _unmet(session, lane, person.annotator_id) if person is not None else ()
    return Look(lane, test_start(session, lane_id, actor.account_id or "", purpose), is_active, unmet)


def answer_question(
    session: Session, actor: Actor, attempt_id: str, position: int, payload: Mapping[str, Any]
) -> Answered:
    """Take the final answer to the question at hand. The same position again changes nothing and says the same."""
    row = find_attempt(session, attempt_id, hold=True)
    if row is None:
        raise not_found()
    require(session, actor, ATTEMPT_ANSWER, attempt_resource(row))
    lane = _open_lane(session, actor, row.lane_id)
    _ensure_admitted(session, actor, lane, row.annotator_id)
    if is_overdue(row, now_of(session)):
        _end_overdue(session, row)
    if position < row.position or row.state not in LIVE:
        return _told(session, actor, lane, row, position)
    question = question_at(session, attempt_id, position) if position == row.position else None
    if question is None:
        raise Conflict("attempt.not_asked", _("This question has not been asked yet."), position=row.position)
    _take_answer(session, lane, row, question, payload)
    return Answered(_view(session, actor, lane, row), feedback_of(session, row, position))


def look_at(session: Session, actor: Actor, attempt_id: str, *, is_noted: bool = True) -> AttemptView:
    """The attempt as it stands, for the person who makes it; `is_noted` is False where nothing of it is shown."""
    row = find_attempt(session, attempt_id)
    if row is None:
        raise not_found()
    require(session, actor, ATTEMPT_ANSWER, attempt_resource(row))
    if row.state not in LIVE:
        return attempt_view(session, row)
    lane = _open_lane(session, actor, row.lane_id)
    _ensure_admitted(session, actor, lane, row.annotator_id)
    return _view(session, actor, lane, row, is_noted=is_noted)


def ask_anew(session: Session, actor: Actor, attempt_id: str) -> None:
    """Draw another question for the one at hand, where that is more sensitive than its lane by now. In the system's
    scope; of two tabs that ask so, the second finds it done."""
    row = find_attempt(session, attempt_id, hold=True)
    if row is None:
        raise not_found()
    require(session, actor, ATTEMPT_ANSWER, attempt_resource(row))
    lane = _open_lane(session, actor, row.lane_id)
    _ensure_admitted(session, actor, lane, row.annotator_id)
    if not is_overdue(row, now_of(session)):
        anew.renew(session, lane, row)


def look_back(session: Session, actor: Actor, attempt_id: str, position: int) -> Feedback | None:
    """What an answered training question of one's own attempt had to teach."""
    row = find_attempt(session, attempt_id)
    if row is None:
        raise not_found()
    require(session, actor, ATTEMPT_ANSWER, attempt_resource(row))
    lane = lane_of(session, row.lane_id)
    _ensure_admitted(session, actor, lane, row.annotator_id)
    found = feedback_of(session, row, position)
    if found is None:
        return None
    classes = readable(session, actor, row.project_id, {found.item_id}, is_own=True, met=lane.classification)
    return replace(found, classification=classes[found.item_id]) if found.item_id in classes else None


def overdue(session: Session, actor: Actor, limit: int = 200) -> list[str]:
    """Attempts whose time is over and whose person did not come back."""
    require(session, actor, GRADE_RUN)
    return list(
        session.scalars(
            select(Attempt.id)
            .where(Attempt.state.in_(LIVE), Attempt.deadline_at < now_of(session))
            .order_by(Attempt.deadline_at)
            .limit(limit)
        )
    )


def end_overdue(session: Session, actor: Actor, attempt_ids: Sequence[str] | None = None) -> int:
    """End such attempts (all, or these); returns how many. One that somebody else is about to end is left to them."""
    chosen = overdue(session, actor) if attempt_ids is None else attempt_ids
    require(session, actor, GRADE_RUN)
    rows = session.scalars(
        select(Attempt)
        .where(Attempt.id.in_(chosen), Attempt.state.in_(LIVE), Attempt.deadline_at < now_of(session))
        .order_by(Attempt.deadline_at)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _end_overdue(session, row)
    return len(rows)


def _open_lane(session: Session, actor: Actor, lane_id: str, action: str = TEST_TAKE) -> LaneFacts:
    lane = lane_of(session, lane_id)
    require(session, actor, action, lane_resource(session, actor, lane))
    if not lane.takes_people:
        raise Conflict("lane.closed", _("This work is not open at the moment."))
    return lane


def _ensure_admitted(session: Session, actor: Actor, lane: LaneFacts, annotator_id: str) -> None:
    """Refuse to show a test's content to somebody whom the lane would not show its units, were they qualified."""
    unmet = _unmet(session, lane, annotator_id)
    if unmet:
        require(session, actor, TEST_TAKE, replace(lane_resource(session, actor, lane), demands=unmet))


def _unmet(session: Session, lane: LaneFacts, annotator_id: str) -> tuple[Demand, ...]:
    """What the lane asks and the person does not meet, read once in a transaction."""
    known: dict[tuple[str, str], tuple[Demand, ...]] = session.info.setdefault("unmet", {})
    mark = lane.id, annotator_id
    if mark not in known:
        known[mark] = tuple(each for each in lane_of(session, lane.id, annotator_id).demands if not each.met)
    return known[mark]


def _active_person(session: Session, actor: Actor) -> Person:
    person = person_of_account(session, actor.account_id, actor.org_id)
    if person is None or person.status != "active":
        message = _("Your profile is not active with this vendor, so tests are closed to you.")
        raise Conflict("annotator.not_active", message)
    return person


def _ensure_may_start(start: TestStart) -> None:
    if start.qualification is not None and start.qualification.state in ("open", "paused"):
        raise Conflict("attempt.qualified", _("You have qualified for this work already."))
    if start.qualification is not None and start.qualification.state == "revoked":
        message = _("Your vendor has closed this work to you. The decision says how to appeal.")
        raise Conflict("qualification.revoked", message)
    if start.attempts_left == 0:
        raise Conflict("attempt.none_left", _("You have used all attempts at this test."))
    if start.next_at is not None:
        message = _("You can try again from %(at)s.", at=start.next_at)
        raise Conflict("attempt.too_early", message, next_at=start.next_at.isoformat())


def _ensure_may_check(session: Session, start: TestStart, annotator_id: str) -> None:
    if start.test.lane_id not in {each.lane_id for each in checks_owed(session, annotator_id)}:
        raise Conflict("check.not_owed", _("There is nothing here that you have to pass."))
    if start.attempts_left == 0:
        raise Conflict("attempt.none_left", _("You have used all attempts at this test."))


def _nothing_fresh() -> Conflict:
    message = _("There are no questions left that you have not met. Ask your vendor for new ones.")
    return Conflict("attempt.no_fresh_questions", message)


def _new_attempt(session: Session, lane: LaneFacts, person: Person, test: TestView, number: int) -> Attempt:
    now = now_of(session)
    row = Attempt(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        test_id=test.id, lane_id=lane.id, annotator_id=person.annotator_id, account_id=person.account_id,
        number=number, state="training", seed=ids.new_seed(), position=0, asked=0, right=0, by_class={},
        purpose=test.purpose, started_at=now, deadline_at=now + timedelta(hours=test.begin_hours), ended_at=None,
        next_at=None,
    )  # fmt: skip
    session.add(row)
    session.info.setdefault("attempts", {})[row.id] = row  # nobody else can see it, let alone change it
    return row


def _begin_exam(session: Session, lane: LaneFacts, row: Attempt, test: TestView) -> None:
    """Draw the whole exam. Only what is shown counts as met; the clock starts with the first answer."""
    plan = test.plan_for(tries_before(session, row) + 1)
    pool = anew.without_raised(session, lane, exam_pool(session, row, test))
    drawn = draw(pool.strata, plan.questions, row.seed, shown=pool.shown, classes=pool.categories)
    if len(drawn) < plan.questions:
        raise _nothing_fresh()
    _open_exam(session, lane, row, test, pool, drawn)


def _open_exam(
    session: Session, lane: LaneFacts, row: Attempt, test: TestView, pool: Drawable, drawn: list[str]
) -> None:
    row.state = "exam"
    row.deadline_at = now_of(session) + timedelta(hours=test.begin_hours)
    row.by_class = {name: [0, 0] for name in pool.classes_of(drawn)}
    ask(session, row, drawn, "exam", first=row.position)
    note_all(session, lane, row.account_id, drawn[:1], GoldPool.EXAM.value)


def _take_answer(session: Session, lane: LaneFacts, row: Attempt, question: Asked, payload: Mapping[str, Any]) -> None:
    test, scorer = test_by_id(session, row.test_id), Scorer(session)
    content, _locale = content_of(session, question.item_id)
    answer = scorer.parse(test.ontology_id, dict(payload), content)
    key = key_of(session, question.item_id)
    truths = () if key is None else (key.truth, *key.also)
    scored = scorer.compare_key(test.ontology_id, payload, truths, content)
    if key is None or scored is None:
        raise Invalid("attempt.key_gone", _("This question cannot be used any more. Start the test again."))
    counts = question.stage != "exam" or not key.voided
    _ANSWER.later(
        session, p_id=question.id, p_answer=scorer.canonical(test.ontology_id, answer),
        p_score=scored.score if counts else None, p_now=now_of(session),
    )  # fmt: skip
    row.position += 1
    if question.stage == "exam":
        _count_exam(
            session, lane, row, test, stratum=scored.truth_category, is_right=scored.is_right if counts else None
        )
    elif question_at(session, row.id, row.position) is None:
        _begin_exam(session, lane, row, test)


_Q = table_of(AttemptQuestion)
_ANSWER = Hot(
    update(_Q)
    .where(_Q.c.id == bindparam("p_id"))
    .values(answer=bindparam("p_answer"), score=bindparam("p_score"), answered_at=bindparam("p_now"))
)


def _count_exam(
    session: Session, lane: LaneFacts, row: Attempt, test: TestView, *, stratum: str | None, is_right: bool | None
) -> None:
    """Count an answer, unless its question counts for nothing (None), and stop or go on as the plan says."""
    if is_right is None:
        draw_further(session, row, test, 1)
    else:
        if row.asked == 0:
            row.deadline_at = now_of(session) + timedelta(minutes=test.minutes)
        name = stratum if stratum in row.by_class else next(iter(row.by_class))
        asked, right = row.by_class[name]
        row.by_class = {**row.by_class, name: [asked + 1, right + is_right]}
        row.asked, row.right = row.asked + 1, row.right + is_right
    touched = all_touched(test.strata, (count for count, _right in row.by_class.values()))
    plan = test.plan_for(tries_before(session, row) + 1)
    decision = decide(plan, row.asked, row.right, strata_touched=touched)
    if decision is TestDecision.CONTINUE:
        following = question_at(session, row.id, row.position)
        if following is None:  # too few questions that count to decide
            close(session, row, first_unshown=row.position)
            row.state = "ended"
            return
        note_all(session, lane, row.account_id, [following.item_id], GoldPool.EXAM.value)
        return
    close(session, row, first_unshown=row.position)
    verdicts.conclude(session, lane, row, test, plan, passed=decision is TestDecision.PASS)


def _end_overdue(session: Session, row: Attempt) -> None:
    """The clock ended it: a failed exam if it had begun, else an attempt that costs nothing."""
    held = question_at(session, row.id, row.position)
    lane = find_lane(session, row.lane_id)
    test = test_by_id(session, row.test_id)
    if held is not None and lane is not None and anew.is_above(session, lane, held.item_id):
        anew.call_off(session, lane, row, None)  # nobody fails by what was withheld from them
        session.flush()
        return
    close(session, row, first_unshown=row.position + 1)
    if row.asked and lane is not None:
        verdicts.conclude(session, lane, row, test, test.plan_for(tries_before(session, row) + 1), passed=False)
    else:
        verdicts.leave(session, row, test)
    session.flush()


def _told(session: Session, actor: Actor, lane: LaneFacts, row: Attempt, position: int) -> Answered:
    """The reply to an answer that comes too late or twice."""
    session.flush()
    return Answered(_view(session, actor, lane, row), feedback_of(session, row, position))


def _view(
    session: Session, actor: Actor, lane: LaneFacts, row: Attempt, *, is_noted: bool = True
) -> AttemptView:  # fmt: skip
    """The attempt for its person, whom the lane admits. What became more sensitive than its lane is not shown, and
    drawn anew where the attempt is held to be changed."""
    view = attempt_view(session, row)
    if view.question is None:
        return view
    item_id = view.question.item_id
    classes = readable(
        session, actor, row.project_id, {item_id}, is_own=True, is_noted=is_noted, met=lane.classification
    )  # fmt: skip
    if item_id in classes and rank_of(classes[item_id]) <= rank_of(lane.classification):
        return replace(view, question=replace(view.question, classification=classes[item_id]))
    if row.id in session.info.get("attempts", {}) and anew.renew(session, lane, row):
        return _view(session, actor, lane, row, is_noted=is_noted)
    return replace(view, question=replace(view.question, content={}, is_withheld=True))
