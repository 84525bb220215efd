"""The access review: who may see what and when they last did, renewed or ended in bulk, at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel import ids, presence
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.policy import Actor, Role
from labeling.models import Item
from marketplace.models import Lane
from marketplace.operations import protecting, requests, reviewing
from marketplace.operations.access_review import review_access, see_access
from marketplace.operations.settling import ask_reviews
from marketplace.operations.uses import EXACT_TO
from marketplace.values.access import AccessReviewed, AccessRow
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market


@pytest.fixture
def desk(market: Market) -> Desk:
    desk = open_desk(market, people=2, unit_count=2, overlap=2)
    desk.protect("restricted-pii")
    for person in (0, 1):
        desk.let_in(person, 2)
    return desk


def rows(desk: Desk, actor: Actor) -> dict[str, AccessRow]:
    with desk.market.as_(actor) as session:
        return {row.id: row for row in see_access(session, actor)[0]}


def review(desk: Desk, actor: Actor, *ids: str, act: str = "end", reason: str = "left the team",
           is_preview: bool = False) -> list[AccessReviewed]:  # fmt: skip
    with desk.market.as_(actor) as session:
        return review_access(session, actor, ids, act=act, reason=reason, is_preview=is_preview)


def test_a_vendor_renews_and_ends_clearances_and_the_next_request_knows(desk: Desk) -> None:
    market, manager = desk.market, desk.market.manager
    one, other = desk.annotators
    with presence.use(desk.present()):
        task = desk.take(0)
        assert task is not None
        found = rows(desk, manager)
        assert {row.classification for row in found.values()} == {"restricted-pii"}
        assert (found[one].last_used, found[other].last_used) == (market.now, None)
        assert not found[one].ends_soon
        (then,) = review(desk, manager, one, is_preview=True)
        assert then.until is None and desk.seen(0, task).content, "a look at it changes nothing"
        for ids, act, reason, problem in (
            ((), "end", "x", Invalid), ((one,), "end", " ", Invalid), ((one,), "raise", "x", Invalid),
            ((one, market.client), "end", "x", NotFound),
        ):  # fmt: skip
            with pytest.raises(problem):
                review(desk, manager, *ids, act=act, reason=reason)
        with pytest.raises(Forbidden):
            review(desk, desk.people[1], one)
        assert desk.seen(0, task).content
        review(desk, manager, one)
        assert desk.seen(0, task).content == {} and desk.take(0) is None
        (then,) = review(desk, manager, other, act="renew", reason="")
        assert then.until == market.now + timedelta(days=90)
        found = rows(desk, manager)
        assert set(found) == {other} and (found[other].until, found[other].since) == (then.until, market.now)
        market.later(days=80)
        assert rows(desk, manager)[other].ends_soon


def test_a_client_renews_and_ends_what_its_vendor_sees(desk: Desk) -> None:
    market, pm = desk.market, desk.market.pm
    with market.system() as session:
        project_id = session.get_one(Lane, desk.lane).project_id
    with pytest.raises(NotFound):
        review(desk, market.stranger, project_id)
    assert rows(desk, market.stranger) == {}
    (then,) = review(desk, pm, project_id, act="renew", reason="")
    row = rows(desk, pm)[project_id]
    assert row.until == then.until == market.now + timedelta(days=90) and row.last_used is None
    with presence.use(desk.present()):
        assert desk.take(0) is not None
        assert rows(desk, pm)[project_id].last_used == market.now
        review(desk, pm, project_id)
        assert rows(desk, pm) == {} and desk.take(0) is None


def test_a_grant_lives_as_long_as_the_most_sensitive_question_of_a_test_allows(desk: Desk) -> None:
    """An exam question is no unit; health data asked in a test bounds the grant like health data to work on."""
    market, pm = desk.market, desk.market.pm
    with market.system() as session:
        project_id = session.get_one(Lane, desk.lane).project_id
        one = session.scalars(select(Item).where(Item.project_id == project_id).limit(1)).one()
        session.add(
            Item(
                id=ids.new_id(), org_id=one.org_id, vendor_org_id=one.vendor_org_id, project_id=project_id,
                locale=one.locale, classification="restricted-phi", content={"text": "asked in a test"},
                fingerprint="e" * 64,
            )
        )  # fmt: skip
    assert rows(desk, pm)[project_id].classification == "restricted-phi"
    (then,) = review(desk, pm, project_id, act="renew", reason="")
    assert rows(desk, pm)[project_id].until == then.until == market.now + timedelta(days=30)
    review(desk, pm, project_id)
    market.now += timedelta(hours=1)
    with market.as_(pm) as session:
        requests.renew_grant(session, pm, project_id)
    assert rows(desk, pm)[project_id].until == market.now + timedelta(days=30)


def test_a_use_is_of_what_is_sensitive_in_itself_and_by_whoever_sees_it(market: Market) -> None:
    """A raised unit of an internal lane, taken and reviewed; the first look of an hour is kept."""
    desk = open_desk(market, people=3, unit_count=2, overlap=2)
    desk.protect("internal")
    for person in (0, 1, 2):
        desk.let_in(person, 1)
    worker, reviewer, idle = desk.annotators
    plain, raised = (unit.id for unit in desk.units())
    with market.as_(market.pm) as session:
        protecting.classify_unit(session, market.pm, raised, classification="confidential", reason="names in it")
    with market.system() as session:
        project_id = session.get_one(Lane, desk.lane).project_id
        ask_reviews(session, session.get_one(Lane, desk.lane), [(raised, "sample")])
    last_used = lambda: {key: row.last_used for key, row in rows(desk, market.manager).items()}  # noqa: E731
    with presence.use(desk.present()):
        desk.assign(0, [plain])
        task = desk.take(0)
        assert task is not None and task.classification == "internal"
        assert set(last_used().values()) == {None}, "what is not sensitive asks for no clearance"
        assert rows(desk, market.pm)[project_id].last_used is None
        desk.answer(0, task)
        desk.assign(0, [raised])
        market.later(minutes=1)
        first = market.now
        assert (desk.take(0) or task).classification == "confidential"
        assert last_used() == {worker: first, reviewer: None, idle: None}
        market.later(minutes=1)
        account = desk.people[1].account_id
        actor = Actor(account, market.vendor, Role.REVIEWER, org_kind="vendor")
        with market.as_(actor) as session:
            assert reviewing.take_review(session, actor) is not None
        assert last_used() == {worker: first, reviewer: market.now, idle: None}
        assert rows(desk, market.pm)[project_id].last_used == first, "to the hour"
        market.later(minutes=EXACT_TO.seconds // 60)
        desk.assign(2, [raised])
        assert (desk.take(2) or task).classification == "confidential"
        assert last_used()[idle] == rows(desk, market.pm)[project_id].last_used == market.now
