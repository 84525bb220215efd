"""How sure labels have to be: overlap that adapts within what was agreed, and lots that a sample lets out or holds."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import system_actor
from marketplace.models import Lane, LaneProgress, Release, Review, Slot, Unit
from marketplace.operations import assurance, releases, settling
from marketplace.operations.counting import count_lane
from marketplace.queries.lots import lots_of, lots_told
from marketplace.rules.assurance import (
    Assurance,
    Look,
    Lot,
    LotState,
    Plan,
    clean_assurance,
    exact_lot,
    needed_of,
    overlap_rule,
    state_of,
    told_lot,
)
from marketplace.rules.planting import Planted
from tests.marketplace.delivered import lane_with_people
from tests.marketplace.desk import Desk, add_units, open_desk
from tests.marketplace.orders import Market
from tests.marketplace.test_reviews import decide, reviewer, settle, taken
from tests.support.house import infer_lane


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"overlap_least": 2}, {"overlap_target"}),
        ({"overlap_target": 0.9}, {"overlap_least"}),
        ({"overlap_least": 5, "overlap_target": 0.9}, {"overlap_least"}),
        ({"overlap_least": 0, "overlap_target": 1.0}, {"overlap_least", "overlap_target"}),
        ({"lot_limit": 0.0}, {"lot_limit"}),
        ({"lot_limit": 0.02, "lot_allowed": 21}, {"lot_allowed"}),
    ],
)
def test_rules_that_make_no_sense_are_refused_at_their_fields(asked: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        clean_assurance(5, Assurance(**asked))
    assert set(caught.value.fields) == fields


def test_a_unit_has_enough_answers_when_sure_or_when_there_are_as_many_as_agreed() -> None:
    rule = overlap_rule(Assurance(2, 0.95), 4)
    assert rule is not None
    asked = [
        rule.is_enough(judgments, sure) for judgments, sure in ((1, 0.99), (2, 0.94), (2, 0.95), (3, 0.5), (4, 0.5))
    ]
    assert asked == [False, False, True, False, True]
    assert overlap_rule(Assurance(), 4) is None
    assert overlap_rule(Assurance(4, 0.95), 4) is None


def test_a_sample_is_as_large_as_the_limit_asks_and_never_larger_than_its_lot() -> None:
    # 149 from an endless stream, 132 from a lot of a thousand, all but one of twenty
    assert [needed_of(units, 0.02, 0) for units in (0, 20, 1000, 10_000_000)] == [0, 19, 132, 149]


@pytest.mark.parametrize(
    ("checked", "wrong", "state"),
    [(0, 0, "waiting"), (58, 1, "waiting"), (30, 2, "rejected"), (59, 1, "accepted"), (60, 2, "rejected")],
)
def test_a_lot_is_rejected_at_once_and_accepted_after_the_whole_sample(checked: int, wrong: int, state: str) -> None:
    assert state_of(1, 59, checked, wrong) == state


PLAN = Plan("lane", "sw-KE", 0.5, 0)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RIGHT, WRONG = (Look(False, NOON + timedelta(minutes=5), is_wrong) for is_wrong in (False, True))
PLANTED, OPEN = Look(True, NOON + timedelta(minutes=5), True), Look(False, None, False)


def test_what_is_told_of_a_lot_moves_alike_by_a_planted_review_and_by_another() -> None:
    now = NOON + timedelta(minutes=20)
    waiting = told_lot(PLAN, 2, [OPEN, OPEN, Look(True, None, False)], now)
    assert told_lot(PLAN, 2, [OPEN, OPEN, PLANTED], now) == told_lot(
        PLAN, 2, [OPEN, WRONG, replace(OPEN, is_planted=True)], now
    )
    assert (waiting.asked, waiting.checked, waiting.state) == (3, 0, LotState.WAITING)
    # The verdicts of an hour are told when it is over, or once nothing waits; what decides a release knows at once.
    looks = [OPEN, WRONG, PLANTED]
    assert (told_lot(PLAN, 2, looks, now).wrong, told_lot(PLAN, 2, looks, now).state) == (0, LotState.WAITING)
    assert (exact_lot(PLAN, 2, looks).wrong, exact_lot(PLAN, 2, looks).state) == (1, LotState.REJECTED)
    later = told_lot(PLAN, 2, looks, NOON + timedelta(hours=1))
    assert (later.asked, later.checked, later.wrong, later.state) == (3, 2, 1, LotState.REJECTED)
    over = told_lot(PLAN, 2, [RIGHT, RIGHT, PLANTED], now)
    assert (over.units, over.checked, over.wrong, over.state) == (4, 3, 0, LotState.ACCEPTED)
    alone = told_lot(PLAN, 200, [WRONG], now)
    assert (alone.checked, alone.wrong) == (1, 0), "where reviews come one by one, each would tell what it was"
    assert told_lot(PLAN, None, [], now).state == LotState.WAITING, "a lot that was not counted is not accepted"
    assert told_lot(PLAN, 0, [], now).state == LotState.ACCEPTED


def test_a_unit_asks_for_more_answers_until_it_is_sure_and_never_for_more_than_agreed(market: Market) -> None:
    desk = open_desk(market, people=3, unit_count=2, overlap=3)
    with market.as_(market.pm) as session:
        assurance.set_assurance(session, market.pm, desk.lane, Assurance(1, 0.95))
    market.work()
    add_units(desk, 1, prefix="later")
    assert desk.slots() == {"free": 3}, "units begin with one place, those that were there and those that came later"
    with market.system() as session:
        said = {unit.id: number for number, unit in enumerate(desk.units())}

    def everybody(choice_of: Any) -> None:
        for person in range(3):
            while (task := desk.take(person)) is not None:
                desk.answer(person, task, choice=choice_of(person, said[task.unit_id]))

    everybody(lambda person, number: "refund")
    # One answer of somebody of whom nothing is known is sure of nothing: 3 units ask for a second, then for a third.
    assert settle(desk).asked_more == 3
    assert desk.slots() == {"answered": 3, "free": 3}
    everybody(lambda person, number: "refund" if number else "other")
    while (again := settle(desk)).asked_more:
        everybody(lambda person, number: "refund" if number else "network")
    assert again.settled + again.to_review > 0
    units = desk.units()
    assert all(unit.state in ("settled", "review") and 1 < unit.answered <= unit.overlap <= 3 for unit in units)
    assert units[0].answered == 3, "where people do not agree it goes to the most that was agreed"
    with market.as_(market.pm) as session:
        assurance.set_assurance(session, market.pm, desk.lane, Assurance())
    add_units(desk, 1, prefix="last")
    assert sorted(desk.slots().items())[-1] == ("free", 3)
    with pytest.raises(Forbidden), market.as_(market.qa) as session:
        assurance.set_assurance(session, market.qa, desk.lane, Assurance())


def test_a_rejected_lot_goes_out_only_with_the_clients_reason_in_its_report(market: Market) -> None:
    work = lane_with_people(market)
    for number in range(4):
        work.settle(f"u{number}", ["refund", "refund", "refund"], "refund")
    with market.system() as session:
        infer_lane(session, system_actor("test"), work.lane_id)
    with market.as_(market.pm) as session:
        assurance.set_assurance(session, market.pm, work.lane_id, Assurance(lot_limit=0.5))

    def lot() -> Lot:
        with market.system() as session:
            count_lane(session, market.pm, work.lane_id)
        with market.as_(market.pm) as session:
            (found,), (exact,) = lots_told(session, work.project_id), lots_of(session, work.project_id)
        assert found == exact, "where nothing was planted, and no verdict waits for its hour, people are told what is"
        return found

    assert (lot().units, lot().needed, lot().state) == (4, 2, LotState.WAITING)
    with pytest.raises(Conflict) as caught, market.as_(market.pm) as session:
        releases.cut_release(session, market.pm, work.project_id)
    assert caught.value.code == "release.sample"
    with market.as_(market.pm) as session:
        assurance.draw_sample(session, market.pm, work.project_id)
    market.work()
    assert (lot().units, lot().asked, lot().checked) == (4, 2, 0), "what is reviewed stays in its lot"
    desk = Desk(market, work.lane_id)
    verdicts: list[dict[str, Any]] = [
        {"verdict": "accept"}, {"verdict": "fix", "reason": "wrong_class", "label": {"choice": "other"}}
    ]  # fmt: skip
    for verdict in verdicts:
        who = reviewer(desk)
        decide(desk, who, taken(desk, who), **verdict)
    assert (lot().checked, lot().wrong, lot().state) == (2, 1, LotState.REJECTED)
    with pytest.raises(Forbidden), market.as_(market.manager) as session:
        releases.cut_release(session, market.manager, work.project_id, in_spite="we are late")
    for looser in (Assurance(), Assurance(lot_limit=0.5, lot_allowed=1)):  # a vendor does not loosen it
        with pytest.raises(Forbidden), market.as_(market.manager) as session:
            assurance.set_assurance(session, market.manager, work.lane_id, looser)
    with market.as_(market.manager) as session:
        assurance.set_assurance(session, market.manager, work.lane_id, Assurance(lot_limit=0.5))
    with market.as_(market.pm) as session:
        ordered = releases.cut_release(session, market.pm, work.project_id, in_spite=" it is for a trial ")
    market.work()
    with market.system() as session:
        row = session.get_one(Release, ordered.id)
        assert (row.state, row.units, row.in_spite) == ("delivered", 4, "it is for a trial")
        assert row.report["in_spite"] == "it is for a trial"
        assert [(each["state"], each["wrong"]) for each in row.report["lots"]] == [("rejected", 1)]
        assert row.report["known_issues"][0]["code"] == "lot_rejected"
        assert session.get_one(LaneProgress, work.lane_id).settled == 4
    with market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, ordered.id, accept=True)
    assert (lot().units, lot().asked) == (0, 0), "the next lot begins with nothing"


def told(market: Market, lane_id: str) -> Counter[tuple[str, int, int]]:
    """The units of a lane by state, places agreed and places there are."""
    with market.system() as session:
        places = select(func.count()).where(Slot.unit_id == Unit.id).scalar_subquery()
        return Counter(
            (row[0], row[1], row[2])
            for row in session.execute(select(Unit.state, Unit.overlap, places).where(Unit.lane_id == lane_id))
        )


def test_whoever_comes_late_with_an_old_list_asks_for_nothing_more(market: Market) -> None:
    desk = open_desk(market, people=3, unit_count=4, overlap=3)

    def answer(person: int) -> None:
        while (task := desk.take(person)) is not None:
            desk.answer(person, task)

    def rules(asked: Assurance) -> None:
        with market.as_(market.pm) as session:
            assurance.set_assurance(session, market.pm, desk.lane, asked)
        market.work()

    # Lowering takes no place that somebody holds or has held since the units were chosen.
    held, skipped = desk.take(0), desk.take(1)
    assert held is not None and skipped is not None
    desk.skip(1, skipped)
    chosen = [unit.id for unit in desk.units()]
    with market.system() as session:
        given_back = assurance.take_back(session, chosen, 1)
    assert {held.unit_id, skipped.unit_id}.isdisjoint(given_back) and len(given_back) in (2, 3)
    desk.answer(0, held)
    rules(Assurance(1, 0.95))
    untouched = len(given_back)
    assert told(market, desk.lane) == {("open", 1, 1): untouched, ("open", 3, 3): 4 - untouched}
    answer(0)
    full = [unit.id for unit in desk.units() if unit.state == "full"]
    assert len(full) == untouched
    with market.system() as session:
        lane = session.get_one(Lane, desk.lane)
        infer_lane(session, system_actor("test"), desk.lane)
        late = list(full)
        assert settling._settle_chunk(session, lane, full) == (0, 0, untouched)
        assert settling._settle_chunk(session, lane, late) == (0, 0, 0)
        assert settling.ask_more(session, desk.lane, late, of=("full",), most=3) == []
        assert settling.ask_more(session, desk.lane, late, of=("open", "full"), most=2) == []
    assert told(market, desk.lane) == {("open", 2, 2): untouched, ("open", 3, 3): 4 - untouched}
    # A unit that was settled or went to review meanwhile stays there when the number rises, and has one review.
    with market.system() as session:
        session.get_one(Unit, late[0]).state = "settled"
        session.get_one(Unit, late[1]).state = "review"
    with market.as_(market.pm) as session:
        assurance.set_assurance(session, market.pm, desk.lane, Assurance())
    assert ("settled", 2, 2) in told(market, desk.lane)
    market.work()
    states = told(market, desk.lane)
    assert states[("settled", 2, 2)] == states[("review", 2, 2)] == 1
    assert states[("open", 3, 3)] == 2, "what waits for answers gets all that were agreed, in a job"


def test_a_small_lot_with_planted_reviews_can_be_looked_at_wholly_and_none_passes_uncounted(market: Market) -> None:
    work = lane_with_people(market)
    made = [work.settle(f"u{number}", ["refund", "refund", "refund"], "refund") for number in range(6)]
    with market.system() as session:
        infer_lane(session, system_actor("test"), work.lane_id)
        lane = session.get_one(Lane, work.lane_id)
        lane.lot_limit = 0.02
        for unit_id in made[:2]:
            planted = Planted({"choice": "refund"}, {}, {"choice": "refund"}).to_json()
            session.add(
                Review(
                    org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id, lane_id=lane.id,
                    unit_id=unit_id, why="sample", state="done", verdict="accept", judgment_ids=[], planted=planted,
                    asked_at=market.now, done_at=market.now,
                )
            )  # fmt: skip
    with pytest.raises(Conflict, match="sample of this lot"), market.as_(market.pm) as session:
        releases.cut_release(session, market.pm, work.project_id)
    with market.as_(market.pm) as session:
        (lot,) = assurance.draw_sample(session, market.pm, work.project_id)
        assert lot.state == LotState.WAITING, "nobody has counted it"
        (exact,) = lots_of(session, work.project_id)
        assert (exact.units, exact.needed) == (4, 4)
    market.work()
    desk = Desk(market, work.lane_id)
    for _each in range(4):
        who = reviewer(desk)
        decide(desk, who, taken(desk, who), "accept")
    with market.as_(market.pm) as session:
        assert releases.cut_release(session, market.pm, work.project_id).version == 1
    with market.system() as session:
        count_lane(session, market.pm, work.lane_id)
    with market.as_(market.pm) as session:
        (lot,) = lots_told(session, work.project_id)
        assert (lot.units, lot.asked, lot.checked, lot.wrong, lot.state) == (4, 6, 6, 0, LotState.ACCEPTED)
