"""Lanes and versions: what must be there before work goes out, and who may say so."""

import pytest
from sqlalchemy import select

from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.models import Lane, Project
from marketplace.operations import ontologies, projects, units
from marketplace.queries import projects as queries
from marketplace.rules.lanes import gaps_of, is_readable
from marketplace.values.imports import UnitIn
from payouts.operations.rates import set_rate
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
        ontology_id=None, guideline_texts=None, locale="sw-KE", units=0, has_rate=False, has_test=False
    )  # fmt: skip
    assert nothing == ("ontology", "guideline", "units", "rate", "test")
    unread = gaps_of(
        ontology_id="o", guideline_texts={"fr": "Oui"}, locale="sw-KE", units=1, has_rate=True, has_test=False,
        without_test=True,
    )  # fmt: skip
    assert unread == ("guideline_locale",)


@pytest.mark.parametrize(
    ("texts", "readable"), [(["en"], True), (["sw"], True), (["sw-TZ"], True), (["fr"], False), ([], False)]
)
def test_a_guideline_is_read_in_the_language_or_in_english(texts: list[str], readable: bool) -> None:
    assert is_readable(texts, "sw-KE") is readable
