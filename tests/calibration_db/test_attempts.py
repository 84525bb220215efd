"""Attempts at a test: fresh questions, final answers, stopping as planned, and an outcome that says why."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin.invariants import money, work
from calibration import jobs, lanes
from calibration.lanes import lane_of
from calibration.models import (
    Attempt,
    AttemptQuestion,
    BehaviourReview,
    Exposure,
    GoldKey,
    Qualification,
    QualificationTest,
)
from calibration.operations import attempts, hearing, leaks, qualifications, restoring, tests, verdicts
from calibration.operations.gold import amend
from calibration.queries.attempts import AttemptView, live_attempt, test_start
from calibration.queries.tests import characteristic, plan_json
from calibration.rules import leaks as leak_rules
from calibration.rules import testplan
from calibration.values import LaneFacts
from i18n import _
from kernel import clock, ids
from kernel.db import Database, now_of
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.hot import table_of
from kernel.jobs import Work
from kernel.models import AccessGrant, AuditEvent
from kernel.policy import Demand, Reason, system_actor
from kernel.tenancy import Scope
from labeling.models import Guideline, Item
from labeling.values import InvalidAnswer
from payouts.models import Earning, Rate
from tests.calibration_db.world import GRADER, START, World, build
from workforce.models import DecisionReceipt
from workforce.operations.receipts import issue_receipt

test_start.__test__ = False  # type: ignore[attr-defined]


def publish(world: World, **settings: Any) -> tests.Published:
    with world.system() as session:
        return tests.publish_test(
            session, world.as_vendor(), lane_id=world.lane, **{"accepted": tests.WARNINGS} | settings
        )


def ready(world: World, *, training: int = 0, **settings: Any) -> None:
    """A person, 62 exam questions and a published test with its default plan."""
    world.hire("Asha")
    world.add_gold(200, "exam")
    if training:
        world.add_gold(training, "training")
    publish(world, training_questions=training, **settings)


def start(world: World, name: str = "Asha") -> AttemptView:
    with world.system() as session:
        return attempts.start_attempt(session, world.annotator(name), world.lane)


def answer(world: World, view: AttemptView, *, right: bool, name: str = "Asha") -> attempts.Answered:
    with world.system() as session:
        item = session.scalars(
            select(AttemptQuestion.item_id).where(
                AttemptQuestion.attempt_id == view.id, AttemptQuestion.position == view.position
            )
        ).one()
    truth = world.truth(item)
    choice = truth if right else ("bad" if truth == "good" else "good")
    with world.system() as session:
        return attempts.answer_question(session, world.annotator(name), view.id, view.position, {"choice": choice})


def run(world: World, view: AttemptView, *, right: bool) -> AttemptView:
    while view.is_live:
        view = answer(world, view, right=right).attempt
    return view


def test_the_default_plan_is_published_with_its_exact_figures(world: World) -> None:
    world.add_gold(234, "exam")
    published = publish(world, training_questions=0)
    plan = published.test.plan
    assert (plan.questions, published.test.version, published.warnings) == (62, 1, ())
    assert plan.exact_alpha == pytest.approx(0.0499, abs=1e-4)
    assert plan.exact_beta == pytest.approx(0.0366, abs=1e-4)
    assert len(published.test.plans) == 3
    assert published.test.plan_for(2).alpha == 0.025
    curve = {point.accuracy: point for point in characteristic(published.test.plans)}
    assert curve[0.9].passes == pytest.approx(1 - plan.exact_beta)
    assert curve[0.7].questions == pytest.approx(20.4, abs=0.1)


def test_a_new_version_takes_the_place_of_the_one_before(world: World) -> None:
    world.add_gold(92, "exam")
    publish(world, training_questions=0)
    again = publish(world, training_questions=0, kind="fixed")
    assert (again.test.version, again.test.plan.questions, again.test.plan.pass_mark) == (2, 41, 34)
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(QualificationTest).where(QualificationTest.is_open)) == 1


@pytest.mark.parametrize(
    ("gold", "settings", "code"),
    [
        (91, {}, "test.pool_too_small"),
        (92, {"p0": 0.9, "p1": 0.7}, "test.impossible"),
        (92, {"kind": "endless"}, "test.kind"),
        (92, {"minutes": 1}, "test.invalid"),
    ],
)
def test_a_test_that_cannot_keep_its_promises_is_refused(
    world: World, gold: int, settings: dict[str, Any], code: str
) -> None:
    world.add_gold(gold, "exam")
    with pytest.raises(Invalid) as problem:
        publish(world, training_questions=0, **settings)
    assert problem.value.code == code
    if settings.get("p0"):
        assert "higher than the accuracy that must not pass" in str(problem.value.message)


def test_an_exam_pool_without_a_class_is_refused(world: World) -> None:
    world.add_gold(92, "exam", classes=("good",))
    with pytest.raises(Invalid) as problem:
        publish(world, training_questions=0)
    assert (problem.value.code, problem.value.params["classes"]) == ("test.class_missing", ["bad"])


def test_a_thin_pool_is_published_with_a_warning(world: World) -> None:
    world.add_gold(92, "exam")
    assert len(publish(world, training_questions=5).warnings) == 2


def test_what_is_wrong_with_the_gold_forbids_publishing_or_is_taken_on(world: World) -> None:
    world.add_gold(91, "exam")
    twice, answer_before, elsewhere = world.add_gold(3, "exam", classes=("good",))
    (practice,) = world.add_gold(1, "training", classes=("good",))
    with world.system() as session:
        for item, text in (
            (twice, "The Same"),
            (answer_before, "the  same"),
            (elsewhere, "again"),
            (practice, "Again"),
        ):
            session.get_one(Item, item).content = {"text": text}
        told = tests.examine_test(session, world.as_vendor(), world.lane, tests.Design(training_questions=2))
        assert [each.code for each in told.errors] == ["test.given_away"]
        assert {each.code for each in told.warnings} == {"test.repeated", "test.pool_thin", "test.training_few"}
        assert told.stock == {"bad": 45, "good": 49}
        session.get_one(Item, twice).classification = "restricted-phi"  # above the lane's: it is asked of nobody
        session.flush()
        lanes.use_provider(
            lambda session, lane_id, person=None: (
                replace(facts, classification="internal") if (facts := world.facts(session, lane_id, person)) else None
            )
        )
        told = tests.examine_test(session, world.as_vendor(), world.lane, tests.Design(training_questions=2))
        assert told.stock == {"bad": 45, "good": 48}
        key = session.scalars(select(GoldKey).where(GoldKey.item_id == answer_before)).one()
        key.truth = {"choice": "bad"}
        session.scalars(select(GoldKey).where(GoldKey.item_id == practice)).one().truth = {"choice": "ugly"}
        session.flush()
        told = tests.examine_test(session, world.as_vendor(), world.lane, tests.Design())
        assert {each.code for each in told.errors} == {"test.given_away", "test.contradicting", "test.misfit"}
    with pytest.raises(Invalid) as problem:
        publish(world)
    assert problem.value.params["findings"] == [each.code for each in told.errors]


def test_warnings_are_taken_on_by_name_and_kept_with_the_version(world: World) -> None:
    world.add_gold(92, "exam")
    with pytest.raises(Invalid) as problem:
        publish(world, accepted=("test.pool_thin",))
    assert (problem.value.code, problem.value.params["warnings"]) == ("test.warnings", ["test.training_few"])
    publish(world)
    with world.system() as session:
        accepted = session.scalars(select(QualificationTest.accepted)).one()
    assert accepted == ["test.pool_thin", "test.training_few"]


def test_gold_that_is_older_than_the_guideline_is_told(world: World) -> None:
    world.add_gold(234, "exam")
    world.later(days=1)
    with world.system() as session:
        session.get_one(Guideline, world.guideline).published_at = world.now
        session.execute(update(GoldKey).values(added_at=START))
        told = tests.examine_test(session, world.as_vendor(), world.lane, tests.Design(training_questions=0))
    assert [(each.code, each.facts["count"]) for each in told.findings] == [("test.older_than_guideline", 234)]


def test_a_test_that_a_guesser_passes_is_refused(world: World) -> None:
    world.add_gold(200, "exam")
    with pytest.raises(Invalid) as problem:
        publish(world, training_questions=0, p0=0.4, p1=0.8)
    assert problem.value.code == "test.guessable"
    assert problem.value.params["guess"] == 0.5
    assert problem.value.params["chance"] > 0.05


def test_only_the_vendor_makes_a_test_a_paid_one_and_only_with_a_rate(world: World) -> None:
    world.add_gold(200, "exam")
    with pytest.raises(Invalid) as problem, world.system() as session:
        tests.publish_test(session, world.as_client(), lane_id=world.lane, training_questions=0, is_paid=True)
    assert problem.value.code == "test.pay"
    with pytest.raises(Invalid) as problem:
        publish(world, training_questions=0, is_paid=True)
    assert problem.value.code == "test.no_rate"


def test_straight_right_answers_pass_after_twelve_questions_and_open_the_lane(world: World) -> None:
    ready(world)
    view = run(world, start(world), right=True)
    assert (view.state, view.exam_asked) == ("passed", 12)
    assert view.outcome is not None
    assert view.outcome.by_class == {"bad": (6, 6), "good": (6, 6)}
    with world.system() as session:
        row = session.scalars(select(Qualification)).one()
        assert (row.basis, row.attempt_id, row.annotator_id) == ("test", view.id, world.people["Asha"][0])
        assert session.scalar(select(func.count()).select_from(AttemptQuestion)) == 12
        assert session.scalar(select(func.count()).select_from(Exposure)) == 12
        actions = set(session.scalars(select(AuditEvent.action)))
    assert {"attempt.started", "attempt.passed", "test.published"} <= actions


def test_straight_wrong_answers_fail_at_the_guard_with_a_receipt_and_a_date(world: World) -> None:
    ready(world)
    view = run(world, start(world), right=False)
    assert (view.state, view.exam_asked) == ("failed", 8)
    assert view.outcome is not None
    assert (view.outcome.right, view.outcome.interval.lower) == (0, 0.0)
    with world.system() as session:
        receipt = session.get_one(DecisionReceipt, view.outcome.receipt_id or "")
        assert (receipt.kind, receipt.decided_by, receipt.figure["n"]) == ("test_failed", None, 8)
        assert session.scalar(select(func.count()).select_from(Qualification)) == 0
    assert view.outcome.next_at is not None
    assert (view.outcome.next_at - world.now).total_seconds() == 24 * 3600


def rate(world: World, micros: int = 30_000) -> None:
    with world.system() as session:
        session.add(
            Rate(org_id=world.vendor, lane_id=world.lane, micros=micros, currency="EUR", from_at=world.now, set_by=None)
        )


@pytest.mark.parametrize(("right", "asked"), [(True, 12), (False, 8)])
def test_a_paid_exam_earns_by_the_question_whatever_the_outcome(world: World, right: bool, asked: int) -> None:
    rate(world)
    ready(world, is_paid=True)
    view = run(world, start(world), right=right)
    assert view.outcome is not None and view.outcome.is_paid
    with world.system() as session:
        earning = session.scalars(select(Earning)).one()
        assert (earning.micros, earning.state, earning.cause_id) == (asked * 30_000, "pending", view.id)
        assert (earning.annotator_id, earning.account_id) == world.people["Asha"]
        assert (earning.due_at - world.now).total_seconds() == 72 * 3600
        assert money.paid_without_judgment(session) == 0


def test_an_exam_accepts_every_right_answer_and_leaves_out_a_voided_question_but_pays_it(world: World) -> None:
    ready(world)
    with world.system() as session:
        session.add(Rate(org_id=world.vendor, lane_id=world.lane, micros=30_000, currency="EUR", from_at=world.now,
                         set_by=None))  # fmt: skip
    publish(world, training_questions=0, is_paid=True)
    view = start(world)
    with world.system() as session:
        drawn = select(AttemptQuestion.item_id).where(AttemptQuestion.attempt_id == view.id)
        first, second = session.scalars(drawn.order_by(AttemptQuestion.position).limit(2)).all()
        both = [{"choice": "good"}, {"choice": "bad"}]
        session.execute(update(GoldKey).where(GoldKey.item_id == first).values(voided=True, status="retired"))
        session.execute(update(GoldKey).where(GoldKey.item_id == second).values(also=both))
    view = answer(world, view, right=False).attempt
    assert (view.position, view.exam_asked) == (1, 0)
    view = run(world, answer(world, view, right=False).attempt, right=True)
    assert view.outcome is not None and (view.state, view.outcome.right) == ("passed", view.exam_asked)
    with world.system() as session:
        assert session.scalars(select(Earning.micros)).one() == (view.exam_asked + 1) * 30_000


def test_what_counts_no_more_is_made_up_for_by_further_questions_while_the_exam_goes_on(world: World) -> None:
    ready(world)
    view = start(world)

    def drawn() -> list[str]:
        with world.system() as session:
            asked = select(AttemptQuestion.item_id).where(AttemptQuestion.attempt_id == view.id)
            return list(session.scalars(asked.order_by(AttemptQuestion.position)))

    first = drawn()
    assert len(first) == 62
    for right in (False, True, True):
        view = answer(world, view, right=right).attempt
    assert (view.exam_asked, view.position) == (3, 3)
    with world.system() as session:
        key = session.scalars(select(GoldKey).where(GoldKey.item_id == first[0])).one()
        amend(session, GRADER, key, "void", voided=True)
    with world.system() as session:
        restoring.restore_after(session, GRADER, first[0])
    with world.system() as session:
        row = session.get_one(Attempt, view.id)
        assert (row.asked, row.right, row.position, row.state) == (2, 2, 3, "exam")
        assert [sum(pair[place] for pair in row.by_class.values()) for place in (0, 1)] == [2, 2]
        session.execute(update(GoldKey).where(GoldKey.item_id == first[3]).values(voided=True))
    after = drawn()
    assert after[:62] == first and len(after) == 63 and after[62] not in first
    with world.system() as session:
        restoring.restore_after(session, GRADER, first[0])
    assert drawn() == after, "once more changes nothing"
    view = answer(world, view, right=False).attempt
    assert (view.exam_asked, len(drawn())) == (2, 64), "one that was void when it was shown is made up for too"
    view = run(world, view, right=True)
    assert (view.state, view.exam_asked) == ("passed", 12), "twelve that count, all of them right"


def test_a_pass_that_expires_opens_the_test_again_with_all_its_attempts(world: World) -> None:
    ready(world, expires_days=30, attempts_most=1)
    run(world, start(world), right=True)
    with world.system() as session:
        assert session.scalars(select(Qualification.until_at)).one() == world.now + timedelta(days=30)
    world.later(days=31)
    with world.system() as session:
        again = test_start(session, world.lane, world.people["Asha"][1])
    assert again is not None
    assert (again.may_start, again.attempts_left, again.attempt_number) == (True, 1, 1)
    assert run(world, start(world), right=True).number == 2


def test_what_was_shown_as_often_as_it_may_be_is_drawn_no_more(world: World) -> None:
    ready(world)
    with world.system() as session:
        worn = set(session.scalars(select(GoldKey.item_id).order_by(GoldKey.item_id).limit(138)))
        session.execute(update(GoldKey).where(GoldKey.item_id.in_(worn)).values(exposures=30))
    view = start(world)
    with world.system() as session:
        asked = set(session.scalars(select(AttemptQuestion.item_id).where(AttemptQuestion.attempt_id == view.id)))
        assert len(asked) == 62 and not asked & worn
        session.execute(update(GoldKey).where(GoldKey.item_id.in_(asked)).values(exposures=30))
    world.hire("Juma")
    with pytest.raises(Conflict) as problem:
        start(world, "Juma")
    assert problem.value.code == "attempt.no_fresh_questions"


def pass_slowly(world: World, name: str, seconds: int, network: str | None = None) -> AttemptView:
    with world.system() as session:
        view = attempts.start_attempt(session, world.annotator(name), world.lane, network=network)
    while view.is_live:
        world.later(seconds=seconds)
        view = answer(world, view, right=True, name=name).attempt
    return view


def test_an_exam_from_a_shared_network_asks_a_person_to_look_and_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int, int, int]] = []
    monkeypatch.setattr(leak_rules, "seen_before", lambda *counts: compared.append(counts))
    ready(world)
    world.hire("Juma")
    pass_slowly(world, "Asha", 20, "10.1.2.0/24")
    second = pass_slowly(world, "Juma", 20, "10.1.2.0/24")
    with world.system() as session:  # three fifths of the truth are wrong in a choice, as everywhere else
        exam = (AttemptQuestion.attempt_id == second.id, AttemptQuestion.stage == "exam")
        exam_answers = session.scalars(select(AttemptQuestion).where(*exam, AttemptQuestion.score.is_not(None))).all()
        exam_answers[0].score, asked = 0.6, len(exam_answers)
    for _round in range(2):  # looking again opens nothing anew
        with world.system() as session:
            leaks.look_for_leaks(session, GRADER)
    with world.system() as session:
        review = session.scalars(select(BehaviourReview)).one()
        assert (review.signal, review.annotator_id, review.other_id) == (
            "leak", world.people["Juma"][0], world.people["Asha"][0],
        )  # fmt: skip
        assert review.evidence == [{"kind": "attempt", "id": second.id}]
        assert [(sign["name"], sign["false_positives"]) for sign in review.figures["signs"]] == [
            ("shared_network", 1.0)
        ]
        assert review.decided_at is None
        assert {row.revoked_at for row in session.scalars(select(Qualification))} == {None}
    counted = {(old_right + new_right, old + new) for old_right, old, new_right, new in compared}
    assert (asked - 1, asked) in counted


def test_an_exam_says_nothing_about_single_answers(world: World) -> None:
    ready(world)
    view = start(world)
    wrong, right = answer(world, view, right=False), None
    assert wrong.feedback is None
    right = answer(world, wrong.attempt, right=True)
    assert right.feedback is None
    assert (right.attempt.outcome, right.attempt.exam_asked) == (None, 2)


def test_training_explains_each_answer_and_leads_on_to_the_exam(world: World) -> None:
    ready(world, training=4)
    view = start(world)
    assert (view.stage, view.training_count) == ("training", 4)
    told = answer(world, view, right=False)
    assert told.feedback is not None
    assert not told.feedback.is_right
    assert told.feedback.explanation.startswith("because")
    assert told.feedback.truth != told.feedback.answer
    for _round in range(3):
        told = answer(world, told.attempt, right=True)
    assert told.feedback is not None and told.feedback.is_right
    assert (told.attempt.stage, told.attempt.position, told.attempt.exam_asked) == ("exam", 4, 0)


def test_the_same_answer_twice_counts_once_and_is_final(world: World) -> None:
    ready(world)
    first = start(world)
    once = answer(world, first, right=True)
    again = answer(world, first, right=False)
    assert again.attempt == once.attempt
    with world.system() as session:
        assert session.scalars(select(Attempt.right)).one() == 1


def test_a_question_ahead_of_its_turn_is_refused(world: World) -> None:
    ready(world)
    view = start(world)
    with pytest.raises(Conflict), world.system() as session:
        attempts.answer_question(session, world.annotator("Asha"), view.id, 5, {"choice": "good"})


def test_an_answer_that_is_none_changes_nothing(world: World) -> None:
    ready(world)
    view = start(world)
    with pytest.raises(InvalidAnswer), world.system() as session:
        attempts.answer_question(session, world.annotator("Asha"), view.id, 0, {"choice": "ugly"})
    with world.system() as session:
        assert session.scalars(select(Attempt.position)).one() == 0


def test_starting_again_comes_back_to_the_attempt_under_way(world: World) -> None:
    ready(world)
    first = start(world)
    world.later(minutes=3)
    assert start(world) == first


def test_of_two_tests_begun_at_once_one_begins_and_the_other_waits(
    db_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build(db_postgresql)
    ready(world)
    here, world.lane = world.lane, ids.new_id()
    lanes.use_provider(
        lambda session, lane_id, person=None: (
            replace(facts, id=lane_id) if (facts := world.facts(session, world.lane, person)) else None
        )
    )
    world.add_gold(200, "exam")
    publish(world, training_questions=0)
    look, both, looks, told = live_attempt, threading.Barrier(2), [], []

    def look_together(session: Session, account_id: str) -> Attempt | None:
        found = look(session, account_id)
        looks.append(found)
        if len(looks) <= 2:  # who collides looks again, alone
            both.wait(10)
        return found

    monkeypatch.setattr(attempts, "live_attempt", look_together)

    def begin(lane: str) -> None:
        try:
            world.db.run(Scope.system("tab"), lambda it: attempts.start_attempt(it, world.annotator("Asha"), lane))
        except Conflict as problem:
            told.append(problem.code)

    with clock.use_clock(lambda: world.now):
        tabs = [threading.Thread(target=begin, args=(lane,)) for lane in (here, world.lane)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
    assert (looks[:2], told) == ([None, None], ["attempt.other_live"])
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_two_tests_under_way_that_were_written_past_the_database_are_found(db_sqlite: Database) -> None:
    world = build(db_sqlite)
    ready(world)
    first = start(world)
    with world.system() as session:
        row = session.execute(select(table_of(Attempt)).where(table_of(Attempt).c.id == first.id)).mappings().one()
        again = {**row, "id": "again", "number": 2}
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(insert(Attempt).values(again))
        assert work.tests_at_once(session) == 0
        session.execute(text("DROP INDEX uq_attempt_under_way"))
        session.execute(insert(Attempt).values(again))
        assert work.tests_at_once(session) == 1


def test_a_second_attempt_waits_and_then_asks_other_questions_with_more_certainty(world: World) -> None:
    ready(world)
    first = run(world, start(world), right=False)
    with pytest.raises(Conflict) as problem:
        start(world)
    assert problem.value.code == "attempt.too_early"
    world.later(hours=24)
    second = start(world)
    assert second.number == 2
    assert second.exam_most > first.exam_most
    second = run(world, second, right=True)
    assert second.state == "passed"
    with world.system() as session:
        asked = session.execute(select(AttemptQuestion.attempt_id, AttemptQuestion.item_id)).all()
    items = {view.id: {item for attempt, item in asked if attempt == view.id} for view in (first, second)}
    assert not items[first.id] & items[second.id]


def test_the_last_attempt_is_the_last(world: World) -> None:
    ready(world, attempts_most=1)
    view = run(world, start(world), right=False)
    assert view.outcome is not None and view.outcome.next_at is None
    world.later(days=365)
    with pytest.raises(Conflict) as problem:
        start(world)
    assert problem.value.code == "attempt.none_left"


def test_the_servers_clock_starts_with_the_first_exam_answer_and_ends_the_exam(world: World) -> None:
    ready(world, minutes=30)
    view = start(world)
    world.later(hours=5)
    view = answer(world, view, right=True).attempt
    assert (view.deadline_at - world.now).total_seconds() == 30 * 60
    world.later(minutes=31)
    ended = answer(world, view, right=True).attempt
    assert (ended.state, ended.exam_asked) == ("failed", 1)
    assert ended.outcome is not None and ended.outcome.ran_out_of_time


def test_nobody_fails_by_a_question_that_was_withheld_as_its_class_was_raised(world: World) -> None:
    ready(world, minutes=30)
    view = answer(world, start(world), right=True).attempt
    lanes.use_provider(
        lambda session, lane_id, person=None: (
            replace(facts, classification="internal") if (facts := world.facts(session, lane_id, person)) else None
        )
    )
    at_hand = select(AttemptQuestion.item_id).where(AttemptQuestion.position == view.position)
    with world.system() as session:
        session.execute(update(Item).where(Item.id.in_(at_hand)).values(classification="restricted-phi"))
    world.later(minutes=31)
    with world.system() as session:
        assert attempts.end_overdue(session, system_actor("test")) == 1
    with world.system() as session:
        assert session.scalars(select(Attempt.state)).all() == ["ended"]
        assert session.scalars(select(DecisionReceipt.id)).all() == []


def test_an_attempt_nobody_came_back_to_is_ended_and_costs_nothing_before_the_first_answer(world: World) -> None:
    ready(world, attempts_most=1)
    view = start(world)
    world.later(hours=25)
    with world.system() as session:
        assert attempts.end_overdue(session, GRADER) == 1
        assert attempts.end_overdue(session, GRADER) == 0
    again = start(world)
    assert (again.number, again.id != view.id) == (2, True)
    # Who leaves after a look at the first question once more waits, and ever longer.
    for waits in (24, 168):
        world.later(hours=25)
        with world.system() as session:
            assert attempts.end_overdue(session, GRADER) == 1
        with pytest.raises(Conflict) as problem:
            start(world)
        assert problem.value.code == "attempt.too_early"
        world.later(hours=waits)
        start(world)


def test_a_wait_of_ages_is_a_year_and_an_attempt_that_cannot_be_ended_keeps_nobody_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(world, cool_down_hours=[24])
    world.hire("Badru")
    with world.system() as session:  # as it could be published once
        session.scalars(select(QualificationTest)).one().cool_down_hours = [99_999_999_999]
    asha, badru = (answer(world, start(world, name), right=False, name=name).attempt for name in ("Asha", "Badru"))
    world.later(days=1)
    conclude = verdicts.conclude

    def fails(session: Session, lane: LaneFacts, row: Attempt, *told: Any, **more: Any) -> None:
        if row.id == asha.id:
            raise OverflowError
        conclude(session, lane, row, *told, **more)

    monkeypatch.setattr(verdicts, "conclude", fails)
    with clock.use_clock(lambda: world.now):
        ended = jobs.end_overdue.run(Work(world.db, "e", GRADER, Scope.system("test"), {}))
    assert (ended["attempts"], ended["failed"]) == (1, 1)
    with world.system() as session:
        states = {row.id: (row.state, row.next_at) for row in session.scalars(select(Attempt))}
    assert states == {asha.id: ("exam", None), badru.id: ("failed", world.now + timedelta(days=365))}


def test_someone_who_knows_one_class_alone_does_not_pass_on_the_total(world: World) -> None:
    """Three classes of ten: always wrong on one of them, right on the others, under a plan that the total satisfies."""
    world.hire("Asha")
    world.add_gold(200, "exam", classes=("good", "good", "good", "good", "bad"))
    publish(world, training_questions=0, p0=0.7, attempts_most=1)
    with world.system() as session:  # no plan that luck can satisfy is published any more
        session.scalars(select(QualificationTest)).one().plan = {"attempts": [plan_json(testplan.plan(0.2, 0.4))]}
    view = start(world)
    while view.is_live:
        with world.system() as session:
            item = session.scalars(
                select(AttemptQuestion.item_id).where(
                    AttemptQuestion.attempt_id == view.id, AttemptQuestion.position == view.position
                )
            ).one()
        view = answer(world, view, right=world.truth(item) == "good").attempt
    assert view.outcome is not None
    asked, right = view.outcome.by_class["bad"]
    assert (view.state, right) == ("failed" if asked >= 6 else "passed", 0)
    assert asked >= 6


def test_a_stranger_cannot_see_answer_or_start(world: World) -> None:
    ready(world)
    world.hire("Juma")
    view = start(world)
    with pytest.raises(NotFound), world.system() as session:
        attempts.answer_question(session, world.annotator("Juma"), view.id, 0, {"choice": "good"})
    with pytest.raises(NotFound), world.system() as session:
        attempts.look_at(session, world.annotator("Juma"), view.id)
    other = world.annotator("Asha").__class__(world.people["Asha"][1], "another-vendor", world.annotator("Asha").role)
    with pytest.raises(NotFound), world.system() as session:
        attempts.start_attempt(session, other, world.lane)


def test_a_revoked_grant_stops_an_attempt_under_way(world: World) -> None:
    ready(world)
    view = start(world)
    with world.system() as session:
        session.query(AccessGrant).update({"revoked_at": now_of(session)})
    world.later(minutes=1)
    with pytest.raises((Forbidden, NotFound)):
        answer(world, view, right=True)


def test_what_the_lane_asks_of_a_person_is_asked_before_its_test_shows_anything(world: World) -> None:
    ready(world, training=1)
    unmet = (Demand(Reason.CLEARANCE_LOW, met=False), Demand(Reason.USER_SUSPENDED, met=True))
    world.demands = unmet
    with pytest.raises(Forbidden, match="clearance_low"):
        start(world)
    world.demands = ()
    view = start(world)
    world.demands = unmet
    with pytest.raises(Forbidden, match="clearance_low"):
        answer(world, view, right=True)
    with pytest.raises(Forbidden, match="clearance_low"), world.in_vendor() as session:
        attempts.look_at(session, world.annotator("Asha"), view.id)
    world.demands = ()
    with world.in_vendor() as session:
        assert len(hearing.contents_met(session, world.annotator("Asha"), view.id)[1]) == 1
    answer(world, view, right=True)
    with world.in_vendor() as session:  # the practice that was answered, and the question at hand
        met = hearing.contents_met(session, world.annotator("Asha"), view.id)[1]
        assert len(met) == 2 and all(content["text"] for content in met.values())
    world.demands = unmet
    with pytest.raises(Forbidden, match="clearance_low"), world.in_vendor() as session:
        hearing.contents_met(session, world.annotator("Asha"), view.id)
    with pytest.raises(Forbidden, match="clearance_low"), world.system() as session:
        attempts.look_back(session, world.annotator("Asha"), view.id, 0)


def test_a_lane_that_says_nothing_of_a_person_shows_them_nothing(world: World) -> None:
    ready(world)
    lanes.use_provider(lambda session, lane_id, annotator_id=None: world.facts(session, lane_id))
    with pytest.raises(Forbidden, match="policy_error"):
        start(world)


def test_a_closed_lane_takes_nobody(world: World) -> None:
    ready(world)
    world.lane_state = "draft"
    with pytest.raises(Conflict):
        start(world)


def test_a_waiver_needs_a_reason_and_stands_in_the_record(world: World) -> None:
    world.hire("Asha")
    annotator = world.people["Asha"][0]
    with pytest.raises(Invalid), world.in_vendor() as session:
        qualifications.waive(session, world.as_vendor(), world.lane, annotator, "  ")
    with world.in_vendor() as session:
        view = qualifications.waive(session, world.as_vendor(), world.lane, annotator, "Certified translator")
    assert (view.is_open, view.basis) == (True, "waiver")
    with world.system() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "qualification.waived")).one()
        assert set(event.details) == {"lane", "annotator"}, "the reason is words about a person, and is kept with it"
    with pytest.raises(Forbidden), world.in_vendor() as session:
        qualifications.waive(session, world.annotator("Asha"), world.lane, annotator, "I am good")


def test_a_lane_that_is_opened_again_ends_what_had_closed_it(world: World) -> None:
    ready(world)
    annotator = world.people["Asha"][0]
    with world.in_vendor() as session:
        qualifications.waive(session, world.as_vendor(), world.lane, annotator, "Certified translator")
        qualifications.revoke(session, world.as_vendor(), world.lane, annotator, "Certificate withdrawn")
        qualifications.waive(session, world.as_vendor(), world.lane, annotator, "The certificate is valid")
    with world.system() as session:
        assert session.execute(select(DecisionReceipt.kind, DecisionReceipt.state)).all() == [("removed", "ended")]


def test_a_pause_that_comes_in_the_place_of_one_that_is_over_ends_its_decision(world: World) -> None:
    ready(world)
    annotator, account = world.people["Asha"]
    told, receipts = _("A reason."), []
    for days in (1, 3):
        with world.system() as session:
            lane, until = lane_of(session, world.lane), world.now + timedelta(days=1)
            receipts.append(
                issue_receipt(
                    session, GRADER, annotator_id=annotator, kind="lane_paused", rule="r", rule_version="1", what=told,
                    why=told, way_back=told, cause_kind="test", cause_id=str(days), lane_id=world.lane, until_at=until,
                )
            )  # fmt: skip
            qualifications.hold_pause(session, GRADER, lane, annotator, account, until, receipts[-1])
        world.later(days=2)
    with world.system() as session:
        states = [session.get_one(DecisionReceipt, receipt).state for receipt in receipts]
    assert states == ["ended", "in_force"]


def test_a_revocation_comes_with_a_receipt_and_closes_the_test_too(world: World) -> None:
    ready(world)
    annotator = world.people["Asha"][0]
    with world.in_vendor() as session:
        qualifications.waive(session, world.as_vendor(), world.lane, annotator, "Certified translator")
    with world.in_vendor() as session:
        receipt = qualifications.revoke(session, world.as_vendor(), world.lane, annotator, "Certificate withdrawn")
    with world.system() as session:
        assert session.get_one(DecisionReceipt, receipt).kind == "removed"
        begin = test_start(session, world.lane, world.people["Asha"][1])
        assert begin is not None and not begin.may_start
    with pytest.raises(Conflict):
        start(world)
    with world.in_vendor() as session:
        assert qualifications.restore(session, world.as_vendor(), world.lane, annotator).is_open
