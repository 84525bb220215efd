"""Units that the client takes out of the work: nobody meets them any more, what was answered is paid, books agree."""

import threading
from time import sleep

import pytest
from sqlalchemy import delete, func, select, update

from admin.invariants.work import answered_over_overlap, held_twice, leased_to_nobody, miscounted_units, stray_judgments
from calibration.models import GoldKey, GoldSet, Judgment
from kernel.audit_words import words_of
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.models import AuditEvent
from kernel.policy import Actor, system_actor
from kernel.registry import load_jobs
from marketplace.models import Assignment, Lane, ProblemReport, Review, Slot, Unit
from marketplace.operations.cancelling import cancel_unit
from marketplace.operations.counting import count_lane
from marketplace.operations.planning import plan_people
from marketplace.operations.settling import ask_more, ask_reviews, hold_units
from marketplace.queries.releases import BuildLane, figures_of
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market


@pytest.fixture
def desk(market: Market) -> Desk:
    load_jobs()
    return open_desk(market, people=3, unit_count=3, overlap=3)


def cancel(desk: Desk, unit_id: str, reason: str = "It names a person.", actor: Actor | None = None) -> None:
    with desk.market.gold() as session:
        cancel_unit(session, actor or desk.market.pm, unit_id, reason=reason)


def test_a_unit_leaves_the_work_for_good_and_what_was_typed_is_paid(desk: Desk) -> None:
    market = desk.market
    first = desk.take(0)
    assert first is not None
    unit_id, paid = first.unit_id, desk.answer(0, first)
    assert desk.assign(1, [unit_id]) == desk.assign(2, [unit_id]) == 1
    held = desk.take(1)
    assert held is not None and held.unit_id == unit_id
    others = {unit.id for unit in desk.units()} - {unit_id}
    with market.system() as session:
        lane = session.get_one(Lane, desk.lane)
        ask_reviews(session, lane, [(unit_id, "reported")], of="open")
        unit = session.get_one(Unit, unit_id)
        session.add(
            ProblemReport(
                org_id=unit.org_id, vendor_org_id=unit.vendor_org_id, project_id=unit.project_id, unit_id=unit_id,
                annotator_id=desk.annotators[1], account_id=desk.people[1].account_id or "", reason="private",
                note="", at=market.now,
            )
        )  # fmt: skip
        known = GoldSet(org_id=market.client, project_id=unit.project_id, name="g", created_at=market.now)
        session.add(known)
        session.flush()
        session.add(
            GoldKey(
                org_id=market.client, gold_set_id=known.id, item_id=unit.item_id, lane_id=lane.id, pool="live",
                truth={"choice": "refund"}, category="refund", source="settled",
            )
        )  # fmt: skip
    for wrong, told in ((Invalid, ""), (Invalid, "x" * 2_001)):
        with pytest.raises(wrong):
            cancel(desk, unit_id, told)
    for actor, fault in ((market.qa, Forbidden), (market.manager, NotFound)):
        with pytest.raises((fault, Forbidden)), market.as_(actor) as session:
            cancel_unit(session, actor, unit_id, reason="no")
    cancel(desk, unit_id)
    with market.system() as session:
        assert session.get_one(Unit, unit_id).state == "cancelled"
        states = session.execute(select(Slot.state).where(Slot.unit_id == unit_id)).scalars().all()
        assert set(states) == {"answered", "closed"}
        assert session.scalars(select(Review.id).where(Review.unit_id == unit_id)).all() == []
        assert session.scalars(select(ProblemReport.answer)).all() == ["cancelled"]
        assert session.scalars(select(GoldKey.status)).all() == ["suspended"]
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "unit.cancelled")).one()
        assert (event.details["returned"], words_of(session, [event.id])) == (1, {event.id: "It names a person."})
        assert session.get_one(Assignment, held.assignment_id).state == "returned"
    late = desk.answer(1, held)
    assert late.is_late and late.rate_micros == paid.rate_micros
    met = set()
    for person in range(3):
        while (task := desk.take(person)) is not None:
            met.add(task.unit_id)
            desk.answer(person, task)
    assert met <= others
    with pytest.raises(Conflict) as caught:
        cancel(desk, unit_id)
    assert caught.value.code == "unit.cancelled"
    (settled, *_rest) = sorted(others)
    with market.system() as session:
        session.get_one(Unit, settled).state = "settled"
    with pytest.raises(Conflict) as caught:
        cancel(desk, settled)
    assert caught.value.code == "unit.settled"
    with market.system() as session:
        session.get_one(Unit, settled).state = "full"
    with market.system() as session:
        for rule in (answered_over_overlap, held_twice, leased_to_nobody, miscounted_units, stray_judgments):
            assert rule(session) == 0, rule.__name__
        row = count_lane(session, system_actor("test"), desk.lane)
        assert (row.units, row.cancelled) == (2, 1)
        figures = figures_of(session, BuildLane(desk.lane, "sw-KE", 0.9), {})
        assert (figures.unresolved, figures.cancelled) == (2, 1)
        answers = session.scalar(select(func.count()).select_from(Judgment).where(Judgment.unit_id == unit_id))
        assert answers == 2


def test_a_known_answer_that_comes_back_puts_no_unit_back_that_was_taken_out(desk: Desk) -> None:
    market = desk.market
    held = desk.take(0)  # whoever works has work planned ahead
    assert held is not None
    units = [unit for unit in desk.units() if unit.id != held.unit_id]
    out, stays = (unit.id for unit in units)
    with market.system() as session:
        known = GoldSet(org_id=market.client, project_id=units[0].project_id, name="g", created_at=market.now)
        session.add(known)
        session.flush()
        for unit in session.scalars(select(Unit).where(Unit.id.in_((out, stays)))):
            session.add(
                GoldKey(
                    org_id=market.client, gold_set_id=known.id, item_id=unit.item_id, lane_id=desk.lane, pool="live",
                    truth={"choice": "refund"}, category="refund", source="made",
                )
            )  # fmt: skip
        session.execute(delete(Slot).where(Slot.unit_id.in_((out, stays))))  # known units get theirs for each person
    cancel(desk, out)
    with market.system() as session:
        session.execute(update(GoldKey).values(status="active"))
    with market.system() as session:
        plan_people(session, system_actor("test"), rate_of=lambda *_who: 1.0)
        planned = dict(session.execute(select(Slot.unit_id, Slot.state).where(Slot.unit_id.in_((out, stays)))).all())
    assert planned == {stays: "kept"}


def test_what_settling_asks_for_meanwhile_is_taken_out_as_well(market: Market) -> None:
    load_jobs()
    desk, faults = open_desk(market, people=1, unit_count=2, overlap=1), list[BaseException]()
    given_more, reviewed = (task.unit_id for _number in range(2) if (task := desk.take(0)) and desk.answer(0, task))

    def cancel_both() -> None:
        try:
            for unit_id in (given_more, reviewed):
                cancel(desk, unit_id)
        except BaseException as fault:
            faults.append(fault)

    cancelling = threading.Thread(target=cancel_both)
    with market.system() as session:
        hold_units(session, [given_more, reviewed])
        ask_more(session, desk.lane, [given_more], of=("full",))
        ask_reviews(session, session.get_one(Lane, desk.lane), [(reviewed, "sample")])
        cancelling.start()
        sleep(0.4)  # it waits by now, wherever it looks at what was held here
    cancelling.join()
    assert faults == []
    with market.system() as session:
        assert session.scalars(select(Unit.state)).all() == ["cancelled"] * 2
        assert set(session.scalars(select(Slot.state))) == {"answered", "closed"}
        assert session.scalars(select(Review.id)).all() == []
