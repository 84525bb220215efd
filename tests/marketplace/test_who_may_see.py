"""Who may see a lane's content before, beside and after work in it: tests and reviews ask what the work asks."""

import pytest

from calibration.operations import attempts
from kernel import ids
from kernel.errors import Forbidden
from kernel.policy import Actor, Reason, Role
from marketplace.models import Lane
from marketplace.queries.facts import lane_facts
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from workforce.models import Agreement, Annotator


@pytest.fixture
def desk(market: Market) -> Desk:
    return open_desk(market, people=2, unit_count=6, overlap=2)


def classify(desk: Desk, name: str) -> None:
    with desk.market.system() as session:
        session.get_one(Lane, desk.lane).classification = name


def let_in(desk: Desk, person: int, clearance: int, *, verified: bool = True) -> None:
    with desk.market.system() as session:
        row = session.get_one(Annotator, desk.annotators[person])
        row.clearance, row.identity_verified_at = clearance, desk.market.now if verified else None


def start_test(desk: Desk, actor: Actor) -> None:
    with desk.market.system() as session:
        attempts.start_attempt(session, actor, desk.lane)


def test_the_test_of_restricted_work_is_shown_to_nobody_without_clearance_and_identity(desk: Desk) -> None:
    classify(desk, "restricted-phi")
    with pytest.raises(Forbidden, match="clearance_low"):
        start_test(desk, desk.people[0])
    let_in(desk, 0, 3, verified=False)
    with pytest.raises(Forbidden, match="identity_unverified"):
        start_test(desk, desk.people[0])
    let_in(desk, 0, 3)
    with desk.market.system() as session:
        assert all(each.met for each in lane_facts(session, desk.lane, desk.annotators[0]).demands)
        unmet = {each.reason for each in lane_facts(session, desk.lane, desk.annotators[1]).demands if not each.met}
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


def publish_secrecy(desk: Desk) -> None:
    with desk.market.system() as session:
        session.add(
            Agreement(
                id=ids.new_id(), org_id=desk.market.vendor, code="secrecy", version=1, titles={"en": "Secrecy"},
                texts={"en": "Say nothing."}, required_from="internal", published_at=desk.market.now,
            )
        )  # fmt: skip
