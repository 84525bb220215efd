"""Answers: what is kept, what is paid, what is late, and that one answer is one answer."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from admin.invariants.trail import grants_untold
from calibration.models import GateRule, PendingGrade, Track
from calibration.operations import gates, qualifications
from calibration.rules.gates import Verdict
from calibration.rules.intervals import Interval
from calibration.values import GateAction
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.models import AccessGrant
from kernel.policy import system_actor
from labeling.values import InvalidAnswer
from marketplace.operations import answers, requests, returning, taking
from marketplace.queries.projects import project_of
from marketplace.values.work import NoWork
from payouts.models import Earning
from tests.marketplace.desk import RATE, Desk, open_desk
from tests.marketplace.orders import Market

Open = Callable[..., Desk]


@pytest.fixture
def opened(market: Market) -> Open:
    return lambda **how: open_desk(market, **how)


def earned(desk: Desk) -> list[Earning]:
    with desk.market.system() as session:
        return list(session.scalars(select(Earning).order_by(Earning.earned_at)))


def test_an_answer_becomes_a_judgment_that_waits_for_grading_and_pay_that_waits_for_its_hold(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=3)
    task = desk.take(0)
    assert task is not None
    desk.market.later(seconds=42)
    told = desk.answer(0, task)
    (judgment,), (earning,), (unit,) = desk.judgments(), earned(desk), desk.units()
    assert (judgment.id, judgment.answer, judgment.category) == (told.judgment_id, {"choice": "refund"}, "refund")
    assert (judgment.seconds, judgment.is_late) == (42, False)
    assert (earning.micros, earning.state, earning.cause_id) == (RATE, "pending", judgment.id)
    assert earning.due_at == desk.market.now + timedelta(hours=72)
    assert (unit.answered, unit.state, unit.outlook["judgments"]) == (1, "open", 1)
    assert desk.slots() == {"answered": 1, "free": 2}
    with desk.market.system() as session:
        assert list(session.scalars(select(PendingGrade.judgment_id))) == [judgment.id]
    (event,) = desk.market.audited("answer.submitted")
    assert event.object_ref == task.assignment_id


def test_the_last_place_makes_the_unit_full(opened: Open) -> None:
    desk = opened(people=3, unit_count=1, overlap=3)
    for person in range(3):
        task = desk.take(person)
        assert task is not None
        desk.answer(person, task, choice="refund" if person else "other")
    (unit,) = desk.units()
    assert (unit.answered, unit.state, unit.outlook["leader"]) == (3, "full", "refund")


def test_submitting_twice_with_one_key_is_submitting_once(opened: Open) -> None:
    desk = opened(people=1, unit_count=2)
    task = desk.take(0)
    assert task is not None
    first, second = desk.answer(0, task, key="k"), desk.answer(0, task, key="k", choice="other")
    assert first == second
    (judgment,) = desk.judgments()
    assert judgment.category == "refund"
    assert len(earned(desk)) == 1


def test_another_answer_under_another_key_is_refused(opened: Open) -> None:
    desk = opened(people=1, unit_count=2)
    task = desk.take(0)
    assert task is not None
    first = desk.answer(0, task, key="k")
    with pytest.raises(Conflict) as problem:
        desk.answer(0, task, key="other", choice="other")
    assert problem.value.code == "assignment.answered"
    assert "“Refund”. That answer stands and is paid" in str(problem.value)
    assert desk.answer(0, task, key="other") == first
    assert len(desk.judgments()) == 1


def test_submitting_twice_in_one_transaction_is_submitting_once(opened: Open) -> None:
    desk = opened(people=1, unit_count=2)
    with desk.vendor() as session:
        task = taking.take_next(session, desk.people[0], desk.lane)
        assert not isinstance(task, NoWork)
        first = answers.submit_answer(session, desk.people[0], task.assignment_id, {"choice": "refund"})
        second = answers.submit_answer(session, desk.people[0], task.assignment_id, {"choice": "refund"})
        with pytest.raises(Conflict, match="already"):
            answers.submit_answer(session, desk.people[0], task.assignment_id, {"choice": "other"})
    assert first == second
    assert len(desk.judgments()) == len(earned(desk)) == 1


def test_many_answers_in_one_transaction_count_and_weigh_like_as_many_transactions(opened: Open) -> None:
    desk = opened(people=3, unit_count=4, overlap=3)
    with desk.vendor() as session:
        for _round in range(4):
            for person in desk.people:
                task = taking.take_next(session, person, desk.lane)
                assert not isinstance(task, NoWork)
                answers.submit_answer(session, person, task.assignment_id, {"choice": "network"})
    assert [(unit.answered, unit.state, unit.outlook["judgments"]) for unit in desk.units()] == [(3, "full", 3)] * 4
    assert len(desk.judgments()) == len(earned(desk)) == 12
    with desk.vendor() as session:
        assert isinstance(taking.take_next(session, desk.people[0], desk.lane), NoWork)


def test_a_late_answer_counts_while_nobody_else_has_the_unit(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    desk.market.later(hours=5)
    desk.expire()
    assert not desk.answer(0, task).is_late
    assert desk.slots() == {"answered": 1}
    assert desk.units()[0].state == "full"


def test_a_late_answer_is_kept_beside_the_overlap_and_paid(opened: Open) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    mine = desk.take(0)
    assert mine is not None
    desk.market.later(hours=5)
    theirs = desk.take(1)
    assert theirs is not None
    assert not desk.answer(1, theirs).is_late
    late = desk.answer(0, mine, choice="other")
    assert late.is_late
    (unit,) = desk.units()
    assert (unit.answered, unit.outlook["judgments"], unit.outlook["leader"]) == (1, 1, "refund")
    assert sorted(judgment.is_late for judgment in desk.judgments()) == [False, True]
    assert [earning.micros for earning in earned(desk)] == [RATE, RATE]
    states = {row.id: row.state for row in desk.assignments()}
    assert states == {mine.assignment_id: "late", theirs.assignment_id: "answered"}


def _suspend(desk: Desk) -> None:
    desk.stand(0, "suspended")


def _pause_by_gate(desk: Desk) -> None:
    track = Track(
        lane_id=desk.lane, annotator_id=desk.annotators[0], org_id=desk.market.client,
        vendor_org_id=desk.market.vendor, project_id=desk.assignments()[0].project_id,
    )  # fmt: skip
    rule = GateRule(id="rule", version=1, pause_days=7)
    verdict = Verdict(1, True, True, GateAction.PAUSE, 0.99, 0.7, 30, 0.4, Interval(0.2, 0.6))
    with desk.market.system() as session:
        held = gates._qualification(session, track)
        gates._pause(session, system_actor("test"), rule, track, verdict, held, ["judgment"])


def _revoke(desk: Desk) -> None:
    manager = desk.market.manager
    with desk.market.as_(manager) as session:
        qualifications.revoke(session, manager, desk.lane, desk.annotators[0], "it was given by mistake")


@pytest.mark.parametrize("runs_out", [False, True])
@pytest.mark.parametrize("end", [_suspend, _pause_by_gate, _revoke])
def test_what_was_typed_before_the_end_of_a_lease_is_kept_as_late_and_paid(
    opened: Open, end: Callable[[Desk], None], runs_out: bool
) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    if runs_out:
        desk.market.later(minutes=31)
        desk.expire()
    end(desk)
    assert desk.slots() == {"free": 1}
    assert desk.answer(0, task).is_late, "also while nobody else has the place"
    assert desk.answer(0, task).is_late, "told twice is told once"
    (judgment,), (earning,) = desk.judgments(), earned(desk)
    assert (judgment.is_late, earning.cause_id, earning.micros) == (True, judgment.id, RATE)
    assert desk.units()[0].answered == 0
    theirs = desk.take(1)
    assert theirs is not None and not desk.answer(1, theirs).is_late
    assert desk.take(0) is None


def _access_revoked(desk: Desk) -> None:
    pm, (held,) = desk.market.pm, desk.assignments()
    with desk.market.as_(pm) as session:
        assert requests.revoke_grant(session, pm, held.project_id) == 1
    (event,) = desk.market.audited("grant.revoked")
    assert (event.object_ref, event.actor_ref, event.details["leases"]) == (held.project_id, pm.account_id, 1)
    assert desk.slots() == {"free": 1}


def _access_expired(desk: Desk) -> None:
    with desk.market.system() as session:
        session.execute(update(AccessGrant).values(until_at=desk.market.now))


@pytest.mark.parametrize("end", [_access_revoked, _access_expired])
def test_what_was_typed_before_the_vendors_access_ended_is_kept_as_late_and_paid(
    opened: Open, end: Callable[[Desk], None]
) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    end(desk)
    assert [desk.take(person) for person in (0, 1)] == [None, None]
    for person in (0, 1):
        with pytest.raises(NotFound):
            desk.answer(person, task)
    given = {"choice": "refund"}
    with pytest.raises(NotFound), desk.market.system() as session:
        answers.submit_answer(session, desk.people[1], task.assignment_id, given)
    with desk.market.system() as session:
        assert answers.submit_answer(session, desk.people[0], task.assignment_id, given).is_late
    (judgment,), (earning,) = desk.judgments(), earned(desk)
    assert (judgment.is_late, earning.cause_id, earning.micros) == (True, judgment.id, RATE)
    assert (desk.units()[0].answered, desk.slots()) == (0, {"free": 1})


def test_access_is_revoked_and_given_again_by_the_client_alone(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    desk.take(0)
    project_id = desk.assignments()[0].project_id
    market = desk.market
    for actor, refusal in ((market.qa, Forbidden), (market.manager, Forbidden), (market.stranger, NotFound)):
        with pytest.raises(refusal), market.as_(actor) as session:
            requests.revoke_grant(session, actor, project_id)
    assert desk.slots() == {"leased": 1, "free": 2}
    with market.as_(market.pm) as session:
        requests.revoke_grant(session, market.pm, project_id)
        project = project_of(session, project_id)
    assert project is not None and not project.has_access and project.rights == ()
    with market.as_(market.manager) as session:
        assert project_of(session, project_id) is None
    for act in (requests.revoke_grant, partial(requests.set_rights, rights=["unit:import"])):
        with pytest.raises(Conflict) as problem, market.as_(market.pm) as session:
            act(session, market.pm, project_id)
        assert problem.value.code == "grant.over"
    market.later(hours=1)
    with pytest.raises(Forbidden), market.as_(market.qa) as session:
        requests.renew_grant(session, market.qa, project_id)
    with market.as_(market.pm) as session:
        assert requests.renew_grant(session, market.pm, project_id, ["unit:import"]) == ("unit:import",)
    with pytest.raises(Conflict) as problem, market.as_(market.pm) as session:
        requests.renew_grant(session, market.pm, project_id)
    assert problem.value.code == "grant.lives"
    with market.as_(market.manager) as session:
        project = project_of(session, project_id)
    assert project is not None and project.has_access and project.rights == ("unit:import",)
    assert desk.slots() == {"free": 3}, "the lane stands as it stood"
    with market.system() as session:
        grants = session.scalars(select(AccessGrant).order_by(AccessGrant.from_at)).all()
        assert [grant.revoked_at is None for grant in grants] == [False, True]
        assert grants_untold(session) == 0


def test_an_answer_names_the_number_of_the_lease_it_was_given_under(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    person, desk.market.now = desk.people[0], desk.market.now + timedelta(minutes=20)
    with desk.vendor() as session:
        returning.extend_lease(session, person, task.assignment_id)
    for number in (1, 3):
        with pytest.raises(Conflict) as problem, desk.vendor() as session:
            answers.submit_answer(session, person, task.assignment_id, {"choice": "refund"}, epoch=number)
        assert problem.value.code == "assignment.epoch"
    with desk.vendor() as session:
        told = answers.submit_answer(session, person, task.assignment_id, {"choice": "refund"}, epoch=2)
    assert not told.is_late


def test_an_older_number_does_no_harm_once_the_lease_is_over(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    desk.market.later(minutes=20)
    with desk.vendor() as session:
        returning.extend_lease(session, desk.people[0], task.assignment_id)
    desk.market.later(minutes=40)
    with desk.vendor() as session:
        answers.submit_answer(session, desk.people[0], task.assignment_id, {"choice": "refund"}, epoch=task.epoch)
    assert len(desk.judgments()) == len(earned(desk)) == 1


def test_a_skipped_unit_cannot_be_answered(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    desk.skip(0, task)
    with pytest.raises(Conflict):
        desk.answer(0, task)
    assert desk.judgments() == []


def test_an_answer_that_is_no_class_of_the_schema_changes_nothing(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    with pytest.raises(InvalidAnswer):
        desk.answer(0, task, choice="nonsense")
    assert desk.judgments() == [] and earned(desk) == []
    assert desk.slots() == {"leased": 1, "free": 2}


def test_nobody_answers_what_somebody_else_holds(opened: Open) -> None:
    desk = opened(people=2, unit_count=1)
    task = desk.take(0)
    assert task is not None
    with pytest.raises(NotFound):
        desk.answer(1, task)


def test_an_exception_before_the_commit_leaves_no_judgment_and_no_pay(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    with pytest.raises(ZeroDivisionError), desk.vendor() as session:
        answers.submit_answer(session, desk.people[0], task.assignment_id, {"choice": "refund"})
        raise ZeroDivisionError
    assert desk.judgments() == [] and earned(desk) == []
    assert desk.slots() == {"leased": 1, "free": 2}
    assert desk.answer(0, task).judgment_id == desk.judgments()[0].id
