"""Assigned exams: a vendor sets the very questions, the plan decides all the same, and too few of them cost nothing."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from calibration.models import AttemptQuestion, Qualification
from calibration.operations import attempts
from calibration.queries.attempts import AttemptView
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.models import AuditEvent
from kernel.policy import Actor, Role
from tests.calibration_db.test_attempts import publish, run
from tests.calibration_db.world import World


def assign(world: World, item_ids: Sequence[str], actor: Actor | None = None, name: str = "Asha") -> AttemptView:
    with world.system() as session:
        return attempts.assign_attempt(
            session, actor or world.as_vendor(), world.lane, world.people[name][0], item_ids
        )  # fmt: skip


@pytest.fixture
def exam(world: World) -> list[str]:
    """Gold for an exam, a person and a test."""
    world.hire("Asha")
    gold = world.add_gold(200, "exam")
    publish(world, training_questions=0)
    return gold


def test_the_questions_are_those_that_were_set_in_their_order(world: World, exam: list[str]) -> None:
    view = assign(world, exam[10:40])
    assert (view.state, view.position) == ("exam", 0)
    with world.system() as session:
        asked = session.scalars(
            select(AttemptQuestion.item_id)
            .where(AttemptQuestion.attempt_id == view.id)
            .order_by(AttemptQuestion.position)
        ).all()
    assert asked == exam[10:40]
    with world.system() as session:
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "attempt.assigned"))
        assert event.details == {"lane": world.lane, "annotator": world.people["Asha"][0], "questions": 30}


def test_the_plan_decides_and_a_pass_opens_the_lane(world: World, exam: list[str]) -> None:
    done = run(world, assign(world, exam[:60]), right=True)
    assert done.state == "passed"
    with world.system() as session:
        assert session.scalars(select(Qualification.basis)).all() == ["test"]


def test_wrong_answers_fail_it(world: World, exam: list[str]) -> None:
    assert run(world, assign(world, exam[:60]), right=False).state == "failed"


def test_too_few_questions_to_decide_end_without_an_outcome_and_cost_nothing(world: World, exam: list[str]) -> None:
    done = run(world, assign(world, exam[:3]), right=True)
    assert (done.state, done.outcome) == ("ended", None)
    with world.system() as session:
        assert session.scalars(select(Qualification)).all() == []
    assert run(world, assign(world, exam[100:160]), right=True).state == "passed"


def test_only_exam_questions_that_the_person_has_not_met_can_be_set(world: World, exam: list[str]) -> None:
    live = world.add_gold(4, "live")
    plain = world.add_items(1)
    for item_ids in (live, plain, [], [*exam[:3], live[0]]):
        with pytest.raises(Conflict) as problem:
            assign(world, item_ids)
        assert problem.value.code == "attempt.not_exam"
    run(world, assign(world, exam[:3]), right=True)
    with pytest.raises(Conflict):
        assign(world, exam[:3])


def test_nobody_sets_an_exam_for_themselves_or_for_another_vendors_people(world: World, exam: list[str]) -> None:
    with pytest.raises(Forbidden):
        assign(world, exam[:20], world.annotator("Asha"))
    with pytest.raises(NotFound):
        assign(world, exam[:20], Actor("rival", "other-vendor", Role.VENDOR_MANAGER, org_kind="vendor"))


def test_an_exam_under_way_is_finished_first(world: World, exam: list[str]) -> None:
    assign(world, exam[:20])
    with pytest.raises(Conflict) as problem:
        assign(world, exam[20:40])
    assert problem.value.code == "attempt.other_live"
