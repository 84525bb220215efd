"""Who may see a lane's content before, beside and after work in it: tests and reviews ask what the work asks."""

from collections.abc import Iterator

import pytest

from calibration.operations import attempts
from kernel import ids, presence
from kernel.errors import Forbidden
from kernel.policy import Actor, Reason, Role
from marketplace.models import Assignment, Lane
from marketplace.operations import reviewing
from marketplace.operations.settling import ask_reviews
from marketplace.queries.facts import lane_facts, people_for_test
from marketplace.queries.work import task_of
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from workforce.models import Agreement, Annotator
from workforce.operations import clearances


@pytest.fixture
def desk(market: Market) -> Desk:
    return open_desk(market, people=2, unit_count=6, overlap=2)


@pytest.fixture(autouse=True)
def present(desk: Desk) -> Iterator[None]:
    """Everybody sits where the project wants them to, and has just shown a second factor."""
    with presence.use(desk.present()):
        yield


def start_test(desk: Desk, actor: Actor) -> None:
    with desk.market.system() as session:
        attempts.start_attempt(session, actor, desk.lane)


def test_the_test_of_restricted_work_is_shown_to_nobody_without_clearance_and_identity(desk: Desk) -> None:
    desk.protect("restricted-phi")
    desk.let_in(0, 0, verified=False)
    desk.let_in(1, 0, verified=False)
    with pytest.raises(Forbidden, match="clearance_low"):
        start_test(desk, desk.people[0])
    desk.let_in(0, 3, verified=False)
    with pytest.raises(Forbidden, match="identity_unverified"):
        start_test(desk, desk.people[0])
    desk.let_in(0, 3)
    with desk.market.system() as session:
        assert all(each.met for each in lane_facts(session, desk.lane, desk.annotators[0]).demands)
        unmet = {each.reason for each in lane_facts(session, desk.lane, desk.annotators[1]).demands if not each.met}
        asked = [*desk.annotators[:2], ids.new_id()]
        assert people_for_test(session, desk.lane, asked) == {desk.annotators[0]}
        with presence.use(presence.NOWHERE):  # whoever would ask them is not they
            assert people_for_test(session, desk.lane, asked) == {desk.annotators[0]}
    assert unmet == {Reason.CLEARANCE_LOW, Reason.IDENTITY_UNVERIFIED}


def test_the_test_of_one_language_is_not_for_speakers_of_another(desk: Desk) -> None:
    (annotator,) = desk.market.hire(1, "pt-BR")
    with desk.market.system() as session:
        account = session.get_one(Annotator, annotator).account_id
    with pytest.raises(Forbidden, match="language_missing"):
        start_test(desk, Actor(account, desk.market.vendor, Role.ANNOTATOR, org_kind="vendor"))


def test_the_test_asks_for_the_agreements_of_its_class(desk: Desk) -> None:
    publish_secrecy(desk)
    with pytest.raises(Forbidden, match="nda_missing"):
        start_test(desk, desk.people[0])


def test_a_lane_says_of_nobody_that_they_may_see_it(desk: Desk) -> None:
    with desk.market.system() as session:
        for annotator in (None, ids.new_id()):
            facts = lane_facts(session, desk.lane, annotator)
            assert facts is not None
            assert [each.met for each in facts.demands] == [False]


def reviewer(desk: Desk, person: int | None = None) -> Actor:
    """Somebody who reviews for the vendor: a person of the desk in their other role, or one without a profile."""
    account = None if person is None else desk.people[person].account_id
    return Actor(account or "reviewer", desk.market.vendor, Role.REVIEWER, org_kind="vendor")


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """The desk with reviews of two units that wait, neither of which its people have met."""
    units = [unit.id for unit in desk.units()[:2]]
    with desk.market.system() as session:
        ask_reviews(session, session.get_one(Lane, desk.lane), [(unit_id, "sample") for unit_id in units])
    return desk


def take_review(desk: Desk, actor: Actor, *, in_lane: bool = False) -> str | None:
    with desk.market.as_(actor) as session:
        found = reviewing.take_review(session, actor, desk.lane if in_lane else None)
        return found.id if found else None


@pytest.mark.parametrize("classification", ["confidential", "restricted-pii", "restricted-phi", "unheard-of"])
def test_a_reviewer_without_clearance_is_given_no_review_of_such_data(waiting: Desk, classification: str) -> None:
    waiting.protect(classification)
    waiting.let_in(0, 0)
    for person in (None, 0):
        assert take_review(waiting, reviewer(waiting, person)) is None
        with pytest.raises(Forbidden, match="clearance_low"):
            take_review(waiting, reviewer(waiting, person), in_lane=True)


def test_a_reviewer_with_clearance_and_identity_is_and_loses_it_with_them(waiting: Desk) -> None:
    waiting.protect("restricted-pii")
    waiting.let_in(0, 2)
    actor = reviewer(waiting, 0)
    review_id = take_review(waiting, actor)
    assert review_id is not None
    waiting.let_in(0, 2, verified=False)
    assert take_review(waiting, actor) is None
    with pytest.raises(Forbidden, match="identity_unverified"), waiting.market.as_(actor) as session:
        reviewing.review_task(session, actor, review_id)
    waiting.let_in(0, 2)
    assert take_review(waiting, actor) == review_id


def test_a_reviewer_with_a_profile_has_signed_what_the_class_asks(waiting: Desk) -> None:
    publish_secrecy(waiting)
    with pytest.raises(Forbidden, match="nda_missing"):
        take_review(waiting, reviewer(waiting, 0), in_lane=True)
    assert take_review(waiting, reviewer(waiting)) is not None, "who has no profile has nothing to sign it with"


def test_the_clearance_of_a_profile_that_has_ended_counts_for_nothing(waiting: Desk) -> None:
    waiting.protect("confidential")
    waiting.let_in(0, 3)
    with waiting.market.system() as session:
        session.get_one(Annotator, waiting.annotators[0]).status = "declined"
    assert take_review(waiting, reviewer(waiting, 0)) is None


def test_the_client_reviews_its_own_data(waiting: Desk) -> None:
    waiting.protect("restricted-phi")
    assert take_review(waiting, waiting.market.qa) is not None


def test_leases_end_with_the_clearance_and_what_was_typed_is_kept_as_late(desk: Desk) -> None:
    desk.protect("confidential")
    desk.let_in(0, 1)
    task = desk.take(0)
    assert task is not None and task.content
    manager = desk.market.manager
    with desk.market.as_(manager) as session:
        clearances.set_clearance(session, manager, desk.annotators[0], level=0, until_at=None, reason="Training over.")
    with desk.vendor() as session:
        assert task_of(session, desk.people[0], task.assignment_id).content == {}
    assert desk.slots().get("leased", 0) == 0
    assert desk.answer(0, task).is_late
    assert desk.take(0) is None


def test_a_lane_with_a_skill_and_a_domain_is_for_those_who_state_both(desk: Desk) -> None:
    with desk.market.system() as session:
        lane = session.get_one(Lane, desk.lane)
        lane.skill, lane.domain = "transcription", "medicine"
        session.get_one(Annotator, desk.annotators[0]).skills = ["transcription"]
    assert desk.take(0) is None
    with desk.market.system() as session:
        unmet = [each.reason for each in lane_facts(session, desk.lane, desk.annotators[0]).demands if not each.met]
        assert unmet == [Reason.DOMAIN_MISSING]
        session.get_one(Annotator, desk.annotators[0]).domains = ["medicine"]
    assert desk.take(0) is not None
    with pytest.raises(Forbidden, match="skill_missing"):
        start_test(desk, desk.people[1])


def test_who_has_reviewed_a_unit_is_never_handed_it(waiting: Desk) -> None:
    reviewer_too = reviewer(waiting, 0)
    reviewed = set()
    for _review in range(2):
        review_id = take_review(waiting, reviewer_too)
        assert review_id is not None
        with waiting.market.as_(reviewer_too) as session:
            reviewed.add(reviewing.review_task(session, reviewer_too, review_id).unit_id)
            reviewing.decide_review(session, reviewer_too, review_id, verdict="return", reason="unclear_unit")
    met = set()
    while (task := waiting.take(0)) is not None:
        with waiting.market.system() as session:
            met.add(session.get_one(Assignment, task.assignment_id).unit_id)
        waiting.answer(0, task)
    assert len(met) == 4 and not met & reviewed
    assert waiting.take(1) is not None


def publish_secrecy(desk: Desk) -> None:
    with desk.market.system() as session:
        session.add(
            Agreement(
                id=ids.new_id(), org_id=desk.market.vendor, code="secrecy", version=1, titles={"en": "Secrecy"},
                texts={"en": "Say nothing."}, required_from="internal", published_at=desk.market.now,
            )
        )  # fmt: skip
