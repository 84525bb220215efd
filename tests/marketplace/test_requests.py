"""Requests, quotes and what follows: who may, who may not, and what is there afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.models import AccessGrant
from marketplace.models import Lane, LaneDay, Project, Quote
from marketplace.operations import requests
from marketplace.queries import projects as project_queries
from marketplace.queries import requests as queries
from marketplace.rules.requests import name_faults
from tests.marketplace.orders import Market
from workforce.models import Annotator

LINES = [{"locale": "sw_ke", "units": 1000}, {"locale": "ar-EG", "units": 500}]
PRICES = {"sw-KE": 50_000, "ar-EG": 7_500}


def test_a_request_opens_a_project_that_the_vendor_sees_without_any_right(market: Market) -> None:
    request_id, project_id = market.send(LINES)
    with market.as_(market.manager) as session:
        seen = queries.request_of(session, request_id)
        assert seen is not None
        assert [(line.locale, line.units) for line in seen.lines] == [("sw-KE", 1000), ("ar-EG", 500)]
        assert (seen.client_name, seen.vendor_name, seen.state) == ("Nordlicht", "Baraza", "sent")
        grant = session.scalars(select(AccessGrant)).one()
        assert grant.rights == []
        assert grant.until_at == market.now + timedelta(days=120)
        assert session.scalars(select(Project.project_id)).one() == project_id
    assert [event.object_ref for event in market.audited("request.sent")] == [request_id]


@pytest.mark.parametrize("who", ["stranger", "rival"])
def test_nobody_else_sees_a_request(market: Market, who: str) -> None:
    request_id, project_id = market.send(LINES)
    with market.as_(getattr(market, who)) as session:
        assert queries.request_of(session, request_id) is None
        assert queries.find_requests(session) == ([], None)
        assert project_queries.project_of(session, project_id) is None


def test_every_fault_of_a_request_is_told_at_its_place(market: Market) -> None:
    lines = [{"locale": "xx-QQ-1", "units": 5}, {"locale": "sw-KE", "units": 0}, {"locale": "sw_KE", "units": 1}]
    with pytest.raises(Invalid) as caught:
        market.send(lines, overlap=0, deadline_at=market.now, vendor_org_id=market.client, currency="QQQ")
    assert sorted(caught.value.fields) == [
        "currency", "deadline_at", "lines.0.locale", "lines.1.units", "lines.2.locale", "overlap", "vendor_org_id",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["qa", "manager"])
def test_only_those_who_buy_send_requests(market: Market, who: str) -> None:
    actor = getattr(market, who)
    with pytest.raises(Forbidden), market.as_(actor) as session:
        requests.send_request(
            session, actor, name="x", vendor_org_id=market.vendor, task_type="choice", classification="public",
            lines=LINES, overlap=1, quality_target=0.9, deadline_at=market.now + timedelta(days=1), currency="EUR",
        )  # fmt: skip


def test_a_quote_counts_natives_of_exactly_the_locale(market: Market) -> None:
    market.hire(4, "sw-KE")
    market.hire(3, "sw-TZ")
    market.hire(2, "sw-KE", "C2")
    market.hire(5, "sw-KE", status="paused")
    request_id, _project = market.send(LINES)
    with market.as_(market.manager) as session:
        quote = requests.make_quote(session, market.manager, request_id, prices=PRICES)
    swahili, arabic = quote.lines
    # 3,000 judgments, 4 people at the assumed 400 a day: 1,600 a day, done on the second day.
    assert (swahili.verified, swahili.units_a_day, swahili.speed_source) == (4, 533.3, "assumed")
    assert swahili.finish_at == market.now + timedelta(days=2)
    assert (arabic.verified, arabic.finish_at) == (0, None)
    # 1,500 judgments in 30 days are 50 a day: one person.
    assert [(each.code, each.count) for each in arabic.missing] == [("people", 1), ("gold", 100), ("guideline", 0)]
    assert quote.total_micros == 1000 * 50_000 + 500 * 7_500
    assert (quote.version, quote.state, quote.currency) == (1, "open", "EUR")


def test_a_quote_measures_the_pace_of_people_and_not_what_they_were_given(market: Market) -> None:
    people = market.hire(2, "sw-KE")
    project_id = market.order()
    with market.system() as session:
        for person, hours in zip(people, (5, 9), strict=True):
            session.get_one(Annotator, person).weekly_hours = hours
        lane = session.scalars(select(Lane).where(Lane.project_id == project_id)).one()
        lane.deadline_at = None  # promises nothing
        session.add_all(
            LaneDay(
                org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=project_id, lane_id=lane.id,
                day=(market.now - timedelta(days=back)).date(), judgments=3, seconds=60, people=1,
            )
            for back in range(5)
        )  # fmt: skip
    request_id, _project = market.send()
    with market.as_(market.manager) as session:
        quote = requests.make_quote(session, market.manager, request_id, prices={"sw-KE": 50_000})
    # 20 s each and a tenth of it between units: 163.6 an hour, an hour a day, two people, three answers a unit.
    assert (quote.lines[0].speed_source, quote.lines[0].units_a_day) == ("measured", 109.1)


def test_a_new_quote_takes_the_place_of_the_one_before(market: Market) -> None:
    request_id, _project = market.send(LINES)
    for price in (50_000, 40_000):
        with market.as_(market.manager) as session:
            requests.make_quote(session, market.manager, request_id, prices=PRICES | {"sw-KE": price})
    with market.as_(market.pm) as session:
        versions = queries.quotes_of(session, request_id)
        assert [(quote.version, quote.state) for quote in versions] == [(2, "open"), (1, "replaced")]
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        requests.accept_quote(session, market.pm, versions[1].id)


def test_prices_are_asked_for_every_language_and_no_other(market: Market) -> None:
    request_id, _project = market.send(LINES)
    with pytest.raises(Invalid) as caught, market.as_(market.manager) as session:
        requests.make_quote(session, market.manager, request_id, prices={"sw-KE": 0, "fr-FR": 1})
    assert sorted(caught.value.fields) == ["prices.ar-EG", "prices.fr-FR", "prices.sw-KE"]


@pytest.mark.parametrize(("who", "problem"), [("rival", NotFound), ("stranger", NotFound), ("pm", Forbidden)])
def test_only_the_vendor_that_was_asked_quotes(market: Market, who: str, problem: type[Exception]) -> None:
    request_id, _project = market.send(LINES)
    actor = getattr(market, who)
    with pytest.raises(problem), market.as_(actor) as session:
        requests.make_quote(session, actor, request_id, prices=PRICES)


def test_accepting_makes_a_lane_for_each_language_and_gives_the_rights_that_are_ticked(market: Market) -> None:
    project_id = market.order(LINES, rights=["unit:import"])
    with market.as_(market.manager) as session:
        lanes = session.scalars(select(Lane).where(Lane.project_id == project_id).order_by(Lane.locale)).all()
        assert [(lane.locale, lane.state, lane.volume, lane.overlap, lane.price_micros) for lane in lanes] == [
            ("ar-EG", "draft", 500, 3, 50_000),
            ("sw-KE", "draft", 1000, 3, 50_000),
        ]
        assert session.scalars(select(AccessGrant.rights)).one() == ["unit:import"]
        assert session.scalars(select(Project.state)).one() == "draft"
    (event,) = market.audited("quote.accepted")
    assert event.details == {"project": project_id, "version": 1, "rights": ["unit:import"]}


def test_a_quote_is_accepted_once_and_only_while_it_is_valid(market: Market) -> None:
    request_id, _project = market.send(LINES)
    with market.as_(market.manager) as session:
        quote = requests.make_quote(session, market.manager, request_id, prices=PRICES, valid_days=3)
    market.later(days=4)
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        requests.accept_quote(session, market.pm, quote.id)
    market.later(days=-2)
    with market.as_(market.pm) as session:
        requests.accept_quote(session, market.pm, quote.id)
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        requests.accept_quote(session, market.pm, quote.id)
    with market.as_(market.pm) as session:
        assert len(session.scalars(select(Lane)).all()) == 2


@pytest.mark.parametrize(("who", "problem"), [("manager", Forbidden), ("qa", Forbidden), ("stranger", NotFound)])
def test_only_the_client_decides_on_a_quote(market: Market, who: str, problem: type[Exception]) -> None:
    request_id, _project = market.send(LINES)
    with market.as_(market.manager) as session:
        quote = requests.make_quote(session, market.manager, request_id, prices=PRICES)
    actor = getattr(market, who)
    with pytest.raises(problem), market.as_(actor) as session:
        requests.accept_quote(session, actor, quote.id)


def test_declining_needs_a_reason_and_ends_the_request(market: Market) -> None:
    request_id, project_id = market.send(LINES)
    with market.as_(market.manager) as session:
        quote = requests.make_quote(session, market.manager, request_id, prices=PRICES)
    with pytest.raises(Invalid), market.as_(market.pm) as session:
        requests.decline_quote(session, market.pm, quote.id, "  ")
    with market.as_(market.pm) as session:
        requests.decline_quote(session, market.pm, quote.id, "Too late for us.")
    with market.as_(market.manager) as session:
        assert session.scalars(select(Quote.reason)).one() == "Too late for us."
        project = project_queries.project_of(session, project_id)
        assert project is not None and project.row.state == "declined"
    with pytest.raises(Conflict), market.as_(market.manager) as session:
        requests.make_quote(session, market.manager, request_id, prices=PRICES)


def test_rights_are_changed_at_once(market: Market) -> None:
    project_id = market.order(rights=[])
    with market.as_(market.pm) as session:
        requests.set_rights(session, market.pm, project_id, ["unit:payload", "project:configure"])
    with market.as_(market.manager) as session:
        project = project_queries.project_of(session, project_id)
        assert project is not None and project.rights == ("project:configure", "unit:payload")
    with pytest.raises(Forbidden), market.as_(market.manager) as session:
        requests.set_rights(session, market.manager, project_id, ["unit:import"])
    with pytest.raises(Invalid), market.as_(market.pm) as session:
        requests.set_rights(session, market.pm, project_id, ["gold:read"])


def test_requests_are_listed_page_by_page_newest_first(market: Market) -> None:
    sent = []
    for number in range(5):
        market.later(minutes=1 if number % 2 else 0)
        sent.append(market.send(name=f"Request {number}")[0])
    found: list[str] = []
    after = None
    with market.as_(market.pm) as session:
        while True:
            rows, after = queries.find_requests(session, after=after, limit=2)
            found += [row.id for row in rows]
            if after is None:
                break
    assert sorted(found) == sorted(sent)
    assert found[-1] == sent[0]


def test_a_request_is_named_by_the_one_rule_for_names() -> None:
    assert name_faults("Mradi wa sauti 3") == {}
    assert set(name_faults("abc\u202egnp")) == set(name_faults("  ")) == set(name_faults("x" * 121)) == {"name"}
