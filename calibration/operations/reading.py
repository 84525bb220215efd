"""Reads that ask for permission first: what a lane's pages and API show to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from calibration.contents import readable
from calibration.lanes import find_lane, lane_of
from calibration.policy import (
    GATE_SET,
    GOLD_READ,
    LANE_QUALITY,
    OWN_QUALITY,
    PERSON_QUALITY,
    QUALIFICATION_WAIVE,
    TEST_READ,
    lane_resource,
)
from calibration.queries.backtests import BacktestView, backtest_of, backtests_of
from calibration.queries.fairness import Fairness, fairness_of
from calibration.queries.gates import FiringView, GateView, firings_of, firings_on, gate_of, rules_of
from calibration.queries.gold import FormView, KeyView, forms_of_project, keys_of_project
from calibration.queries.history import QualityHistory, history_of
from calibration.queries.lanes import LaneAgreement, LaneQuality, agreement_across, quality_of_lane
from calibration.queries.overlap import OverlapLine, overlap_plan
from calibration.queries.pace import Pace, pace_of
from calibration.queries.people import (
    PoolQuality,
    ShownQuality,
    person_of_account,
    pseudonyms,
    quality_of_person,
    quality_of_pool,
    shown_in_lane,
)
from calibration.queries.roster import Candidate, candidates
from calibration.queries.tests import TestView, open_test
from calibration.queries.weeks import LaneWeek, weeks_of_lane
from calibration.values import LaneFacts
from i18n import Message
from kernel.db import now_of, scope_of
from kernel.guard import check, not_found, require
from kernel.policy import Actor, Resource
from labeling.queries.versions import newest_versions

LANES_MOST = 20


@dataclass(frozen=True, slots=True)
class LanePage:
    """A lane's quality with its people (as pseudonyms) and its rule."""

    lane: LaneFacts
    quality: LaneQuality
    people: tuple[tuple[str, ShownQuality], ...]
    gate: GateView | None
    fairness: Fairness
    pace: Pace | None
    overlap: tuple[OverlapLine, ...]
    agreement: tuple[LaneAgreement, ...]
    weeks: tuple[LaneWeek, ...]


def lane_quality(session: Session, actor: Actor, lane_id: str) -> LanePage:
    """What this reader may know of a lane's quality."""
    lane = lane_of(session, lane_id)
    require(session, actor, LANE_QUALITY, lane_resource(session, actor, lane))
    shown = shown_in_lane(session, lane_id, limit=50)
    names = pseudonyms(session, [row.annotator_id for row in shown])
    people = tuple((names[row.annotator_id], row) for row in shown if row.annotator_id in names)
    fairness, pace = fairness_of(session, lane.project_id, lane.org_id), pace_of(session, lane_id, lane.org_id)
    return LanePage(lane, quality_of_lane(session, lane_id), people, gate_of(session, lane_id), fairness, pace,
                    overlap_plan(session, lane), agreement_across(session, lane.project_id),
                    weeks_of_lane(session, lane_id, lane.org_id))  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person's quality in a lane over time, with the rules that hold for them and how these have acted."""

    lane: LaneFacts
    pseudonym: str
    history: QualityHistory
    gates: tuple[GateView, ...]
    firings: tuple[FiringView, ...]


def person_quality(
    session: Session, actor: Actor, lane_id: str, annotator_id: str, *, as_of: date | None = None
) -> PersonPage:
    """For the vendor: one of its people in a lane, over time."""
    lane = lane_of(session, lane_id)
    require(session, actor, PERSON_QUALITY, lane_resource(session, actor, lane))
    return _person_page(session, lane, annotator_id, as_of)


def own_quality(session: Session, actor: Actor, lane_id: str, *, as_of: date | None = None) -> PersonPage:
    """One's own quality in a lane over time: the same figures that the vendor sees."""
    require(session, actor, OWN_QUALITY, Resource("quality", owner_account_id=actor.account_id))
    person = person_of_account(session, actor.account_id, actor.org_id)
    if person is None:
        raise not_found()
    return _person_page(session, lane_of(session, lane_id), person.annotator_id, as_of)


def person_by_lane(session: Session, actor: Actor, annotator_id: str) -> list[tuple[LaneFacts, ShownQuality]]:
    """For the vendor: how good one of its people is, in each lane whose people the actor may look at."""
    rows = quality_of_person(session, annotator_id, limit=LANES_MOST)
    found = ((_readable_lane(session, actor, row.lane_id), row) for row in rows)
    return [(lane, row) for lane, row in found if lane]


def pool_by_lane(session: Session, actor: Actor, pool_id: str) -> list[tuple[LaneFacts, PoolQuality]]:
    """For the vendor: how good the people of a pool are together, in each lane whose people the actor may look at."""
    rows = quality_of_pool(session, pool_id, limit=LANES_MOST)
    found = ((_readable_lane(session, actor, row.lane_id), row) for row in rows)
    return [(lane, row) for lane, row in found if lane]


def _readable_lane(session: Session, actor: Actor, lane_id: str) -> LaneFacts | None:
    lane = find_lane(session, lane_id)
    if lane is None:
        return None
    is_allowed = check(actor, PERSON_QUALITY, lane_resource(session, actor, lane), now_of(session)).allow
    return lane if is_allowed else None


def _person_page(session: Session, lane: LaneFacts, annotator_id: str, as_of: date | None) -> PersonPage:
    names = pseudonyms(session, [annotator_id])
    if not names:
        raise not_found()
    history = history_of(session, lane.id, annotator_id, lane.org_id, as_of=as_of)
    rules = tuple(rule for rule in rules_of(session, lane.id) if rule.is_active)
    return PersonPage(lane, names[annotator_id], history, rules, firings_on(session, lane.id, annotator_id))


@dataclass(frozen=True, slots=True)
class RulesPage:
    """A lane's rules, those before them, and how they have acted of late (people as pseudonyms)."""

    lane: LaneFacts
    rules: tuple[GateView, ...]
    firings: tuple[tuple[str, FiringView], ...]


def lane_gates(session: Session, actor: Actor, lane_id: str) -> RulesPage:
    """A lane's rules about people, every version of each, the newest first."""
    lane = lane_of(session, lane_id)
    require(session, actor, LANE_QUALITY, lane_resource(session, actor, lane))
    firings = firings_of(session, lane_id)
    names = pseudonyms(session, [firing.annotator_id for firing in firings])
    told = tuple((names[firing.annotator_id], firing) for firing in firings if firing.annotator_id in names)
    return RulesPage(lane, rules_of(session, lane_id), told)


def lane_people(
    session: Session,
    actor: Actor,
    lane_id: str,
    *,
    text: str = "",
    is_ranked: bool = False,
    least: float | None = None,
    after: str | None = None,
    limit: int = 25,
) -> tuple[LaneFacts, list[Candidate], str | None]:
    """For the vendor: who of its people could work in a lane, and what lets each of them in or keeps them out."""
    lane = lane_of(session, lane_id)
    require(session, actor, QUALIFICATION_WAIVE, lane_resource(session, actor, lane))
    people, next_after = candidates(
        session, lane, text=text, is_ranked=is_ranked, least=least, after=after, limit=limit
    )
    return lane, people, next_after


def lane_test(session: Session, actor: Actor, lane_id: str) -> tuple[LaneFacts, TestView | None]:
    """A lane and the test it asks for at present."""
    lane = lane_of(session, lane_id)
    require(session, actor, TEST_READ, lane_resource(session, actor, lane))
    return lane, open_test(session, lane_id)


def gold_forms(session: Session, actor: Actor, project_id: str) -> list[FormView]:
    """How hard each language's exam is for the same person, for the client alone."""
    require(session, actor, GOLD_READ, Resource("gold", project_id, org_id=scope_of(session).org_id))
    if newest_versions(session, project_id).ontology is None:
        raise not_found()
    return forms_of_project(session, project_id)


def gold_of_project(
    session: Session, actor: Actor, project_id: str, *, pool: str | None = None, after: str | None = None,
    limit: int = 50,
) -> tuple[list[KeyView], str | None]:  # fmt: skip
    """A client's own keys. The scope keeps to its organization; a project without a label schema has none.

    What an item says is shown to whoever its class lets read it, and that reading is noted where the class asks so.
    """
    require(session, actor, GOLD_READ, Resource("gold", project_id, org_id=scope_of(session).org_id))
    if newest_versions(session, project_id).ontology is None:
        raise not_found()
    keys, next_after = keys_of_project(session, project_id, pool=pool, after=after, limit=limit)
    may_read = readable(session, actor, project_id, {key.item_id for key in keys})
    return [key if key.item_id in may_read else _withheld(key) for key in keys], next_after


def _withheld(key: KeyView) -> KeyView:
    """A key whose item is of a class that asks more of its reader: that it is there, and nothing of what it says."""
    return replace(key, content={}, truth={}, category=None, explanation="")


@dataclass(frozen=True, slots=True)
class BacktestsPage:
    """A lane's backtests, and the one looked at, its people named by their pseudonyms and its lanes by their names."""

    lane: LaneFacts
    backtests: tuple[BacktestView, ...]
    shown: BacktestView | None
    names: Mapping[str, str]
    lanes: Mapping[str, str | Message]


def lane_backtests(session: Session, actor: Actor, lane_id: str, backtest_id: str | None = None) -> BacktestsPage:
    """What replaying proposed rules over a lane has found."""
    lane = lane_of(session, lane_id)
    require(session, actor, GATE_SET, lane_resource(session, actor, lane))
    shown = backtest_of(session, lane_id, backtest_id) if backtest_id else None
    if backtest_id and shown is None:
        raise not_found()
    rows = shown.result.get("rows", ()) if shown else ()
    names = pseudonyms(session, {row["annotator_id"] for row in rows})
    beside = [*shown.result.get("others", ()), *shown.result.get("contradictions", ())] if shown else []
    facts = [find_lane(session, each) for each in {row["lane_id"] for row in beside} - {None}]
    lanes = {each.id: each.name for each in facts if each}
    return BacktestsPage(lane, tuple(backtests_of(session, lane_id)), shown, names, lanes)
