"""How sure labels have to be: overlap that adapts within what was agreed, and lots that a sample lets out or holds."""

from typing import Any

import pytest

from calibration.operations.inference import infer_lane
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import system_actor
from marketplace.models import LaneProgress, Release
from marketplace.operations import assurance, releases
from marketplace.operations.counting import count_lane
from marketplace.queries.lots import lots_of
from marketplace.rules.assurance import Assurance, Lot, LotState, clean_assurance, needed_of, overlap_rule
from tests.marketplace.delivered import lane_with_people
from tests.marketplace.desk import Desk, add_units, open_desk
from tests.marketplace.orders import Market
from tests.marketplace.test_reviews import decide, reviewer, settle, taken


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
    assert Lot("lane", "sw-KE", 0.05, 1, 900, 59, 60, checked, wrong).state == state


def test_a_unit_asks_for_more_answers_until_it_is_sure_and_never_for_more_than_agreed(market: Market) -> None:
    desk = open_desk(market, people=3, unit_count=2, overlap=3)
    with market.as_(market.pm) as session:
        assurance.set_assurance(session, market.pm, desk.lane, Assurance(1, 0.95))
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
            (found,) = lots_of(session, work.project_id)
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
