"""Jobs of work: plan what is kept for people, bring back what ran out, settle what is full."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.operations.drifting import drifted
from kernel.db import now_of
from kernel.jobs import Work, arguments_under_way, enqueue, job
from kernel.policy import Actor
from marketplace.models import Slot
from marketplace.operations import assurance, drifting, planning, proposals, returning, settling


@job(queue="urgent", every=timedelta(seconds=30))
def plan_work(session: Session, actor: Actor) -> dict[str, Any]:
    """Place kept slots ahead of people."""
    return {"placed": planning.plan_people(session, actor)}


@job(queue="urgent", every=timedelta(seconds=60))
def tidy_leases(session: Session, actor: Actor) -> dict[str, Any]:
    """Bring back slots whose lease has run out."""
    lanes = session.scalars(
        select(Slot.lane_id).where(Slot.state == "leased", Slot.lease_until <= now_of(session)).distinct().limit(200)
    ).all()
    return {"expired": sum(returning.expire_lane(session, actor, lane_id) for lane_id in lanes)}


@job(queue="default", every=timedelta(seconds=60))
def settle_work(session: Session, actor: Actor) -> dict[str, Any]:
    """Ask for one job per lane with full units, but for lanes that one is at work in."""
    busy = arguments_under_way(session, settle_one_lane)
    lanes = [lane for lane in settling.lanes_with_full_units(session, actor) if {"lane_id": lane} not in busy]
    stamp = int(now_of(session).timestamp())
    for lane_id in lanes:
        enqueue(session, settle_one_lane, lane_id=lane_id, dedupe=f"{lane_id}:{stamp // 60}")
    return {"lanes": len(lanes)}


@job(queue="default", long=True)
def settle_one_lane(work: Work, lane_id: str) -> dict[str, Any]:
    """Infer and settle one lane; whoever works there waits for a portion of it at most."""
    done = settling.settle_lane(work, lane_id)
    return {"settled": done.settled, "to_review": done.to_review, "asked_more": done.asked_more}


@job(queue="bulk", long=True)
def refit_lane(work: Work, lane_id: str) -> dict[str, Any]:
    """Give a lane's units as many places as its rules now say, portion by portion."""
    changed, after = int(work.step.get("changed", 0)), str(work.step.get("after", ""))
    while True:
        with work.transaction() as session:
            last, more = assurance.refit_chunk(session, work.actor, lane_id, after)
            if last is None:
                return {"changed": changed}
            after, changed = last, changed + more
            work.advance(session, changed, after=after, changed=changed)


@job(queue="bulk", long=True, every=timedelta(days=1))
def follow_alarms(work: Work) -> dict[str, Any]:
    """Have looked at again what rests on the answers of people whose error rate rose; once a day, as days are told."""
    with work.reading() as session:
        found = drifted(session, work.actor)
    return {"people": len(found), "units": work.each(found, drifting.look_again)}


@job(queue="bulk", long=True, every=timedelta(hours=1))
def propose_gold(work: Work) -> dict[str, Any]:
    """Propose settled units as gold, lane by lane; the client's people decide."""
    with work.reading() as session:
        lanes = proposals.lanes_to_propose(session, work.actor)
    return {"lanes": len(lanes), "proposed": work.each(lanes, proposals.propose_gold)}
