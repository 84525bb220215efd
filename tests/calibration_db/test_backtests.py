"""Backtests over the events in the database: what the rule would have done is what it does."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from calibration import jobs, lanes
from calibration.models import Backtest, GateFiring
from calibration.operations import backtests, rulebook
from calibration.queries.gates import firings_of
from kernel import clock, ids
from kernel.jobs import drain
from kernel.policy import Actor, Role
from tests.calibration_db.test_grading import answer_gold
from tests.calibration_db.world import GRADER, World

RULE: dict[str, Any] = {
    "name": "strict", "metric": "accuracy_upper", "action": "pause", "limit": 0.8, "certainty": 0.9, "release": None,
    "minimum_checks": 20, "pause_days": 7,
}  # fmt: skip


def worked(world: World) -> None:
    """Two people answer day by day, graded as they go: one well, one ever worse."""
    world.hire("Asha", "Juma")
    items = world.add_gold(48, "live")
    for day in range(6):
        answer_gold(world, "Asha", items[day * 8 : day * 8 + 8], rights=8)
        answer_gold(world, "Juma", items[day * 8 : day * 8 + 8], rights=7 - day)
        world.grade()
        world.later(hours=20)


def test_a_rule_tried_on_what_happened_finds_whom_it_pauses_when_it_is_in_force(world: World) -> None:
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, **RULE)
    worked(world)
    with world.system() as session:
        fired = session.scalars(select(GateFiring)).one()
        (people,) = [backtests.subjects_of(session, GRADER, None, world.lane)]
        found = backtests.replay(session, GRADER, backtests.proposal_of(RULE), people, {})
        acts = {each.subject.annotator_id: each.acts for each in found}
    assert acts[world.people["Asha"][0]] == []
    (act,) = acts[world.people["Juma"][0]]
    assert fired.annotator_id == world.people["Juma"][0]
    # The rule itself is asked after each round of grading, the replay after each answer of the round.
    assert 0 <= fired.checks - act.checks < 8
    assert act.at.date() == fired.fired_at.date()


def test_a_backtest_is_carried_by_a_job_and_tells_days_steps_and_tens(world: World) -> None:
    worked(world)
    with world.in_vendor() as session:
        asked = jobs.begin_backtest(session, world.as_vendor(), world.lane, **RULE)
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.85)
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    with world.in_client() as session:
        row = session.scalars(select(Backtest)).one()
    assert (row.id, row.people, row.done) == (asked, 2, 2)
    assert row.finished_at is not None
    told = row.result
    assert (told["people"], told["acted"], told["answers"]) == (2, 1, 90), "in tens"
    assert 0 <= told["wrong_prevented"] <= told["prevented"] < 48
    assert told["wrong_prevented"] % 10 == told["prevented"] % 10 == 0
    assert [(each["locale"], each["people"], each["acted"]) for each in told["locales"]] == [("sw-KE", 2, 1)]
    (line,) = told["rows"]
    assert (line["annotator_id"], line["checks"] % 10) == (world.people["Juma"][0], 0)
    assert {line[name] for name in ("accuracy", "low", "high")} <= {round(step * 0.05, 2) for step in range(21)}
    lane = {"lane_id": world.lane}
    assert told["others"] == [lane | {"name": "accuracy", "both": 1, "only_this": 0, "only_other": 0}]
    assert told["contradictions"] == [lane | {"code": "never_acts", "other": "accuracy"}]


def test_over_a_project_each_lane_is_held_against_its_own_rules(world: World) -> None:
    worked(world)
    here, there = world.lane, ids.new_id()
    lanes.use_provider(
        lambda session, lane_id, person=None: (
            replace(facts, id=lane_id) if (facts := world.facts(session, world.lane, person)) else None
        )
    )
    world.lane = there
    answer_gold(world, "Asha", world.add_gold(30, "live"), rights=5)
    world.grade()
    world.later(days=2)
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), there, limit=0.85)
        asked = jobs.begin_backtest(session, world.as_vendor(), here, wide=True, **RULE)
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    with world.in_client() as session:
        told = session.get_one(Backtest, asked).result
    assert [(each["code"], each["other"], each["lane_id"]) for each in told["contradictions"]] == [
        ("never_acts", "accuracy", there)
    ]
    assert told["others"] == [{"lane_id": there, "name": "accuracy", "both": 1, "only_this": 0, "only_other": 0}], (
        "Juma, whom the rule pauses in the other lane, is not counted beside a rule that is not in force there"
    )
    assert told["acted"] == 2


def test_a_vendor_cannot_tell_single_checks_from_what_a_finer_rule_would_have_done(world: World) -> None:
    fine = RULE | {"limit": 0.8123, "certainty": 0.8876, "minimum_checks": 11}
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, **RULE)
        asked = backtests.ask_backtest(session, world.as_vendor(), world.lane, **fine)
        tried = session.get_one(Backtest, asked).rule
        assert (tried["limit"], tried["certainty"], tried["minimum_checks"]) == (0.8, 0.9, 20)
    with world.in_client() as session:
        judge = Actor("judge", world.client, Role.CLIENT_QA, org_kind="client")
        asked = backtests.ask_backtest(session, judge, world.lane, **fine)
        assert session.get_one(Backtest, asked).rule["limit"] == 0.8123
    world.hire("Asha")
    answer_gold(world, "Asha", world.add_gold(30, "live"), rights=5)
    world.grade()
    for hours, seen in ((0, 0), (24, 30)):
        world.later(hours=hours)
        with clock.use_clock(lambda: world.now), world.system() as session:
            people = backtests.subjects_of(session, GRADER, None, world.lane)
            (found,) = backtests.replay(session, GRADER, backtests.proposal_of(RULE), people, {})
            assert (found.checked, found.answered, bool(found.acts)) == (seen, seen, seen > 0), "no day before its end"
    with world.in_vendor() as session:
        (told,) = firings_of(session, world.lane)
    with world.in_client() as session:
        (exact,) = firings_of(session, world.lane)
    assert told.fired_at == exact.fired_at.replace(hour=0, minute=0, second=0, microsecond=0) < exact.fired_at
