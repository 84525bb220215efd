"""Checks of people who are in: asked after a change, practised and paid, with a consequence that a receipt tells."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from calibration.models import AttemptQuestion, Qualification
from calibration.operations import attempts, checks, gates, restoring
from calibration.operations.qualifications import waive
from calibration.queries.attempts import AttemptView, test_start
from calibration.queries.checks import check_state, checks_owed
from calibration.queries.people import qualification_of
from kernel.errors import Conflict, Invalid
from payouts.models import Earning, Rate
from tests.calibration_db.doors import Door
from tests.calibration_db.test_attempts import answer
from tests.calibration_db.world import GRADER, World
from workforce.models import DecisionReceipt

test_start.__test__ = False  # type: ignore[attr-defined]


def ready(world: World, *, hire: bool = True) -> None:
    """Somebody who is in, gold of which the check asks one class, and what the lane earns."""
    if hire:
        world.hire("Asha")
    world.add_gold(120, "exam")
    world.add_gold(6, "training")
    with world.system() as session:
        session.add(Rate(org_id=world.vendor, lane_id=world.lane, micros=30_000, currency="EUR", from_at=world.now,
                         set_by=None))  # fmt: skip
    with world.in_vendor() as session:
        waive(session, world.as_vendor(), world.lane, world.people["Asha"][0], "moved over")
    world.later(minutes=5)


def publish(world: World, **settings: Any) -> None:
    asked: dict[str, Any] = {"about": "Bad is narrower now.", "categories": ["bad"], "training_questions": 2}
    with world.system() as session:
        checks.publish_check(session, world.as_vendor(), world.lane, checks.CheckDesign(**(asked | settings)))


def take(world: World, *, right: bool) -> AttemptView:
    with world.system() as session:
        view = attempts.start_attempt(session, world.annotator("Asha"), world.lane, purpose="check")
    while view.is_live:
        view = answer(world, view, right=right).attempt
    return view


def state(world: World) -> str:
    with world.system() as session:
        found = qualification_of(session, world.lane, world.people["Asha"][0], world.now)
    assert found is not None
    return found.state


def test_a_check_is_practised_passed_and_paid_and_owed_no_more(world: World) -> None:
    ready(world)
    publish(world)
    annotator = world.people["Asha"][0]
    with world.system() as session:
        (owed,) = checks_owed(session, annotator)
        assert (owed.about, owed.is_paid, owed.due_at) == ("Bad is narrower now.", True, world.now + timedelta(days=14))
    view = take(world, right=True)
    assert (view.state, view.purpose) == ("passed", "check")
    assert view.outcome is not None and set(view.outcome.by_class) == {"bad"}
    with world.system() as session:
        assert checks_owed(session, annotator) == []
        found = check_state(session, world.lane)
        assert found is not None and (found.people, found.passed) == (1, 1)
        assert session.scalars(select(Earning.micros)).one() == view.exam_asked * 30_000
    with pytest.raises(Conflict):
        take(world, right=True)


def test_who_lets_the_date_go_by_is_paused_once_and_comes_back_by_passing(world: World) -> None:
    ready(world)
    publish(world, days=1)
    with world.system() as session:
        assert checks.pause_overdue(session, GRADER) == 0
    world.later(days=2)
    with world.system() as session:
        assert (checks.pause_overdue(session, GRADER), checks.pause_overdue(session, GRADER)) == (1, 0)
        receipt = session.scalars(select(DecisionReceipt)).one()
        assert (receipt.kind, receipt.rule, receipt.state) == ("lane_paused", "check", "in_force")
    assert state(world) == "paused"
    assert take(world, right=True).state == "passed"
    assert state(world) == "open"
    with world.system() as session:
        assert session.scalars(select(DecisionReceipt.state)).one() == "ended"


def test_an_appeal_that_lifts_the_pause_is_not_undone_by_the_next_round(world: World) -> None:
    ready(world)
    publish(world, days=1)
    world.later(days=2)
    with world.system() as session:
        checks.pause_overdue(session, GRADER)
        receipt_id = session.scalars(select(Qualification.pause_receipt_id)).one()
    with world.in_vendor() as session:
        assert gates.lift_pause(session, world.as_vendor(), receipt_id or "")
    with world.system() as session:
        assert checks.pause_overdue(session, GRADER) == 0
    assert state(world) == "open"


def test_a_failed_check_may_be_tried_again_at_once(world: World) -> None:
    ready(world)
    publish(world)
    first = take(world, right=False)
    assert first.outcome is not None and (first.state, first.outcome.next_at) == ("failed", world.now)
    assert state(world) == "open"
    assert take(world, right=True).state == "passed"
    with world.system() as session:
        told = session.execute(select(DecisionReceipt.kind, DecisionReceipt.state)).all()
    assert told == [("test_failed", "ended")]


def test_a_failed_check_that_is_passed_after_all_is_owed_no_more_and_ends_its_pause(world: World) -> None:
    ready(world)
    publish(world, days=1)
    with world.system() as session:
        view = attempts.start_attempt(session, world.annotator("Asha"), world.lane, purpose="check")
    while view.is_live:
        view = answer(world, view, right=view.position < 6).attempt
    assert view.state == "failed"
    world.later(days=2)
    with world.system() as session:
        assert checks.pause_overdue(session, GRADER) == 1
        session.execute(update(AttemptQuestion).where(AttemptQuestion.stage == "exam").values(score=1.0))
        asked = select(AttemptQuestion.item_id).where(AttemptQuestion.stage == "exam").limit(1)
        assert restoring.restore_after(session, GRADER, session.scalars(asked).one()) == 1
    assert state(world) == "open"
    with world.system() as session:
        assert checks_owed(session, world.people["Asha"][0]) == []
        assert session.scalars(select(Qualification.basis)).one() == "waiver"


def test_a_newer_check_has_tries_of_its_own_and_ends_the_pause_of_the_one_before(world: World) -> None:
    ready(world)
    publish(world, days=1)
    take(world, right=False)
    world.later(days=2)
    with world.system() as session:
        checks.pause_overdue(session, GRADER)
    publish(world, about="Bad is wider again.")
    with world.system() as session:
        begun = test_start(session, world.lane, world.people["Asha"][1], "check")
        assert begun is not None and begun.attempts_left == checks.ATTEMPTS
    assert take(world, right=True).state == "passed"
    assert state(world) == "open"
    with world.system() as session:
        receipt = session.scalars(select(DecisionReceipt).where(DecisionReceipt.kind == "lane_paused")).one()
        assert receipt.state == "ended"


def test_people_who_qualify_afterwards_need_no_check(world: World) -> None:
    ready(world)
    publish(world)
    world.hire("Juma")
    world.later(hours=1)
    with world.in_vendor() as session:
        waive(session, world.as_vendor(), world.lane, world.people["Juma"][0], "knows it")
    with world.system() as session:
        assert checks_owed(session, world.people["Juma"][0]) == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"about": ""}, "check.invalid"), ({"categories": ["ugly"]}, "check.invalid"), ({"days": 0}, "check.invalid")],
)
def test_a_check_that_says_nothing_is_refused(world: World, settings: dict[str, Any], code: str) -> None:
    ready(world)
    with pytest.raises(Invalid) as problem:
        publish(world, **settings)
    assert problem.value.code == code


def test_a_check_without_pay_or_questions_is_refused(world: World) -> None:
    world.hire("Asha")
    with pytest.raises(Conflict) as unpaid:
        publish(world)
    assert unpaid.value.code == "test.no_rate"
    with world.system() as session:
        session.add(Rate(org_id=world.vendor, lane_id=world.lane, micros=1, currency="EUR", from_at=world.now,
                         set_by=None))  # fmt: skip
    with pytest.raises(Invalid) as small:
        publish(world)
    assert small.value.code == "test.pool_too_small"


def test_a_check_through_pages_and_programs(world: World, annotator: Door, vendor: Door) -> None:
    ready(world, hire=False)
    page = f"/lanes/{world.lane}/check"
    assert "Nobody has to pass a check here." in vendor.get(page)
    assert "Say what has changed" in vendor.post(page, 422, about="").get_data(as_text=True)
    vendor.post(page, about="Bad is narrower now.", categories=["bad"], training_questions="1", days="7")
    assert "0 of 1 people" in vendor.get(page)
    assert vendor.api("GET", page)["categories"] == ["bad"]
    begin = annotator.get(f"/tests/{world.lane}/check")
    assert "Bad is narrower now." in begin and "Start the check" in begin
    assert annotator.api("GET", f"/tests/{world.lane}/check")["about"] == "Bad is narrower now."
    where = annotator.post(f"/tests/{world.lane}/check/attempts").headers["Location"]
    assert "Practice, question 1 of 1" in annotator.get(where)
    told = vendor.api("PUT", page, about="Once more.", training_questions=0)
    assert (told["people"], told["passed"]) == (1, 0)
    annotator.api("PUT", page, 403, about="No.")
