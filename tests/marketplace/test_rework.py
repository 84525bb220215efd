"""A rejected lot that is done again: who decides it, what it costs, what is paid, and what its next sample is of."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import Actor, system_actor
from marketplace.models import Lane, LotRework, Unit
from marketplace.operations import assurance, releases, rework
from marketplace.operations.counting import count_lane
from marketplace.queries.lots import offers_in
from marketplace.rules.assurance import (
    MOST_REWORKS,
    Lot,
    LotState,
    Rework,
    ReworkKind,
    ReworkOffer,
    exact_lot,
    kinds_of_rework,
    told_lot,
)
from payouts.models import Earning
from tests.marketplace.desk import RATE, Desk, open_desk
from tests.marketplace.orders import Market
from tests.marketplace.test_assurance import NOON, OPEN, PLAN, RIGHT, WRONG
from tests.marketplace.test_reviews import decide, reviewer, reviews, settle, take, taken

UNITS = 14
AGAIN = Rework("again", 1, ReworkKind.ANSWERS, False, 9, 4, NOON, "too many wrong", False)


def test_a_lot_that_is_done_again_waits_and_is_offered_no_vote_on_what_reviewers_decided() -> None:
    lot = exact_lot(PLAN, 3, [OPEN, WRONG], AGAIN)
    assert (lot.state, lot.units, lot.checked, lot.wrong, lot.rework_left) == (LotState.REWORK, 9, 0, 0, 4)
    assert told_lot(PLAN, 3, [OPEN, WRONG], NOON, AGAIN) == lot
    over = replace(AGAIN, is_over=True, left=0)
    assert exact_lot(PLAN, 1, [RIGHT, RIGHT], over).state is LotState.ACCEPTED
    rejected = exact_lot(PLAN, 3, [WRONG], over)
    assert (rejected.state, rejected.reworks) == (LotState.REJECTED, 1)
    assert kinds_of_rework(rejected, over) == [ReworkKind.ANSWERS, ReworkKind.REVIEW]
    assert kinds_of_rework(rejected, replace(over, is_reviewed=True)) == [ReworkKind.REVIEW]
    assert kinds_of_rework(replace(rejected, reworks=MOST_REWORKS), over) == []
    assert kinds_of_rework(exact_lot(PLAN, 3, [OPEN]), None) == [], "nothing was rejected"


def test_a_rejected_lot_goes_back_to_people_then_to_reviewers_and_out_by_its_last_sample(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(market, people=2, unit_count=UNITS, overlap=1)
    desk.change_lane(review_share=0.0, weak_below=0.0)
    with market.system() as session:
        session.get_one(Lane, desk.lane).lot_limit = 0.5
        project = session.get_one(Lane, desk.lane).project_id
    answer(desk, 0)
    assert settle(desk).settled == UNITS

    assert lot_of(desk, project).state is LotState.WAITING
    assert rejected(desk, project) == (UNITS, 0)
    # The vendor is told what more answers cost it at most; the client may only ask for reviews.
    with market.as_(market.manager) as session:
        ((_lot, offers),) = offers_in(session, project)
    assert offers == [
        ReworkOffer(ReworkKind.ANSWERS, UNITS, UNITS * RATE, "EUR"),
        ReworkOffer(ReworkKind.REVIEW, UNITS),
    ]
    with market.as_(market.qa) as session:
        ((_lot, offers),) = offers_in(session, project)
    assert offers == [ReworkOffer(ReworkKind.REVIEW, UNITS)]
    for actor, kind, reason, fault in (
        (market.qa, "answers", "too many wrong", Forbidden),
        (reviewer(desk), "review", "too many wrong", Forbidden),
        (market.stranger, "review", "too many wrong", NotFound),
        (market.manager, "nothing", " ", Invalid),
    ):
        with pytest.raises(fault):
            order(desk, actor, kind, reason)

    # One more answer to each unit that nobody has looked at, paid like any other; nobody meets a unit twice.
    assert order(desk, market.manager, "answers", " too many wrong ").state is LotState.REWORK
    with pytest.raises(Conflict, match="rejected"):
        order(desk, market.manager, "answers", "again")
    market.work()
    looked_at = len(reviews(desk))
    again = UNITS - looked_at
    assert desk.slots() == {"answered": UNITS, "free": again} and desk.take(0) is None
    assert (lot_of(desk, project).rework_left, lot_of(desk, project).units) == (again, again)
    for act in (assurance.draw_sample, releases.cut_release):
        with pytest.raises(Conflict, match="being done again"), market.as_(market.pm) as session:
            act(session, market.pm, project)
    market.later(minutes=5)
    answer(desk, 1)
    with market.system() as session:
        assert session.scalar(select(func.count()).select_from(Earning)) == UNITS + again
    settle(desk)
    lot = lot_of(desk, project)
    assert (lot.state, lot.units, lot.reworks, lot.rework_reason) == (LotState.WAITING, again, 1, "too many wrong")

    # Rejected once more: each unit goes to a reviewer, and the sample afterwards is looked at by somebody else.
    assert rejected(desk, project) == (again, 1)
    order(desk, market.qa, "review", "look at all of it")
    first = reviewer(desk)
    begin(desk, monkeypatch)
    market.later(minutes=5)
    while (task := take(desk, first)) is not None:
        decide(desk, first, task, "accept")
    assert lot_of(desk, project).state is LotState.REWORK, "most of it was not even given back"
    market.work()
    waiting = [each for each in reviews(desk) if each.why == "rework"]
    assert 0 < len(waiting) < again
    market.later(minutes=5)
    while (task := take(desk, first)) is not None:
        decide(desk, first, task, "accept")
    lot = lot_of(desk, project)
    assert (lot.state, lot.units, lot.reworks) == (LotState.WAITING, len(waiting), 2)
    draw(desk, project)
    assert {each.why for each in reviews(desk) if each.state == "open"} == {"second"}
    assert take(desk, first) is None, "nobody says whether their own verdict was right"
    while (task := take(desk, reviewer(desk, "another"))) is not None:
        decide(desk, reviewer(desk, "another"), task, "accept")
    assert lot_of(desk, project).state is LotState.ACCEPTED
    with market.as_(market.pm) as session:
        ordered = releases.cut_release(session, market.pm, project)
    market.work()
    with market.as_(market.pm) as session:
        report = releases.decide_release(session, market.pm, ordered.id, accept=True).report
    assert [(each["state"], each["reworks"]) for each in report["lots"]] == [("accepted", 2)]
    assert report["known_issues"][0] == {"code": "lot_reworked", "locale": "sw-KE", "count": 2}
    assert report["sample"]["wrong"] == 0, "what was said before is no figure of what goes out"
    assert lot_of(desk, project) == replace(lot_of(desk, project), units=0, reworks=0, state=LotState.ACCEPTED)


def order(desk: Desk, actor: Actor, kind: str, reason: str) -> Lot:
    with desk.market.as_(actor) as session:
        return rework.order_rework(session, actor, desk.lane, kind, reason)


def begin(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give back what a job would that is interrupted behind its first portion, of two units."""
    with desk.market.gold() as session, monkeypatch.context() as small:
        row = session.scalars(select(LotRework).where(LotRework.state == "ordered")).one()
        small.setattr(rework, "CHUNK", 2)
        assert rework.rework_chunk(session, system_actor("marketplace.rework_lot", row.org_id), row.id) == 2


def answer(desk: Desk, person: int) -> None:
    while (task := desk.take(person)) is not None:
        desk.answer(person, task)


def lot_of(desk: Desk, project: str) -> Lot:
    """The lot as both sides are told of it, counted this minute."""
    with desk.market.system() as session:
        count_lane(session, desk.market.pm, desk.lane)
    told = []
    for actor in (desk.market.pm, desk.market.manager):
        with desk.market.as_(actor) as session:
            told.append(offers_in(session, project)[0][0])
    assert told[0] == told[1]
    return told[0]


def draw(desk: Desk, project: str) -> None:
    desk.market.later(minutes=5)
    with desk.market.as_(desk.market.pm) as session:
        assurance.draw_sample(session, desk.market.pm, project)
    desk.market.work()
    desk.market.later(minutes=5)


def rejected(desk: Desk, project: str) -> tuple[int, int]:
    """Draw the sample and find each of its labels wrong; how large the lot is, and how often it was done again."""
    draw(desk, project)
    fix: dict[str, Any] = {"verdict": "fix", "reason": "wrong_class", "label": {"choice": "other"}}
    for _each in range(lot_of(desk, project).needed):
        decide(desk, reviewer(desk), taken(desk, reviewer(desk)), **fix)
    lot = lot_of(desk, project)
    assert lot.state is LotState.REJECTED
    with desk.market.system() as session:
        settled = select(func.count()).select_from(Unit).where(Unit.state == "settled")
        assert session.scalar(settled) == UNITS
    return lot.units, lot.reworks
