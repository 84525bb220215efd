"""Lanes and versions: what must be there before work goes out, and who may say so."""

import pytest
from sqlalchemy import select, update

from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import system_actor
from marketplace.models import Lane, Project, Unit
from marketplace.operations import counting, ontologies, projects, releases, units
from marketplace.queries import projects as queries
from marketplace.rules.lanes import gaps_of, is_readable
from marketplace.values.imports import UnitIn
from payouts.models import Earning, Invoice
from payouts.operations.rates import set_rate
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.desk import RATE, open_desk
from tests.marketplace.orders import ONTOLOGY, Market


def lane_of(market: Market, project_id: str) -> str:
    with market.system() as session:
        return session.scalars(select(Lane.id).where(Lane.project_id == project_id)).one()


def ready(market: Market) -> tuple[str, str]:
    """A lane with all but a test: (project, lane)."""
    project_id = market.order()
    lane_id = lane_of(market, project_id)
    with market.as_(market.pm) as session:
        units.add_units(session, market.pm, lane_id, [UnitIn({"text": "one"})])
    with market.as_(market.manager) as session:
        set_rate(session, market.manager, lane_id=lane_id, micros=7_500, currency="EUR")
    return project_id, lane_id


def test_a_lane_opens_only_with_all_that_it_needs(market: Market) -> None:
    project_id = market.order()
    lane_id = lane_of(market, project_id)
    with pytest.raises(Conflict) as caught, market.system() as session:
        projects.open_lane(session, market.pm, lane_id)
    assert caught.value.params["missing"] == ["units", "rate", "test"]


def test_opening_without_a_test_is_said_expressly_and_logged(market: Market) -> None:
    project_id, lane_id = ready(market)
    with pytest.raises(Conflict) as caught, market.system() as session:
        projects.open_lane(session, market.pm, lane_id)
    assert caught.value.params["missing"] == ["test"]
    with market.system() as session:
        assert projects.open_lane(session, market.pm, lane_id, without_test=True).state == "open"
        assert session.get_one(Project, project_id).state == "live"
    (event,) = market.audited("lane.opened")
    assert (event.object_ref, event.details) == (lane_id, {"without_test": True})


def test_pausing_the_last_open_lane_pauses_the_project(market: Market) -> None:
    project_id, lane_id = ready(market)
    with market.system() as session:
        projects.open_lane(session, market.manager, lane_id, without_test=True)
    with market.as_(market.manager) as session:
        assert projects.pause_lane(session, market.manager, lane_id).state == "paused"
        assert session.get_one(Project, project_id).state == "paused"
    with pytest.raises(Conflict), market.as_(market.manager) as session:
        projects.pause_lane(session, market.manager, lane_id)


@pytest.mark.parametrize(("who", "problem"), [("qa", Forbidden), ("rival", NotFound), ("stranger", NotFound)])
def test_nobody_else_opens_a_lane(market: Market, who: str, problem: type[Exception]) -> None:
    _project, lane_id = ready(market)
    with pytest.raises(problem), market.system() as session:
        projects.open_lane(session, getattr(market, who), lane_id, without_test=True)


def test_a_vendor_sets_up_only_what_was_ticked(market: Market) -> None:
    project_id = market.order(rights=["unit:import"])
    with pytest.raises(Forbidden), market.as_(market.manager) as session:
        ontologies.publish_guideline(session, market.manager, project_id, {"en": "Mine."})


def test_a_new_version_is_what_lanes_work_under(market: Market) -> None:
    project_id = market.order()
    changed = {**ONTOLOGY, "question": {"en": "What do they want?"}}
    with market.as_(market.pm) as session:
        ontology = ontologies.publish_ontology(session, market.pm, project_id, changed, changelog="Clearer.")
        guideline = ontologies.publish_guideline(session, market.pm, project_id, {"sw_KE": "Chagua.", "en": "Choose."})
        lane = session.scalars(select(Lane)).one()
        assert (ontology.version, lane.ontology_id) == (2, ontology.id)
        assert (guideline.version, lane.guideline_id) == (2, guideline.id)
    with market.as_(market.manager) as session:
        project = queries.project_of(session, project_id)
        assert project is not None
        assert [(each.version, each.changelog) for each in project.ontologies] == [(2, "Clearer."), (1, "")]
        assert project.guidelines[0].locales == ("en", "sw-KE")


def test_what_says_the_same_is_no_new_version(market: Market) -> None:
    project_id = market.order()
    with pytest.raises(Conflict) as caught, market.as_(market.pm) as session:
        ontologies.publish_ontology(session, market.pm, project_id, ONTOLOGY)
    assert caught.value.code == "ontology.same"


def test_a_schema_of_another_task_type_is_refused(market: Market) -> None:
    project_id = market.order()
    other = {"task_type": "spans", "question": {"en": "?"}, "classes": [{"id": "a", "names": {"en": "A"}}]}
    with pytest.raises(Invalid) as caught, market.as_(market.pm) as session:
        ontologies.publish_ontology(session, market.pm, project_id, other)
    assert list(caught.value.fields) == ["task_type"]


def test_gaps_stand_in_the_order_of_mending() -> None:
    nothing = gaps_of(
        ontology_id=None, guideline_texts=None, locale="sw-KE", is_shut=True, units=0, has_rate=False, has_test=False
    )  # fmt: skip
    assert nothing == ("ontology", "guideline", "protection", "units", "rate", "test")
    unread = gaps_of(
        ontology_id="o", guideline_texts={"fr": "Oui"}, locale="sw-KE", is_shut=False, units=1, has_rate=True,
        has_test=False, without_test=True,
    )  # fmt: skip
    assert unread == ("guideline_locale",)


@pytest.mark.parametrize(
    ("texts", "readable"), [(["en"], True), (["sw"], True), (["sw-TZ"], True), (["fr"], False), ([], False)]
)
def test_a_guideline_is_read_in_the_language_or_in_english(texts: list[str], readable: bool) -> None:
    assert is_readable(texts, "sw-KE") is readable


def _delivered(market: Market, *, asked: int, settled: int) -> tuple[Work, str]:
    """A project of so many units, of which so many are settled and in a release that waits: (work, release)."""
    work = lane_with_people(market)
    with market.system() as session:
        session.get_one(Lane, work.lane_id).volume = asked
    for number in range(settled):
        work.settle(f"unit-{number}", ["refund", "refund"], "refund")
    with market.as_(market.pm) as session:
        ordered = releases.cut_release(session, market.pm, work.project_id)
    market.work()
    return work, ordered.id


def _accept(market: Market, release_id: str) -> None:
    with market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, release_id, accept=True)
    market.work()


def _states(market: Market) -> tuple[str, str]:
    with market.system() as session:
        return session.scalars(select(Project.state)).one(), session.scalars(select(Lane.state)).one()


def test_the_acceptance_of_all_that_was_asked_for_ends_the_project(market: Market) -> None:
    work, release_id = _delivered(market, asked=2, settled=2)
    assert _states(market) == ("draft", "draft")
    _accept(market, release_id)
    assert _states(market) == ("done", "done")
    (event,) = market.audited("project.finished")
    assert (event.object_ref, event.details) == (work.project_id, {"by": "acceptance"})
    with market.as_(market.pm) as session:  # what is done can be read, and released and taken away once more
        found = queries.project_of(session, work.project_id)
        assert found is not None and (found.row.state, found.settled) == ("done", 2)
        assert releases.note_download(session, market.pm, release_id, "labels.csv").size > 0
        assert len(session.scalars(select(Invoice)).all()) == 1
        assert releases.cut_release(session, market.pm, work.project_id).version == 2
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        units.add_units(session, market.pm, work.lane_id, [UnitIn({"text": "too late"})])
    with pytest.raises(Conflict), market.system() as session:
        projects.open_lane(session, market.pm, work.lane_id, without_test=True)


def test_gold_that_nobody_answered_keeps_no_project_open(market: Market) -> None:
    work, release_id = _delivered(market, asked=2, settled=2)
    work.settle("known", [], "refund")
    work.make_gold("known", "refund")
    with market.system() as session:
        session.get_one(Unit, work.units["known"]).state = "open"
    _accept(market, release_id)
    assert _states(market) == ("done", "done")


def test_a_part_of_the_units_ends_nothing(market: Market) -> None:
    _work, release_id = _delivered(market, asked=3, settled=2)
    _accept(market, release_id)
    assert _states(market) == ("draft", "draft")


def test_what_was_settled_after_the_release_waits_for_the_next_one(market: Market) -> None:
    work, release_id = _delivered(market, asked=2, settled=2)
    work.settle("one more", ["refund"], "refund")
    _accept(market, release_id)
    assert _states(market) == ("draft", "draft")


def test_a_client_ends_a_project_and_what_is_in_hands_is_answered_and_paid(market: Market) -> None:
    desk = open_desk(market, people=2, unit_count=3, overlap=1)
    task = desk.take(0)
    assert task is not None
    with market.as_(market.pm) as session:
        project_id = session.scalars(select(Project.id)).one()
        projects.finish_project(session, market.pm, project_id)
    assert _states(market) == ("done", "done")
    assert desk.take(1) is None
    assert not desk.answer(0, task).is_late
    assert desk.take(0) is None
    with market.as_(market.manager) as session:
        assert session.scalars(select(Earning.micros)).all() == [RATE]
    with market.system() as session:  # the one that was in hand is counted on its way and when it has arrived
        assert counting.count_lanes(session, system_actor("test")) == 1
        session.execute(update(Unit).where(Unit.state == "full").values(state="settled", label={"choice": "refund"}))
        assert counting.count_lanes(session, system_actor("test")) == 1
        assert counting.count_lanes(session, system_actor("test")) == 0
    with market.as_(market.pm) as session:
        found = queries.lane_of(session, desk.lane)
        assert found is not None and (found.settled, found.open_units) == (1, 2)
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        projects.finish_project(session, market.pm, project_id)
    (event,) = market.audited("project.finished")
    assert event.details == {"by": "hand"}


@pytest.mark.parametrize(
    ("who", "problem"), [("qa", Forbidden), ("manager", Forbidden), ("rival", NotFound), ("stranger", NotFound)]
)
def test_only_the_client_ends_a_project(market: Market, who: str, problem: type[Exception]) -> None:
    project_id = market.order()
    with pytest.raises(problem), market.as_(getattr(market, who)) as session:
        projects.finish_project(session, getattr(market, who), project_id)
