"""Reviews: which units are asked for, who may take one, what each verdict does, and what comes after it."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from calibration.models import Consensus
from kernel import clock, ids
from kernel.errors import Conflict, Forbidden, Invalid, NeedsWriting, NotFound
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from labeling.values import InvalidAnswer
from marketplace.models import ProblemReport, Review, Unit
from marketplace.operations import requests, returning, reviewing, settling
from marketplace.operations.reviewing import Decided, ReviewTask
from marketplace.queries.reviews import review_counts
from payouts.models import Earning
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.support.house import settle_lane
from workforce.models import DecisionReceipt
from workforce.operations.accounts import add_membership, create_account, end_membership


@pytest.fixture
def desk(market: Market) -> Desk:
    """Three people on a lane whose every consensus counts as weak."""
    desk = open_desk(market, people=3, unit_count=2, overlap=2)
    desk.change_lane(weak_below=1.1)
    return desk


def reviewer(desk: Desk, name: str = "reviewer") -> Actor:
    return Actor(name, desk.market.vendor, Role.REVIEWER, org_kind="vendor")


def work(desk: Desk, choices: tuple[str, ...] = ("refund", "other")) -> None:
    """The first people answer whatever there is for them, each in their own way; then the lane is settled."""
    for person, choice in enumerate(choices):
        while (task := desk.take(person)) is not None:
            desk.answer(person, task, choice=choice)
    settle(desk)


def settle(desk: Desk) -> settling.SettleSummary:
    with desk.market.system() as session:
        return settle_lane(session, system_actor("test"), desk.lane)


def take(desk: Desk, actor: Actor) -> ReviewTask | None:
    with desk.market.as_(actor) as session:
        return reviewing.take_review(session, actor)


def taken(desk: Desk, actor: Actor) -> ReviewTask:
    task = take(desk, actor)
    assert task is not None
    return task


def decide(desk: Desk, actor: Actor, task: ReviewTask, verdict: str, **more: Any) -> Decided:
    with desk.market.as_(actor) as session:
        return reviewing.decide_review(session, actor, task.id, verdict=verdict, **more)


def reviews(desk: Desk) -> list[Review]:
    with desk.market.system() as session:
        return list(session.scalars(select(Review).order_by(Review.unit_id, Review.round)))


def unit_of(desk: Desk, task: ReviewTask) -> Unit:
    with desk.market.system() as session:
        return session.get_one(Unit, task.unit_id)


def pay_of(desk: Desk) -> dict[str, str]:
    """What became of the pay, by judgment."""
    with desk.market.system() as session:
        return {earning.cause_id: earning.state for earning in session.scalars(select(Earning))}


def test_the_draw_alone_says_which_confident_units_are_in_the_sample(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=40, overlap=1)
    desk.change_lane(weak_below=0, review_share=0.3)
    work(desk, ("refund",))
    drawn = {unit.id for unit in desk.units() if ids.repeatable(f"review:{unit.id}").random() < 0.3}
    assert 0 < len(drawn) < 40
    assert {(review.unit_id, review.why, review.state) for review in reviews(desk)} == {
        (unit_id, "sample", "open") for unit_id in drawn
    }
    assert {unit.id: unit.state for unit in desk.units()} == {
        unit.id: "review" if unit.id in drawn else "settled" for unit in desk.units()
    }
    assert settle(desk) == settling.SettleSummary(0, 0), "once more changes nothing"
    assert len(reviews(desk)) == len(drawn)


def test_a_weak_and_a_reported_unit_are_reviewed_whatever_the_draw_says(market: Market) -> None:
    desk = open_desk(market, people=2, unit_count=3, overlap=1)
    desk.change_lane(weak_below=0, review_share=0)
    reported = desk.take(0)
    assert reported is not None
    with desk.vendor() as session:
        returning.report_problem(session, desk.people[0], reported.assignment_id, reason="broken")
    work(desk, ("refund", "refund"))
    (review,) = reviews(desk)
    assert review.why == "reported"
    states = Counter(unit.state for unit in desk.units())
    assert states == {"settled": 2, "review": 1}
    for lane in ("", "no such lane"):
        with desk.market.as_(reviewer(desk)) as session:
            assert reviewing.take_review(session, reviewer(desk), lane) is None
    task = taken(desk, reviewer(desk))
    assert task.content == reported.content
    decide(desk, reviewer(desk), task, "accept")
    with desk.market.system() as session:
        told = session.scalars(select(ProblemReport)).one()
    assert (told.answer, told.closed_by, told.closed_at) == ("accept", "reviewer", desk.market.now)


def test_what_waits_is_counted_by_lane_and_cause(desk: Desk) -> None:
    work(desk)
    for actor in (reviewer(desk), desk.market.qa):
        with desk.market.as_(actor) as session:
            ((row,), _after) = review_counts(session)
        assert (row.lane_id, row.locale, row.weak, row.sample, row.reported, row.total) == (
            desk.lane, "sw-KE", 2, 0, 0, 2
        )  # fmt: skip
    taken(desk, reviewer(desk))
    with desk.market.as_(desk.market.qa) as session:
        assert review_counts(session)[0][0].total == 1, "what is in somebody's hands does not wait"
    for actor in (desk.market.rival, desk.market.stranger):
        with desk.market.as_(actor) as session:
            assert review_counts(session) == ([], None)


def test_a_reviewer_sees_the_answers_without_names_and_accepts_the_consensus(desk: Desk) -> None:
    work(desk, ("refund", "refund"))
    task = taken(desk, reviewer(desk))
    assert taken(desk, reviewer(desk)) == task, "the one in hand"
    assert [answer.answer for answer in task.answers] == [{"choice": "refund"}] * 2
    assert (task.why, task.consensus) == ("weak", {"choice": "refund"})
    assert not any(person.account_id in repr(task) for person in desk.people if person.account_id)
    assert not any(annotator in repr(task) for annotator in desk.annotators)
    assert decide(desk, reviewer(desk), task, "accept") == Decided(task.id, "accept", 0)
    unit = unit_of(desk, task)
    assert (unit.state, unit.label, unit.label_source) == ("settled", {"choice": "refund"}, "review")
    assert set(pay_of(desk).values()) == {"pending"}
    assert decide(desk, reviewer(desk), task, "accept") == Decided(task.id, "accept", 0), "a page that is sent twice"
    with pytest.raises(Conflict):
        decide(desk, reviewer(desk), task, "return", reason="unclear_unit")
    assert len(desk.market.audited("review.decided")) == 1


def test_a_consensus_that_moved_since_it_was_shown_is_not_accepted_unseen(desk: Desk) -> None:
    work(desk)
    who = reviewer(desk)
    task = taken(desk, who)

    def move(label: str) -> None:
        with desk.market.system() as session:
            row = session.scalars(select(Consensus).where(Consensus.unit_id == task.unit_id)).one()
            row.label = {"choice": label}

    move("network")
    with pytest.raises(Conflict, match="changed since you were shown it") as caught:
        decide(desk, who, task, "accept")
    assert (caught.value.code, caught.value.params["consensus"]) == ("review.moved", {"choice": "network"})
    assert unit_of(desk, task).state == "review", "nothing was settled"
    scope = Scope.tenant(desk.market.vendor)
    with clock.use_clock(lambda: desk.market.now), desk.db.reading(scope) as session, pytest.raises(NeedsWriting):
        reviewing.see_review(session, who, task.id)
    with desk.market.as_(who) as session:
        newer = reviewing.see_review(session, who, task.id)
    assert newer.consensus == {"choice": "network"}
    for mark in (task.mark, "x"):  # that was in another tab: the older one is before them still
        with pytest.raises(Conflict, match="changed since you were shown it"):
            decide(desk, who, task, "accept", mark=mark)
    move("other")
    taken(desk, who)  # whoever asks for the next gets the one in hand, as it is now
    with pytest.raises(Conflict, match="changed since you were shown it"):
        decide(desk, who, task, "accept", mark=newer.mark)
    decide(desk, who, task, "accept")
    assert unit_of(desk, task).label == {"choice": "other"}
    # A verdict that does not rest on the consensus does not ask for it.
    second = taken(desk, who)
    with desk.market.system() as session:
        session.execute(update(Consensus).values(label={"choice": "refund"}))
    decide(desk, who, second, "fix", reason="wrong_class", label={"choice": "other"})


def test_a_fix_needs_a_reason_and_a_label_of_the_schema(desk: Desk) -> None:
    work(desk)
    task = taken(desk, reviewer(desk))
    for wrong in ({}, {"reason": "because"}, {"reason": "wrong_class"}):
        with pytest.raises(Invalid):
            decide(desk, reviewer(desk), task, "fix", **wrong)
    with pytest.raises(InvalidAnswer):
        decide(desk, reviewer(desk), task, "fix", reason="wrong_class", label={"choice": "nonsense"})
    assert unit_of(desk, task).state == "review"
    decide(desk, reviewer(desk), task, "fix", reason="wrong_class", label={"choice": "network"}, note="Read on.")
    unit, review = unit_of(desk, task), next(each for each in reviews(desk) if each.id == task.id)
    assert (unit.state, unit.label, unit.label_source) == ("settled", {"choice": "network"}, "review")
    assert (review.verdict, review.reason, review.label, review.note) == (
        "fix", "wrong_class", {"choice": "network"}, "Read on.",
    )  # fmt: skip
    assert set(pay_of(desk).values()) == {"pending"}


def test_an_unknown_verdict_is_none(desk: Desk) -> None:
    work(desk)
    with pytest.raises(Invalid):
        decide(desk, reviewer(desk), taken(desk, reviewer(desk)), "applaud")


def test_a_return_opens_the_unit_for_one_more_answer_and_its_second_round_is_reviewed(desk: Desk) -> None:
    work(desk)
    first = taken(desk, reviewer(desk))
    decide(desk, reviewer(desk), first, "return", reason="unclear_unit")
    unit = unit_of(desk, first)
    assert (unit.state, unit.overlap, unit.answered, unit.label) == ("open", 3, 2, None)
    for person in (0, 1):
        assert desk.take(person) is None, "nobody meets a unit twice"
    again = desk.take(2)
    assert again is not None and again.content == first.content
    desk.answer(2, again, choice="refund")
    assert settle(desk).to_review == 1
    rounds = [(each.round, each.state, each.verdict) for each in reviews(desk) if each.unit_id == first.unit_id]
    assert rounds == [(1, "done", "return"), (2, "open", None)]
    decide(desk, reviewer(desk), taken(desk, reviewer(desk)), "accept")
    second = taken(desk, reviewer(desk))
    assert (second.unit_id, len(second.answers)) == (first.unit_id, 3)
    decide(desk, reviewer(desk), second, "accept")
    assert unit_of(desk, first).label == {"choice": "refund"}
    assert set(pay_of(desk).values()) == {"pending"}


def test_a_rejection_names_its_answers_takes_their_pay_and_gives_a_receipt(desk: Desk) -> None:
    work(desk)
    task = taken(desk, reviewer(desk))
    for wrong in ((), ("unknown",), (task.answers[0].judgment_id, "unknown")):
        with pytest.raises(Invalid):
            decide(desk, reviewer(desk), task, "reject", reason="random", judgment_ids=wrong)
    refused = next(answer for answer in task.answers if answer.answer == {"choice": "other"})
    with pytest.raises(Invalid):
        decide(desk, reviewer(desk), task, "reject", judgment_ids=(refused.judgment_id,))
    done = decide(
        desk, reviewer(desk), task, "reject", reason="wrong_class", judgment_ids=(refused.judgment_id,),
        label={"choice": "refund"},
    )  # fmt: skip
    assert done.rejected == 1
    unit, pay = unit_of(desk, task), pay_of(desk)
    assert (unit.state, unit.label, unit.label_source) == ("settled", {"choice": "refund"}, "review")
    assert pay.pop(refused.judgment_id) == "rejected"
    assert set(pay.values()) == {"pending"}
    with desk.market.system() as session:
        (receipt,) = session.scalars(select(DecisionReceipt).where(DecisionReceipt.kind == "work_rejected")).all()
    assert (receipt.annotator_id, receipt.cause_id) == (desk.annotators[1], refused.judgment_id)


def test_a_rejection_without_a_label_asks_somebody_else(desk: Desk) -> None:
    work(desk)
    task = taken(desk, reviewer(desk))
    every = tuple(answer.judgment_id for answer in task.answers)
    assert decide(desk, reviewer(desk), task, "reject", reason="random", judgment_ids=every).rejected == 2
    assert (unit_of(desk, task).state, unit_of(desk, task).overlap) == ("open", 3)
    assert Counter(pay_of(desk).values()) == {"rejected": 2, "pending": 2}


def test_only_the_vendor_rejects_and_the_client_fixes_or_returns(desk: Desk) -> None:
    work(desk)
    qa = desk.market.qa
    task = taken(desk, qa)
    with pytest.raises(Forbidden) as problem:
        decide(desk, qa, task, "reject", reason="random", judgment_ids=(task.answers[0].judgment_id,))
    assert problem.value.code == "review.reject"
    assert set(pay_of(desk).values()) == {"pending"}
    decide(desk, qa, task, "fix", reason="wrong_class", label={"choice": "other"})
    assert unit_of(desk, task).label == {"choice": "other"}
    other = taken(desk, qa)
    decide(desk, qa, other, "return", reason="unclear_unit")
    assert unit_of(desk, other).state == "open"


def test_nobody_reviews_what_they_answered_in_whatever_role_or_organization_they_come(desk: Desk) -> None:
    work(desk)
    author = desk.people[0].account_id or ""
    assert take(desk, reviewer(desk, author)) is None
    assert take(desk, Actor(author, desk.market.client, Role.CLIENT_QA, org_kind="client")) is None
    third = desk.people[2].account_id or ""
    assert take(desk, reviewer(desk, third)) is not None, "another annotator may, with a reviewer's role"


def test_nobody_without_the_right_takes_or_decides(desk: Desk) -> None:
    work(desk)
    task = taken(desk, reviewer(desk))
    with pytest.raises(Forbidden):
        take(desk, desk.people[2])
    with pytest.raises(Conflict):
        decide(desk, reviewer(desk, "colleague"), task, "accept")
    for actor in (
        Actor("rival", desk.market.other_vendor, Role.REVIEWER, org_kind="vendor"),
        Actor("stranger", desk.market.other_client, Role.CLIENT_QA, org_kind="client"),
    ):
        assert take(desk, actor) is None
        with pytest.raises(NotFound):
            decide(desk, actor, task, "accept")


def test_a_review_whose_lease_ran_out_goes_to_another_and_is_decided_once(desk: Desk) -> None:
    work(desk)
    first = taken(desk, reviewer(desk))
    decide(desk, reviewer(desk, "colleague"), taken(desk, reviewer(desk, "colleague")), "accept")
    assert take(desk, reviewer(desk, "third")) is None, "both are in hands or done"
    desk.market.later(minutes=31)
    again = taken(desk, reviewer(desk, "third"))
    assert (again.id, again.unit_id) == (first.id, first.unit_id)
    with pytest.raises(Conflict) as problem:
        decide(desk, reviewer(desk), first, "accept")
    assert problem.value.code == "review.over"
    with pytest.raises(NotFound), desk.market.as_(reviewer(desk)) as session:
        reviewing.review_task(session, reviewer(desk), first.id)
    decide(desk, reviewer(desk, "third"), again, "accept")
    assert next(each for each in reviews(desk) if each.id == first.id).reviewer_id == "third"


def test_what_somebody_reviews_goes_to_others_when_their_right_to_it_ends(desk: Desk) -> None:
    market = desk.market
    qa = somebody(market, Role.CLIENT_QA)
    work(desk)
    suspended = Actor(desk.people[2].account_id, market.vendor, Role.REVIEWER, org_kind="vendor")
    held = taken(desk, suspended)
    desk.stand(2, "suspended")
    for act in (lambda: take(desk, suspended), lambda: decide(desk, suspended, held, "accept")):
        with pytest.raises(Forbidden, match="not active with this vendor"):
            act()
    removed = somebody(market, Role.REVIEWER)
    taken(desk, removed)
    with market.system() as session:
        end_membership(session, system_actor("test"), removed.membership_id or "")
    assert {each.state for each in reviews(desk)} == {"open"}
    held, theirs = taken(desk, qa), taken(desk, reviewer(desk))
    with market.as_(market.pm) as session:
        requests.revoke_grant(session, market.pm, session.get_one(Review, theirs.id).project_id)
    with pytest.raises(NotFound, match="not in your hands"):
        decide(desk, reviewer(desk), theirs, "accept")
    assert {each.id: each.reviewer_id for each in reviews(desk)} == {held.id: qa.account_id, theirs.id: None}
    assert sorted(event.details["cause"] for event in market.audited("review.ended")) == [
        "grant", "role", "standing:suspended"
    ]  # fmt: skip
    decide(desk, qa, held, "accept")


def somebody(market: Market, role: Role) -> Actor:
    """A new member of the client, or else of the vendor."""
    org_id, kind = (market.client, "client") if role is Role.CLIENT_QA else (market.vendor, "vendor")
    machine = system_actor("test")
    with market.system() as session:
        account_id = create_account(session, machine, email=f"{role}@somewhere.example", name="Somebody").id
        place = add_membership(session, machine, account_id=account_id, org_id=org_id, role=role)
    return Actor(account_id, org_id, role, place, org_kind=kind)


def test_reviewers_at_the_same_moment_get_different_reviews(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=8, overlap=1)
    desk.change_lane(weak_below=1.1)
    work(desk, ("refund",))
    given: list[str] = []
    faults: list[BaseException] = []
    start = threading.Barrier(4)

    def taking(name: str) -> Callable[[], None]:
        def act() -> None:
            actor = reviewer(desk, name)
            try:
                start.wait()
                with clock.use_clock(lambda: market.now):
                    task = desk.db.run(
                        Scope.tenant(market.vendor), lambda session: reviewing.take_review(session, actor), 20
                    )
                assert task is not None
                given.append(task.id)
            except BaseException as fault:
                faults.append(fault)

        return act

    threads = [threading.Thread(target=taking(f"reviewer {number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(set(given)) == 4
