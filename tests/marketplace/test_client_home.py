"""A client's home: what waits, how far each project is, who there is; at a cost that does not grow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kernel import clock
from kernel.policy import Role, system_actor
from marketplace.models import Lane, Unit
from marketplace.operations import counting, releases, requests, settling
from marketplace.queries import home
from marketplace.queries.home import Pending
from payouts.operations.rates import set_rate
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.orders import Market, jsonl_of
from tests.marketplace.test_market_pages import Door
from tests.marketplace.test_market_pages import app as app
from tests.marketplace.test_work_costs import counted

KINDS = ("units", "gold")


def waiting(market: Market) -> home.ClientWaiting:
    with market.as_(market.pm) as session:
        return home.waiting_for_client(session, KINDS)


def quoted(market: Market) -> str:
    """A request with a quote that waits for the client."""
    request_id, _project = market.send()
    with market.as_(market.manager) as session:
        requests.make_quote(session, market.manager, request_id, prices={"sw-KE": 50_000})
    return request_id


def delivered(market: Market) -> tuple[Work, str]:
    """A project with a release that waits for the client."""
    work = lane_with_people(market)
    work.settle("a", ["refund", "refund"], "refund")
    with market.as_(market.pm) as session:
        ordered = releases.cut_release(session, market.pm, work.project_id)
    market.work()
    return work, ordered.id


def ask_review(work: Work) -> None:
    with work.market.system() as session:
        session.get_one(Unit, work.units["a"]).state = "full"
        settling.ask_reviews(session, session.get_one(Lane, work.lane_id), [(work.units["a"], "weak")])


def test_all_that_waits_for_a_client_is_counted_with_the_first_of_each(market: Market) -> None:
    nothing = Pending()
    assert waiting(market) == home.ClientWaiting(nothing, nothing, nothing, nothing, nothing, nothing)
    request_id = quoted(market)
    work, release_id = delivered(market)
    ask_review(work)
    batch = market.upload(market.pm, work.project_id, "units.jsonl", jsonl_of([{"text": "one"}]))
    market.work()
    found = waiting(market)
    assert (found.quotes, found.releases) == (Pending(1, request_id), Pending(1, release_id))
    assert (found.reviews.count, found.uploads) == (1, Pending(1, batch.id))
    assert found.incomplete == Pending(1, work.project_id), "no unit is open, and no test is published"
    with market.as_(market.pm) as session:
        assert home.waiting_for_client(session, ["gold"]).uploads == nothing
    with market.as_(market.stranger) as session:
        assert home.waiting_for_client(session, KINDS).quotes == nothing


def test_progress_and_the_weakest_language_come_from_counts_made_before(market: Market) -> None:
    work = lane_with_people(market)
    work.settle("a", ["refund"], "refund")
    with market.system() as session:
        row = counting.count_lane(session, system_actor("test"), work.lane_id)
        row.checked, row.right = 19, 19.0
    assert progress(market, work).weakest is None
    with market.system() as session:
        row = counting.count_lane(session, system_actor("test"), work.lane_id)
        row.checked, row.right = 40, 30.0
    found = progress(market, work)
    assert (found.units, found.settled, found.checked) == (1, 1, 40)
    assert found.weakest is not None
    assert (found.weakest.locale, found.weakest.value, found.weakest.target) == ("sw-KE", 0.75, 0.85)
    assert found.weakest.low < 0.75 < found.weakest.high


def progress(market: Market, work: Work) -> home.ProjectProgress:
    with market.as_(market.pm) as session:
        return home.progress_of(session, [work.project_id])[work.project_id]


def test_coverage_counts_verified_people_in_good_standing_of_the_languages_asked_for(market: Market) -> None:
    market.send([{"locale": "sw-KE", "units": 10}, {"locale": "am-ET", "units": 10}])
    market.hire(2, "sw-KE")
    market.hire(1, "sw-KE", status="suspended")
    market.hire(1, "hi-IN")
    with market.as_(market.pm) as session:
        asked = home.asked_for(session)
        lanes = home.lanes_at_work(session)
    assert asked == [(market.vendor, "am-ET"), (market.vendor, "sw-KE")]
    with market.system() as session:
        more = [home.LaneAtWork("sw-KE", 3, 40, 3.5), home.LaneAtWork("sw-KE", 1, 2, 2.2)]
        rows = home.coverage(session, asked, [*lanes, *more])
    assert rows == [home.Coverage("am-ET", 0, 0, 0), home.Coverage("sw-KE", 2, 3, 42, 6)]
    # Of six people who are needed three are at work; where more are there than needed, all of them are the whole.
    assert home.Coverage("sw-KE", 5, 3, 42, 6).shares == (3 / 6, 2 / 6)
    assert home.Coverage("sw-KE", 8, 2, 42, 6).shares == (2 / 8, 6 / 8)
    assert home.Coverage("am-ET", 0, 0, 0).shares == (0, 0)


def test_the_home_costs_the_same_number_of_statements_at_any_size(market: Market) -> None:
    work, _release = delivered(market)
    before = statements(market)
    for number in range(6):
        quoted(market)
        work.settle(f"more-{number}", ["refund"], "refund")
        other = market.order([{"locale": "sw-KE", "units": 10}, {"locale": "hi-IN", "units": 10}])
        market.upload(market.pm, other, f"{number}.jsonl", jsonl_of([{"text": "one", "locale": "sw-KE"}]))
    market.work()
    assert statements(market) == before


def statements(market: Market) -> int:
    with market.as_(market.pm) as session, counted(market.db) as sent:
        home.waiting_for_client(session, KINDS)
        home.progress_of(session, [])
        asked = home.asked_for(session)
        lanes = home.lanes_at_work(session)
    with market.system() as session, counted(market.db) as more:
        home.coverage(session, asked, lanes)
    return len(sent) + len(more)


class TestPage:
    """The page itself, which is the same on either database."""

    @pytest.fixture
    def db(self, db_sqlite):  # type: ignore[no-untyped-def]
        return db_sqlite

    @pytest.fixture(autouse=True)
    def _now(self, market: Market, tmp_path: Path) -> Iterator[None]:
        with clock.use_clock(lambda: market.now):
            yield

    def test_a_client_without_a_project_is_told_how_one_begins(self, app: Flask, market: Market) -> None:
        pm, qa = Door(app, market, Role.CLIENT_PM, market.client), Door(app, market, Role.CLIENT_QA, market.client)
        assert 'href="/requests/new"' in pm.get("/projects").split("No project yet")[1]
        told = qa.get("/projects").split("No project yet")[1]
        assert "Your project managers can do this." in told and 'href="/requests/new"' not in told

    def test_each_role_is_led_to_what_it_may_do_and_told_who_does_the_rest(self, app: Flask, market: Market) -> None:
        request_id = quoted(market)
        work, release_id = delivered(market)
        ask_review(work)
        with market.system() as session:
            counting.count_lanes(session, system_actor("test"))
        pm, qa, admin = (
            Door(app, market, role, market.client) for role in (Role.CLIENT_PM, Role.CLIENT_QA, Role.CLIENT_ADMIN)
        )
        needs = card(pm)
        assert f'href="/requests/{request_id}"' in needs and f'href="/releases/{release_id}"' in needs
        assert 'href="/review"' in needs and "can do this" not in needs
        needs = card(qa)
        assert 'href="/review"' in needs and "/requests/" not in needs
        assert "Your project managers can do this." in needs
        assert "Your project managers and reviewers can do this." in card(admin)
        page = pm.get("/projects")
        assert "0 of 1" in page and "0 of 20 checks" in page and "sw-KE" in page.split("People for your")[-1]

    def test_a_client_ends_a_project_on_its_page_or_by_program(self, app: Flask, market: Market) -> None:
        first, second = market.order(), market.order()
        pm, manager = (
            Door(app, market, role, org)
            for role, org in ((Role.CLIENT_PM, market.client), (Role.VENDOR_MANAGER, market.vendor))
        )
        assert f"/projects/{first}/finish" not in manager.get(f"/projects/{first}")
        assert f"/projects/{first}/finish" in pm.get(f"/projects/{first}")
        pm.send(f"/projects/{first}/finish", {}, "/projects")
        assert f"/projects/{first}/finish" not in pm.get(f"/projects/{first}")
        pm.ask("POST", f"/projects/{second}/finish")
        assert pm.ask("POST", f"/projects/{second}/finish", status=409)["code"] == "project.state"
        manager.ask("POST", f"/projects/{second}/finish", status=403)
        with market.as_(market.manager) as session:
            lane_id = session.scalars(select(Lane.id).where(Lane.project_id == first)).one()
            set_rate(session, market.manager, lane_id=lane_id, micros=7_500, currency="EUR")
        assert pm.post(f"/lanes/{lane_id}/open", {"without_test": "1"}, "/projects").status_code == 409


def card(door: Door) -> str:
    return door.get("/projects").split('id="today"')[1].split("</section>")[0]
