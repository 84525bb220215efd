"""Taking work: leasing the next unit of a lane that the person may see, by a pick that costs the same at any size.

The order is: what is kept for this person, what has come back, then the free slots after the person's place in the
lane. A guarded update and two unique constraints keep the overlap and "nobody twice"; a lost race is tried again.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import exists, insert, select, tuple_, update
from sqlalchemy.orm import Session

from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import not_found, require
from kernel.policy import Actor
from labeling.models import Item
from marketplace.models import Assignment, Lane, LanePerson, Project, Slot, Unit
from marketplace.operations.returning import expire_lane
from marketplace.policy import work_resource
from marketplace.queries.eligibility import facts_of, lanes_open_to
from marketplace.queries.work import open_task
from marketplace.values.work import NoWork, Task
from payouts.queries.rates import rate_of
from payouts.values import RateView
from workforce.models import Annotator

BAND_MOST = 50
_END = 1 << 62


def take_next(session: Session, actor: Actor, lane_id: str | None = None, *, key: str | None = None) -> Task | NoWork:
    """Lease the most useful unit that the actor may see; the unit they hold already, if they hold one.

    `key` is the caller's idempotency key: the same key answers with the same assignment.
    """
    annotator_id = _lock_person(session, actor)
    held = open_task(session, actor, key=key)
    if held is not None:
        return held
    person = facts_of(session, annotator_id)
    if person is None:
        raise not_found()
    candidates = lanes_open_to(session, person, lane_id)
    for lane, project, conditions in candidates:
        require(session, actor, "assignment:take", work_resource(lane, actor, conditions))
        rate = rate_of(session, lane.id, now_of(session))
        if rate is None:
            continue
        task = take_from(session, actor, annotator_id, lane, project, rate, key=key)
        if task is not None:
            return task
    return NoWork.ALL_WITH_OTHERS if candidates else NoWork.NOTHING_OPEN


def _lock_person(session: Session, actor: Actor) -> str:
    """The annotator's row, locked, so that two tabs of one person cannot both count no open lease."""
    found = session.scalar(
        select(Annotator.id)
        .where(Annotator.account_id == actor.account_id, Annotator.org_id == actor.org_id)
        .with_for_update()
    )
    if found is None:
        raise not_found()
    return found


def take_from(
    session: Session, actor: Actor, annotator_id: str, lane: Lane, project: Project, rate: RateView,
    *, key: str | None = None,
) -> Task | None:  # fmt: skip
    """Lease a unit of this lane to the person, or None when there is none for them."""
    place = _place(session, lane, annotator_id, actor)
    slot = _pick_kept(session, lane, annotator_id, place.taken) or _pick_returned(session, lane, actor)
    cursor = place.cursor
    if slot is None:
        slot, cursor = _pick_free(session, lane, actor, place)
    if slot is None and expire_lane(session, lane.id, limit=BAND_MOST):
        slot = _pick_returned(session, lane, actor)
    if slot is None:
        _move(session, place, cursor, lane.route_epoch, taken=place.taken)
        return None
    _move(session, place, cursor, place.route_epoch, taken=place.taken + 1)
    return _hand_out(session, actor, annotator_id, lane, project, slot, rate, key)


def _place(session: Session, lane: Lane, annotator_id: str, actor: Actor) -> LanePerson:
    place = session.scalars(
        select(LanePerson).where(LanePerson.lane_id == lane.id, LanePerson.annotator_id == annotator_id)
    ).one_or_none()
    if place is None:
        place = LanePerson(
            id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
            lane_id=lane.id, annotator_id=annotator_id, account_id=actor.account_id or "", cursor=-1, taken=0,
            planned_to=0, seed=ids.new_seed(), route_epoch=lane.route_epoch,
        )  # fmt: skip
        session.add(place)
        session.flush()
    return place


_Pick = tuple[str, int, int]  # unit, number of the slot, route key


def _pick_kept(session: Session, lane: Lane, annotator_id: str, taken: int) -> _Pick | None:
    chosen = (
        select(Slot.unit_id, Slot.slot_no)
        .where(
            Slot.kept_for == annotator_id,
            Slot.lane_id == lane.id,
            Slot.state == "kept",
            Slot.serve_from <= taken,
        )
        .order_by(Slot.serve_from, Slot.route_key)
        .limit(1)
    )
    return _claim(session, lane, chosen, "kept")


def _pick_returned(session: Session, lane: Lane, actor: Actor) -> _Pick | None:
    band = (
        select(Slot.unit_id, Slot.slot_no, Slot.back_at)
        .where(Slot.lane_id == lane.id, Slot.back_at.is_not(None), Slot.state == "free")
        .order_by(Slot.back_at)
        .limit(BAND_MOST)
        .subquery()
    )
    met = exists().where(Assignment.unit_id == band.c.unit_id, Assignment.account_id == actor.account_id)
    chosen = select(band.c.unit_id, band.c.slot_no).where(~met).order_by(band.c.back_at).limit(1)
    return _claim(session, lane, chosen, "free")


def _pick_free(session: Session, lane: Lane, actor: Actor, place: LanePerson) -> tuple[_Pick | None, int]:
    """The first free slot after the person's place; at the end, once more from the start if slots were added."""
    pick = _claim(session, lane, _free_after(lane, actor, place.cursor), "free")
    if pick is None and place.route_epoch < lane.route_epoch:
        place.route_epoch = lane.route_epoch
        pick = _claim(session, lane, _free_after(lane, actor, -1), "free")
    return pick, _END if pick is None else pick[2]


def _free_after(lane: Lane, actor: Actor, cursor: int) -> Any:
    met = exists().where(Assignment.unit_id == Slot.unit_id, Assignment.account_id == actor.account_id)
    return (
        select(Slot.unit_id, Slot.slot_no)
        .where(Slot.lane_id == lane.id, Slot.state == "free", Slot.route_key > cursor, ~met)
        .order_by(Slot.route_key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _claim(session: Session, lane: Lane, chosen: Any, state: str) -> _Pick | None:
    until = now_of(session) + timedelta(minutes=lane.lease_minutes)
    row = session.execute(
        update(Slot)
        .where(tuple_(Slot.unit_id, Slot.slot_no) == chosen.scalar_subquery(), Slot.state == state)
        .values(state="leased", lease_until=until, back_at=None)
        .returning(Slot.unit_id, Slot.slot_no, Slot.route_key),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    return (row.unit_id, row.slot_no, row.route_key) if row else None


def _move(session: Session, place: LanePerson, cursor: int, epoch: int, *, taken: int) -> None:
    if (cursor, epoch, taken) != (place.cursor, place.route_epoch, place.taken):
        place.cursor, place.route_epoch, place.taken = cursor, epoch, taken


def _hand_out(
    session: Session, actor: Actor, annotator_id: str, lane: Lane, project: Project, slot: _Pick, rate: RateView,
    key: str | None,
) -> Task:  # fmt: skip
    now, assignment_id = now_of(session), ids.new_id()
    unit_id, slot_no, _ = slot
    item_id, content = session.execute(
        select(Item.id, Item.content).join(Unit, Unit.item_id == Item.id).where(Unit.id == unit_id)
    ).one()
    until = now + timedelta(minutes=lane.lease_minutes)
    assert lane.ontology_id is not None and lane.guideline_id is not None, "an open lane has both"
    session.execute(
        insert(Assignment).values(
            id=assignment_id, org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
            lane_id=lane.id, unit_id=unit_id, item_id=item_id, slot_no=slot_no, annotator_id=annotator_id,
            account_id=actor.account_id, state="leased", epoch=1, leased_at=now, lease_until=until,
            rate_micros=rate.micros, currency=rate.currency, ontology_id=lane.ontology_id,
            guideline_id=lane.guideline_id, take_key=key,
        )
    )  # fmt: skip
    session.execute(
        update(Slot).where(Slot.unit_id == unit_id, Slot.slot_no == slot_no).values(assignment_id=assignment_id),
        execution_options={"synchronize_session": False},
    )
    audit.record(
        session, actor, "unit.taken", "assignment", assignment_id, org_id=lane.org_id,
        details={"lane": lane.id, "class": lane.classification}, link=lane.classification.startswith("restricted"),
    )  # fmt: skip
    return Task(
        assignment_id, 1, lane.id, project.name, lane.locale, lane.task_type, lane.classification, content,
        lane.ontology_id, lane.guideline_id, until, rate.micros, rate.currency, "leased", None, None,
    )  # fmt: skip
