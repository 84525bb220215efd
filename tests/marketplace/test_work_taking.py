"""Taking work: what is handed out, in which order, and what comes back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from calibration.operations import qualifications
from kernel.errors import Conflict, NotFound
from kernel.policy import Actor, Role
from marketplace.models import Lane, LanePerson, Slot
from marketplace.operations import planning, projects, returning, taking
from marketplace.rules.eligibility import open_classes
from marketplace.rules.work import LONGEST_LEASE
from marketplace.values.work import NoWork
from tests.marketplace.desk import RATE, Desk, add_units, open_desk
from tests.marketplace.orders import Market
from workforce import leases
from workforce.models import LanguageClaim
from workforce.operations.standing import change_standing

Open = Callable[..., Desk]


@pytest.fixture
def opened(market: Market) -> Open:
    return lambda **how: open_desk(market, **how)


def test_a_unit_is_leased_for_half_an_hour_at_the_rate_of_the_lane_and_told_in_the_log(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    assert (task.content, task.rate_micros, task.currency, task.epoch) == ({"text": "message 0"}, RATE, "EUR", 1)
    assert (task.lease_until - desk.market.now).total_seconds() == 30 * 60
    assert desk.slots() == {"leased": 1, "free": 2}
    (event,) = desk.market.audited("unit.taken")
    assert (event.object_ref, event.actor_ref) == (task.assignment_id, desk.people[0].account_id)


def test_two_tabs_hold_one_unit(opened: Open) -> None:
    desk = opened(people=1, unit_count=5)
    first, second = desk.take(0), desk.take(0)
    assert first is not None and second is not None
    assert first.assignment_id == second.assignment_id
    assert len(desk.assignments()) == 1


def test_the_same_key_answers_with_the_same_assignment_even_after_the_answer(opened: Open) -> None:
    desk = opened(people=1, unit_count=5)
    first = desk.take(0, key="tab-1")
    assert first is not None
    desk.answer(0, first)
    again = desk.take(0, key="tab-1")
    assert again is not None and again.assignment_id == first.assignment_id and again.state == "answered"
    other = desk.take(0, key="tab-2")
    assert other is not None and other.assignment_id != first.assignment_id


def test_several_units_in_one_transaction_are_taken_one_after_the_other(opened: Open) -> None:
    desk = opened(people=1, unit_count=5)
    with desk.vendor() as session:
        first = taking.take_next(session, desk.people[0], desk.lane)
        second = taking.take_next(session, desk.people[0], desk.lane)
    assert not isinstance(first, NoWork) and not isinstance(second, NoWork)
    assert first.assignment_id == second.assignment_id, "the first one is still in hand"


def test_an_expired_lease_returns_the_unit_to_its_lane_for_somebody_else(opened: Open) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    lost = desk.take(0)
    assert lost is not None
    assert desk.take(1) is None, "the only place is taken"
    desk.market.later(minutes=31)
    found = desk.take(1)
    assert found is not None and found.content == lost.content
    states = {row.account_id: row.state for row in desk.assignments()}
    assert states == {desk.people[0].account_id: "expired", desk.people[1].account_id: "leased"}
    (event,) = desk.market.audited("unit.expired")
    assert event.object_ref == lost.assignment_id


def test_the_job_brings_back_what_ran_out_once(opened: Open) -> None:
    desk = opened(people=2, unit_count=2, overlap=1)
    desk.take(0)
    desk.take(1)
    desk.market.later(minutes=29)
    assert desk.expire() == 0
    desk.market.later(minutes=1)
    assert desk.expire() == 2
    assert desk.expire() == 0
    assert desk.slots() == {"free": 2}


def test_a_person_whose_lease_ran_out_does_not_meet_the_unit_again(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=3)
    desk.take(0)
    desk.market.later(minutes=31)
    desk.expire()
    assert desk.take(0) is None


def test_a_skipped_unit_goes_to_others_and_never_to_the_same_person_again(opened: Open) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    skipped = desk.take(0)
    assert skipped is not None
    desk.skip(0, skipped)
    assert desk.take(0) is None
    found = desk.take(1)
    assert found is not None and found.content == skipped.content


def test_what_came_back_is_handed_out_before_what_nobody_has_seen(opened: Open) -> None:
    desk = opened(people=2, unit_count=20, overlap=1)
    skipped = desk.take(0)
    assert skipped is not None
    desk.skip(0, skipped)
    found = desk.take(1)
    assert found is not None and found.content == skipped.content


def test_one_person_goes_through_a_lane_once_and_finds_units_that_are_added_later(opened: Open) -> None:
    desk = opened(people=1, unit_count=10, overlap=2)
    seen = []
    while (task := desk.take(0)) is not None:
        seen.append(task.content["text"])
        desk.answer(0, task)
    assert sorted(seen) == sorted(f"message {number}" for number in range(10))
    add_units(desk, 5, prefix="late")
    late = []
    while (task := desk.take(0)) is not None:
        late.append(task.content["text"])
        desk.answer(0, task)
    assert sorted(late) == [f"late {number}" for number in range(5)]


def test_units_that_the_vendor_assigned_come_first_and_in_their_order(opened: Open) -> None:
    desk = opened(people=2, unit_count=12, overlap=2)
    chosen = [unit.id for unit in desk.units()][:6]
    assert desk.assign(1, chosen[:4]) == 4
    assert desk.assign(1, chosen[4:]) == 2
    taken = []
    for _number in range(6):
        task = desk.take(1)
        assert task is not None
        taken.append(next(row.unit_id for row in desk.assignments() if row.id == task.assignment_id))
        desk.answer(1, task)
    assert taken == chosen
    assert len(desk.market.audited("units.assigned")) == 2


def test_a_place_that_is_kept_for_somebody_is_given_to_nobody_else(opened: Open) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    desk.assign(1, [desk.units()[0].id])
    assert desk.take(0) is None
    assert desk.take(1) is not None


def test_a_unit_without_a_free_place_or_met_before_cannot_be_assigned(opened: Open) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    with pytest.raises(Conflict) as problem:
        desk.assign(1, [desk.units()[0].id])
    assert problem.value.code == "unit.no_slot"


def test_only_the_vendor_of_the_lane_assigns(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    rival, unit_ids = desk.market.rival, [desk.units()[0].id]
    with pytest.raises(NotFound), desk.market.as_(rival) as session:
        planning.assign_units(session, rival, desk.lane, desk.annotators[0], unit_ids)


def test_a_slot_that_everybody_has_passed_is_found_again(opened: Open) -> None:
    desk = opened(people=1, unit_count=3, overlap=1)
    with desk.market.system() as session:
        last = session.scalar(select(func.max(Slot.route_key)).where(Slot.lane_id == desk.lane))
    first = desk.take(0)
    assert first is not None
    desk.answer(0, first)
    with desk.market.system() as session:
        session.execute(update(LanePerson).values(cursor=last))
    assert desk.take(0) is not None


def test_somebody_who_is_not_of_the_vendor_finds_nothing(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    stranger = Actor("nobody", desk.market.vendor, Role.ANNOTATOR, org_kind="vendor")
    with pytest.raises(NotFound), desk.vendor() as session:
        taking.take_next(session, stranger, desk.lane)


def test_a_paused_lane_hands_out_nothing_and_takes_the_answers_that_are_under_way(opened: Open) -> None:
    desk = opened(people=2, unit_count=5)
    task = desk.take(0)
    assert task is not None
    with desk.market.as_(desk.market.pm) as session:
        projects.pause_lane(session, desk.market.pm, desk.lane)
    assert desk.take(1) is None
    assert not desk.answer(0, task).is_late


def test_a_right_that_is_taken_away_holds_from_the_next_take_on(opened: Open) -> None:
    desk = opened(people=1, unit_count=5)
    task = desk.take(0)
    assert task is not None
    desk.answer(0, task)
    manager = desk.market.manager
    with desk.market.as_(manager) as session:
        qualifications.revoke(session, manager, desk.lane, desk.annotators[0], "it was given by mistake")
    assert desk.take(0) is None


def test_a_unit_is_shown_while_its_lease_runs_and_not_after(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0, key="tab")
    assert task is not None
    assert desk.seen(0, task).content == {"text": "message 0"}
    desk.market.later(minutes=31)
    over = desk.seen(0, task)
    assert (over.content, over.state) == ({}, "over")
    again = desk.take(0, key="tab")
    assert again is not None and (again.assignment_id, again.content) == (task.assignment_id, {})


def test_a_unit_in_hand_is_shown_only_to_who_meets_what_its_lane_asks_at_this_moment(opened: Open) -> None:
    desk = opened(people=1, unit_count=2)
    task = desk.take(0)
    assert task is not None
    with desk.market.system() as session:
        session.execute(update(LanguageClaim).values(status="claimed"))
    assert (desk.seen(0, task).content, desk.take(0)) == ({}, None)
    with desk.market.system() as session:
        session.execute(update(LanguageClaim).values(status="verified"))
    assert desk.seen(0, task).content == desk.take(0).content


def test_what_is_in_hand_in_a_paused_lane_is_still_shown(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    with desk.market.as_(desk.market.pm) as session:
        projects.pause_lane(session, desk.market.pm, desk.lane)
    assert desk.seen(0, task).content == {"text": "message 0"}
    assert desk.take(0) == task


@pytest.mark.parametrize("status", ["paused", "suspended"])
def test_who_is_paused_or_suspended_holds_nothing_from_that_moment_on(opened: Open, status: str) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    assert desk.take(1) is None
    desk.stand(0, status)
    assert desk.seen(0, task).content == {}
    assert desk.take(0) is None
    (event,) = desk.market.audited("unit.returned")
    assert (event.object_ref, event.details) == (task.assignment_id, {"cause": f"standing:{status}"})
    theirs = desk.take(1)
    assert theirs is not None and theirs.content == {"text": "message 0"}, "the place is in the band of what came back"
    with pytest.raises(Conflict), desk.vendor() as session:
        returning.extend_lease(session, desk.people[0], task.assignment_id)


def test_who_leaves_holds_nothing_from_that_moment_on(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=1)
    desk.take(0)
    with desk.vendor() as session:
        change_standing(session, desk.people[0], desk.annotators[0], status="left", reason="another job")
    assert desk.slots() == {"free": 1}


def test_a_revoked_qualification_ends_the_leases_of_its_lane(opened: Open) -> None:
    desk = opened(people=2, unit_count=2, overlap=1)
    task, theirs = desk.take(0), desk.take(1)
    assert task is not None and theirs is not None
    manager = desk.market.manager
    with desk.market.as_(manager) as session:
        qualifications.revoke(session, manager, desk.lane, desk.annotators[0], "it was given by mistake")
    assert desk.seen(0, task).content == {}
    assert desk.seen(1, theirs).content == theirs.content, "others hold what they held"
    assert desk.slots() == {"free": 1, "leased": 1}
    assert [row.state for row in desk.assignments() if row.id == task.assignment_id] == ["returned"]


def test_nothing_is_ended_where_nobody_ends_leases(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    with desk.market.system() as session:
        assert leases._nothing_to_end(session, desk.market.manager, desk.annotators[0], cause="test") == 0
    assert desk.seen(0, task).content == task.content


def test_an_exception_before_the_commit_leaves_nothing_behind(opened: Open) -> None:
    desk = opened(people=1, unit_count=3, overlap=1)
    with pytest.raises(ZeroDivisionError), desk.vendor() as session:
        taking.take_next(session, desk.people[0], desk.lane)
        raise ZeroDivisionError
    assert desk.slots() == {"free": 3}
    assert desk.assignments() == []
    assert desk.market.audited("unit.taken") == []


def test_an_extended_lease_lasts_longer_for_slot_and_assignment_alike(opened: Open) -> None:
    desk = opened(people=2, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    desk.market.later(minutes=20)
    with desk.vendor() as session:
        assert returning.extend_lease(session, desk.people[0], task.assignment_id).epoch == 2
    desk.market.later(minutes=20)
    assert desk.take(1) is None
    assert not desk.answer(0, task).is_late


def test_a_lease_is_extended_up_to_four_hours_and_each_extension_raises_its_number(opened: Open) -> None:
    desk = opened(people=1, unit_count=1)
    task = desk.take(0)
    assert task is not None
    begun, epochs = desk.market.now, []
    while desk.market.now < begun + LONGEST_LEASE:
        desk.market.later(minutes=20)
        with desk.vendor() as session:
            held = returning.extend_lease(session, desk.people[0], task.assignment_id)
        assert held.lease_until == min(desk.market.now + timedelta(minutes=30), begun + LONGEST_LEASE)
        epochs.append(held.epoch)
        if desk.market.now == begun + LONGEST_LEASE - timedelta(minutes=20):
            break
    assert epochs == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    desk.market.later(minutes=10)
    with desk.vendor() as session:
        assert returning.extend_lease(session, desk.people[0], task.assignment_id).epoch == 12, "nothing was extended"
    desk.market.later(minutes=10)
    with pytest.raises(Conflict) as problem, desk.vendor() as session:
        returning.extend_lease(session, desk.people[0], task.assignment_id)
    assert problem.value.code == "assignment.expired"


def test_what_is_kept_for_somebody_who_is_suspended_goes_to_others_and_who_is_paused_keeps_it(market: Market) -> None:
    desk = open_desk(market, people=2, unit_count=2, overlap=1)
    first, second = (unit.id for unit in desk.units())
    desk.assign(0, [first, second])
    desk.stand(0, "paused")
    assert desk.slots() == {"kept": 2} and desk.take(1) is None
    desk.stand(0, "suspended")
    assert desk.slots() == {"free": 2}
    task = desk.take(1)
    assert task is not None
    desk.answer(1, task)
    assert desk.take(1) is not None


def test_a_clearance_that_ends_ends_no_lease_where_none_is_asked_for(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=1, overlap=1)
    assert desk.take(0) is not None
    for classification, ended in (("internal", 0), ("confidential", 1)):
        with desk.market.system() as session:
            session.execute(update(Lane).values(classification=classification))
        with desk.vendor() as session:
            assert returning.end_leases(session, desk.people[0], desk.annotators[0], cause="clearance") == ended
    assert open_classes(1, has_identity=True) == {"public", "internal", "confidential"}
    assert open_classes(3, has_identity=False) == {"public", "internal"}
