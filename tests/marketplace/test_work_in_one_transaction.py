"""Many takes and answers in one transaction: the same slots, states and counts as with a transaction for each."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, update

from kernel import audit
from kernel.errors import Conflict
from kernel.models import AuditEvent
from marketplace.models import Slot
from marketplace.operations import answers, returning, taking
from marketplace.values.work import NoWork
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market

Open = Callable[..., Desk]
CHOICE = {"choice": "refund"}


@pytest.fixture
def opened(market: Market) -> Open:
    """Opens a lane with so many people, units and answers for each."""
    return partial(open_desk, market)


def takes(desk: Desk, person: int, count: int, *, together: bool) -> list[str]:
    """The units that a person is given when they take and answer so often, in one transaction or in many."""
    made: list[str] = []
    if not together:
        for _number in range(count):
            task = desk.take(person)
            assert task is not None
            desk.answer(person, task)
            made.append(task.assignment_id)
    else:
        with desk.vendor() as session:
            for _number in range(count):
                found = taking.take_next(session, desk.people[person], desk.lane)
                assert not isinstance(found, NoWork)
                answers.submit_answer(session, desk.people[person], found.assignment_id, CHOICE)
                made.append(found.assignment_id)
    unit_of = {row.id: row.unit_id for row in desk.assignments()}
    return [unit_of[assignment_id] for assignment_id in made]


@pytest.mark.parametrize("together", [True, False])
def test_what_is_kept_is_served_in_its_order_whether_read_ahead_or_one_by_one(opened: Open, together: bool) -> None:
    desk = opened(people=1, unit_count=9, overlap=1)
    chosen = [unit.id for unit in desk.units()][:8]
    desk.assign(0, chosen)
    # A place for when they have taken three: it goes before what the vendor assigned, and not sooner.
    with desk.market.system() as session:
        session.execute(update(Slot).where(Slot.unit_id == chosen[7]).values(serve_from=3))
    assert takes(desk, 0, 8, together=together) == [*chosen[:3], chosen[7], *chosen[3:7]]
    assert desk.slots() == {"answered": 8, "free": 1}
    assert {row.state for row in desk.assignments()} == {"answered"}
    assert len(desk.judgments()) == 8


def test_people_who_answer_the_same_units_in_one_transaction_are_all_counted(opened: Open) -> None:
    desk = opened(people=3, unit_count=2, overlap=3)
    with desk.vendor() as session:
        for _number in range(2):
            for person in desk.people:
                task = taking.take_next(session, person, desk.lane)
                assert not isinstance(task, NoWork)
                answers.submit_answer(session, person, task.assignment_id, CHOICE)
    assert [(unit.answered, unit.state, unit.outlook["judgments"]) for unit in desk.units()] == [(3, "full", 3)] * 2
    assert desk.slots() == {"answered": 6}
    assert all(row.lease_until is not None and row.ended_at is not None for row in desk.assignments())


def test_nobody_is_given_a_unit_again_that_they_came_to_in_another_way(opened: Open) -> None:
    desk = opened(people=1, unit_count=4, overlap=3)
    chosen = [unit.id for unit in desk.units()]
    desk.assign(0, chosen)
    desk.assign(0, chosen[2:])  # a second place of two units, which has to be passed over
    units = takes(desk, 0, 4, together=True)
    assert units == chosen
    with desk.vendor() as session:
        assert isinstance(taking.take_next(session, desk.people[0], desk.lane), NoWork)


def test_what_was_given_back_meanwhile_is_not_answered_from_memory(opened: Open) -> None:
    desk = opened(people=1, unit_count=2, overlap=1)
    person = desk.people[0]
    with desk.vendor() as session:
        task = taking.take_next(session, person, desk.lane)
        assert not isinstance(task, NoWork)
        returning.skip(session, person, task.assignment_id, reason="unclear")
        with pytest.raises(Conflict) as problem:
            answers.submit_answer(session, person, task.assignment_id, CHOICE)
    assert problem.value.code == "assignment.over"
    assert desk.slots() == {"free": 2} and desk.judgments() == []


def test_the_same_answer_twice_in_one_transaction_is_one_answer(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=1)
    person = desk.people[0]
    with desk.vendor() as session:
        task = taking.take_next(session, person, desk.lane)
        assert not isinstance(task, NoWork)
        first = answers.submit_answer(session, person, task.assignment_id, CHOICE)
        assert answers.submit_answer(session, person, task.assignment_id, CHOICE) == first
    assert len(desk.judgments()) == 1 and desk.units()[0].answered == 1


def test_the_log_is_there_for_whoever_reads_it_in_the_same_transaction(opened: Open) -> None:
    desk = opened(people=1, unit_count=1, overlap=1)
    with desk.market.system() as session:
        audit.record(session, desk.market.pm, "first.act", "lane", desk.lane)
        audit.record(session, desk.market.pm, "second.act", "lane", desk.lane, link=False)
        audit.record(session, desk.market.pm, "third.act", "lane", desk.lane)
        rows = session.scalars(select(AuditEvent).where(AuditEvent.object_ref == desk.lane))
        found = {row.action: row.seq for row in rows if row.action.endswith(".act")}
        first, third = found["first.act"], found["third.act"]
        assert first is not None and third == first + 1 and found["second.act"] is None
        assert audit.verify(session).ok
