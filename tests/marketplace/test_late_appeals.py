"""Pay that is given because nobody answered an appeal by its day: once, for good, and for no more than was asked."""

from sqlalchemy import func, select

from kernel import clock
from kernel.jobs import drain, enqueue
from kernel.policy import Actor, Role
from marketplace.jobs.appeals import hold_late_appeals
from marketplace.models import Unit
from marketplace.operations.appeals import decide_appeal
from payouts.ledger.proof import verify
from payouts.models import Earning, Transfer
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.marketplace.test_reviews import decide, reviewer, taken, work
from workforce.models import DecisionReceipt
from workforce.operations import open_appeal


def _run_job(desk: Desk) -> None:
    with desk.market.system() as session:
        enqueue(session, hold_late_appeals)
    with clock.use_clock(lambda: desk.market.now):
        drain(desk.db)


def test_refused_pay_whose_appeal_nobody_answers_is_paid_once_and_never_asked_back(market: Market) -> None:
    desk = open_desk(market, people=3, unit_count=1, overlap=2)
    desk.change_lane(weak_below=1.1)
    work(desk)
    task = taken(desk, reviewer(desk))
    every = tuple(answer.judgment_id for answer in task.answers)
    assert decide(desk, reviewer(desk), task, "reject", reason="random", judgment_ids=every).rejected == 2
    third = desk.take(2)
    assert third is not None
    desk.answer(2, third)

    def paid() -> dict[str, tuple[str, int]]:
        """State and entries of the pay of each answer."""
        with desk.market.system() as session:
            assert verify(session) == [], "what is owed is what was accepted"
            entries = select(func.count()).where(Transfer.cause_id == Earning.cause_id)
            return {
                person: (state, count)
                for person, state, count in session.execute(
                    select(Earning.annotator_id, Earning.state, entries.scalar_subquery())
                )
            }

    first, second, other = desk.annotators
    with desk.market.system() as session:
        receipts = dict(session.execute(select(DecisionReceipt.annotator_id, DecisionReceipt.id)).all())
    appeals = {}
    for person, who in ((first, desk.people[0]), (second, desk.people[1])):
        with desk.vendor() as session:
            appeals[person] = open_appeal(session, who, receipts[person]).id
    assert paid() == {first: ("rejected", 0), second: ("rejected", 0), other: ("pending", 0)}
    desk.market.later(days=8)
    _run_job(desk)
    _run_job(desk)
    states = paid()
    assert (states[first], states[second]) == (("approved", 1), ("approved", 1))
    deputy = Actor("deputy", desk.market.vendor, Role.VENDOR_MANAGER, org_kind="vendor")
    for person, outcome in ((first, "overturned"), (second, "upheld")):
        with desk.vendor() as session:
            decide_appeal(session, deputy, appeals[person], outcome=outcome, answer="I looked.")
    states = paid()
    assert (states[first], states[second]) == (("approved", 1), ("approved", 1)), "no entry more, and none taken back"
    with desk.market.system() as session:
        unit = session.scalars(select(Unit)).one()
        assert unit.overlap == 3 == len(states), "the place that a refusal opens is the unit's own, whoever is paid"
        found = dict(session.execute(select(DecisionReceipt.id, DecisionReceipt.state)).all())
    assert (found[receipts[first]], found[receipts[second]]) == ("overturned", "ended")
