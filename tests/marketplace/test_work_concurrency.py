"""Many people at once: the overlap is kept exactly, and nobody meets a unit twice, on either database."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from admin import invariants
from kernel import audit, clock
from kernel.tenancy import Scope
from marketplace.operations import answers, taking
from marketplace.values.work import NoWork, Task
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.support import scale

PEOPLE, UNITS, OVERLAP = 20, 200, 3


def work_until_nothing_is_left(desk: Desk, person: int, faults: list[BaseException]) -> None:
    """Take and answer in transactions of their own, as two requests would."""
    actor, scope = desk.people[person], Scope.tenant(desk.market.vendor)
    try:
        with clock.use_clock(lambda: desk.market.now):
            while True:
                task = desk.db.run(scope, lambda session: taking.take_next(session, actor, desk.lane), 20)
                if isinstance(task, NoWork):
                    return
                answer(desk, person, task)
    except BaseException as fault:
        faults.append(fault)


def answer(desk: Desk, person: int, task: Task) -> None:
    actor, scope = desk.people[person], Scope.tenant(desk.market.vendor)
    with clock.use_clock(lambda: desk.market.now):  # a thread begins with the wall clock
        desk.db.run(
            scope, lambda session: answers.submit_answer(session, actor, task.assignment_id, {"choice": "refund"}), 20
        )


def assert_that_nothing_is_broken(desk: Desk) -> None:
    """Every invariant holds, the links of the audit log included."""
    desk.market.work()
    with desk.market.system() as session:
        while audit.link_pending(session):
            pass
    with desk.market.system() as session:
        assert [result for result in invariants.check(session) if not result.ok] == []


def at_once(*acts: Callable[[], None]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_twenty_people_give_exactly_three_judgments_to_each_of_two_hundred_units(market: Market) -> None:
    desk = open_desk(market, people=PEOPLE, unit_count=UNITS, overlap=OVERLAP)
    faults: list[BaseException] = []
    at_once(*(lambda person=person: work_until_nothing_is_left(desk, person, faults) for person in range(PEOPLE)))
    # Whoever saw nothing free while somebody else held the last units looks again.
    for person in range(PEOPLE):
        work_until_nothing_is_left(desk, person, faults)
    assert faults == []
    judgments = desk.judgments()
    assert len(judgments) == UNITS * OVERLAP
    assert set(Counter(judgment.unit_id for judgment in judgments).values()) == {OVERLAP}
    assert len({(judgment.unit_id, judgment.account_id) for judgment in judgments}) == UNITS * OVERLAP
    units = desk.units()
    assert [(unit.answered, unit.state) for unit in units] == [(OVERLAP, "full")] * UNITS
    assert [unit.outlook["judgments"] for unit in units] == [OVERLAP] * UNITS
    assert desk.slots() == {"answered": UNITS * OVERLAP}
    assert_that_nothing_is_broken(desk)


@pytest.mark.soak
def test_two_tabs_at_the_same_moment_get_one_unit(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=20, overlap=1)
    for _round in range(scale(5, 50)):
        given: list[str] = []

        def take(given: list[str] = given) -> None:
            with clock.use_clock(lambda: desk.market.now):
                task = desk.db.run(
                    Scope.tenant(desk.market.vendor),
                    lambda session: taking.take_next(session, desk.people[0], desk.lane), 20,
                )  # fmt: skip
            assert not isinstance(task, NoWork)
            given.append(task.assignment_id)

        at_once(take, take, take)
        assert len(given) == 3 and len(set(given)) == 1
        desk.answer(0, given[0])
        if len(desk.judgments()) == 20:
            break
    assert_that_nothing_is_broken(desk)


def test_one_answer_sent_twice_at_the_same_moment_is_kept_once(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=5, overlap=1)
    for _round in range(5):
        task = desk.take(0)
        assert task is not None
        at_once(*(lambda task=task: answer(desk, 0, task) for _time in range(3)))
    assert len(desk.judgments()) == 5
    assert desk.slots() == {"answered": 5}
    assert_that_nothing_is_broken(desk)


@pytest.mark.soak
def test_leases_that_run_out_while_people_answer_never_break_the_overlap(market: Market) -> None:
    desk = open_desk(market, people=6, unit_count=scale(10, 60), overlap=2)
    faults: list[BaseException] = []
    stop = threading.Event()

    def tidy() -> None:
        while not stop.is_set():
            market.later(minutes=7)
            desk.expire()

    tidier = threading.Thread(target=tidy)
    tidier.start()
    at_once(*(lambda person=person: work_until_nothing_is_left(desk, person, faults) for person in range(6)))
    stop.set()
    tidier.join()
    assert faults == []
    for unit in desk.units():
        assert unit.answered <= unit.overlap
    judgments = desk.judgments()
    assert len({(judgment.unit_id, judgment.account_id) for judgment in judgments}) == len(judgments)
    assert_that_nothing_is_broken(desk)
