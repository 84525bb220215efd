"""Settling beside the work: no transaction is open while it thinks, and people are estimated anew when that is due."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from calibration import jobs as calibration_jobs
from calibration.models import Consensus, InferenceRun, Track
from calibration.operations import refitting, tracks
from calibration.operations.estimates import Collected, Estimate, estimate
from kernel import clock, jobs
from kernel.policy import system_actor
from kernel.tenancy import Scope
from marketplace.jobs import work as work_jobs
from marketplace.models import Lane, Review, Unit
from marketplace.queries.releases import settled_refs, settled_units
from marketplace.queries.reviews import review_counts
from tests.marketplace.delivered import lane_with_people
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market


def carried(market: Market, job: jobs.Job, **args: Any) -> dict[str, Any]:
    market.later(minutes=1)
    with market.system() as session:
        asked = jobs.enqueue(session, job, **args)
        assert asked is not None
        if job is work_jobs.settle_one_lane:
            assert jobs.arguments_under_way(session, job) == [args]
            assert work_jobs.settle_work.run(session, market.pm) == {"lanes": 0}, "one is at work there"
    with clock.use_clock(lambda: market.now):
        assert jobs.run_event(market.db, asked) == "done"
        with market.db.reading(Scope.system("test")) as session:
            told = jobs.progress(session, asked)
    assert told is not None
    return told.result


def answer(desk: Desk, count: int) -> None:
    for _ in range(count):
        task = desk.take(0)
        assert task is not None
        desk.answer(0, task)


def test_a_lane_is_inferred_beside_the_work_and_anew_only_when_that_is_due(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(market, people=1, unit_count=24, overlap=1)
    desk.change_lane(weak_below=0.0, review_share=0.0)
    fits: list[int] = []

    def estimate_while_others_write(collected: Collected, method: str) -> Estimate:
        fits.append(len(collected.frame))
        with market.system() as session:  # on SQLite nobody could, were a transaction that writes open
            session.execute(update(Lane).values(weak_below=0.0))
        return estimate(collected, method)

    monkeypatch.setattr(refitting, "estimate", estimate_while_others_write)
    answer(desk, 21)
    settled = {"settled": 21, "to_review": 0, "asked_more": 0}
    assert carried(market, work_jobs.settle_one_lane, lane_id=desk.lane) == settled
    answer(desk, 1)  # less than a twentieth more
    assert carried(market, work_jobs.settle_one_lane, lane_id=desk.lane)["settled"] == 1
    assert fits == [21]
    answer(desk, 1)
    assert carried(market, work_jobs.settle_one_lane, lane_id=desk.lane)["settled"] == 1
    assert fits == [21, 23]
    answer(desk, 1)
    market.later(days=1)
    assert carried(market, work_jobs.settle_one_lane, lane_id=desk.lane)["settled"] == 1
    assert fits == [21, 23, 24], "a day later"
    assert carried(market, calibration_jobs.infer_lanes) == {"lanes": 0}, "nothing was answered since"
    with market.system() as session:
        session.execute(update(InferenceRun).values(at=market.now - timedelta(days=9)))
    assert carried(market, calibration_jobs.infer_lanes) == {"lanes": 1}
    with market.system() as session:
        assert {unit.label["choice"] for unit in session.scalars(select(Unit)) if unit.label} == {"refund"}
        # What consensus says later of a unit that was settled is told, and changes nothing.
        refs = settled_refs(session, desk.lane)
        changed = refs[3].unit_id
        session.execute(update(Consensus).where(Consensus.unit_id == changed).values(label={"choice": "other"}))
        session.flush()
        lane = session.get_one(Lane, desk.lane)
        found = settled_units(session, lane.project_id, desk.lane, refs)
    assert [unit.unit_id for unit in found if unit.is_flipped] == [changed]
    assert {unit.label["choice"] for unit in found} == {"refund"}


def test_after_an_alarm_what_rests_on_a_persons_answers_since_the_change_is_looked_at_again(market: Market) -> None:
    work = lane_with_people(market)
    before = work.settle("before", ["refund"], "refund")
    market.later(minutes=10)
    work.grade("refund", "refund", 1)
    market.later(minutes=10)
    since = [work.settle(f"u{number}", ["refund"], "refund") for number in range(2)]
    others = work.settle("other", [], "refund")
    with market.system() as session:
        lane = session.get_one(Lane, work.lane_id)
        track = tracks.empty_track(
            lane.org_id, lane.vendor_org_id, lane.project_id, lane.id, work.people[0], market.now - timedelta(hours=1)
        )
        session.add(track)
    for _ in range(6):
        work.grade("refund", "other", 1)
        market.later(minutes=1)
    with market.system() as session:
        tracks.rebuild_track(session, system_actor("test"), work.lane_id, work.people[0])
        assert session.scalars(select(Track.alarms)).one() == 1
    assert carried(market, work_jobs.follow_alarms) == {"people": 1, "units": 2}
    assert carried(market, work_jobs.follow_alarms) == {"people": 0, "units": 0}
    with market.system() as session:
        assert {(row.unit_id, row.why) for row in session.scalars(select(Review))} == {(one, "again") for one in since}
        states = {unit.id: unit.state for unit in session.scalars(select(Unit))}
        assert [states[one] for one in (before, others, *since)] == ["settled", "settled", "review", "review"]
        (counted,), _after = review_counts(session)
        assert (counted.again, counted.total) == (2, 2)
        # A correction that takes the alarm back leaves nothing to follow up, and the next alarm is a new one.
        session.execute(update(Track).values(alarms=0))
    assert carried(market, work_jobs.follow_alarms) == {"people": 1, "units": 0}
