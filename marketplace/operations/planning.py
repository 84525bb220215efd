"""Planning: units kept for a person, directly assigned by the vendor or placed among their work by the planner.

Both are slots kept for a person and served once they have taken so many units of the lane; nothing in a slot, a unit or
an assignment tells one from the other. The planner runs in the system's name, ahead of the person's own pace.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import BindParameter, Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from calibration.operations import exposures
from calibration.queries import gold_candidates, gold_rate_of
from i18n import _, ngettext
from kernel import audit, ids
from kernel.errors import Conflict
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from marketplace.models import Assignment, Lane, LanePerson, Slot, Unit
from marketplace.operations.taking import forget_ahead
from marketplace.policy import lane_resource
from marketplace.rules.eligibility import open_classes
from workforce.models import Annotator
from workforce.values import rank_of

AHEAD = 30
RENEW_WITHIN = 10


def assign_units(session: Session, actor: Actor, lane_id: str, annotator_id: str, unit_ids: Sequence[str]) -> int:
    """Keep a free slot of each unit for one person, in the given order: a vendor's right. Returns how many."""
    lane, person = session.get(Lane, lane_id), session.get(Annotator, annotator_id)
    if lane is None or person is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, lane.project_id)
    require(session, actor, "unit:assign", lane_resource(lane, rights))
    free = _first_free(session, lane, unit_ids)
    met = set(_MET_BY.run(session, p_account=person.account_id, p_units=list(unit_ids)).scalars())
    missing = [unit_id for unit_id in unit_ids if unit_id not in free or unit_id in met]
    if missing:
        raise Conflict(
            "unit.no_slot",
            ngettext(
                "%(num)s of these units has no free place for this person.",
                "%(num)s of these units have no free place for this person.", len(missing),
            ),
            units=missing[:20],
        )  # fmt: skip
    last = _last_assigned(session, lane, annotator_id)
    wanted = [
        {"p_unit": unit_id, "p_slot": free[unit_id], "p_person": annotator_id, "p_from": last - place}
        for place, unit_id in enumerate(unit_ids, start=1)
    ]
    if wanted and _KEEP.run_all(session, wanted) != len(wanted):
        raise Conflict("unit.no_slot", _("Somebody else has just taken one of these units. Try again."))
    forget_ahead(session)
    audit.record(
        session, actor, "units.assigned", "lane", lane.id, org_id=lane.org_id,
        details={"annotator": annotator_id, "units": len(unit_ids)}, link=False,
    )  # fmt: skip
    return len(unit_ids)


def _first_free(session: Session, lane: Lane, unit_ids: Sequence[str]) -> dict[str, int]:
    rows = _FIRST_FREE.run(session, p_lane=lane.id, p_units=list(unit_ids))
    return {row[0]: row[1] for row in rows}


def _last_assigned(session: Session, lane: Lane, annotator_id: str) -> int:
    """Assigned units have places below zero, served downwards, so that they keep their order and are due at once."""
    return _LOWEST.run(session, p_annotator=annotator_id, p_lane=lane.id).scalar() or 0


_SLOT, _UNIT, _ASSIGNMENT = table_of(Slot), table_of(Unit), table_of(Assignment)
_AMONG: BindParameter[list[str]] = bindparam("p_units", expanding=True)
# From the units to their slots: a lane has more free slots than these units have.
_FIRST_FREE = Hot(
    select(_SLOT.c.unit_id, func.min(_SLOT.c.slot_no))
    .select_from(_UNIT.join(_SLOT, _SLOT.c.unit_id == _UNIT.c.id))
    .where(_UNIT.c.id.in_(_AMONG), _UNIT.c.lane_id == bindparam("p_lane"), _SLOT.c.state == "free")
    .group_by(_SLOT.c.unit_id)
)
_MET_BY = Hot(
    select(_ASSIGNMENT.c.unit_id).where(
        _ASSIGNMENT.c.account_id == bindparam("p_account"), _ASSIGNMENT.c.unit_id.in_(_AMONG)
    )
)
_LOWEST = Hot(
    select(func.min(_SLOT.c.serve_from)).where(
        _SLOT.c.kept_for == bindparam("p_annotator"), _SLOT.c.lane_id == bindparam("p_lane"), _SLOT.c.state == "kept",
        _SLOT.c.serve_from < 0,
    )
)  # fmt: skip
_KEEP = Hot(
    update(_SLOT)
    .where(
        _SLOT.c.unit_id == bindparam("p_unit"), _SLOT.c.slot_no == bindparam("p_slot"), _SLOT.c.state == "free"
    )
    .values(state="kept", kept_for=bindparam("p_person"), serve_from=bindparam("p_from"), back_at=None)
)  # fmt: skip


RateOf = Callable[[Session, str, str], float]
"""The share of checks in the next work of somebody in a lane: of (session, lane, annotator)."""


def plan_people(session: Session, actor: Actor, limit: int = 200, *, rate_of: RateOf = gold_rate_of) -> int:
    """Place what is to be checked among the work ahead of each person who will soon need it; returns how many slots.

    System scope. The draw of each person in each lane follows from their stored seed and the place, so that planning
    again places nothing twice.
    """
    due = session.execute(
        select(LanePerson, Lane)
        .join(Lane, Lane.id == LanePerson.lane_id)
        .where(Lane.state == "open", LanePerson.planned_to < LanePerson.taken + RENEW_WITHIN)
        .order_by(LanePerson.id)
        .limit(limit)
    ).all()
    return sum(_plan(session, actor, person, lane, rate_of) for person, lane in due)


def _plan(session: Session, actor: Actor, person: LanePerson, lane: Lane, rate_of: RateOf) -> int:
    start, end = max(person.planned_to, person.taken + 1), person.taken + AHEAD
    rate = rate_of(session, lane.id, person.annotator_id)
    places = [place for place in range(start, end) if ids.repeatable(f"{person.seed}:{place}").random() < rate]
    beyond = out_of_reach(session, person, lane) if places else None
    item_ids = gold_candidates(session, lane.id, person.account_id, len(places), beyond=beyond)
    placed = 0
    for place, item_id in zip(places, item_ids, strict=False):
        placed += _place(session, actor, person, lane, item_id, place)
    person.planned_to = end
    return placed


def out_of_reach(session: Session, person: LanePerson, lane: Lane) -> Select[str] | None:
    """The items of a lane whose units are of classes that the person has no clearance for: no check is wasted there."""
    raised = select(Unit.id).where(Unit.project_id == lane.project_id, Unit.classification.is_not(None)).limit(1)
    if session.scalar(raised) is None:
        return None
    proven = session.get_one(Annotator, person.annotator_id)
    still = open_classes(proven.clearance, has_identity=proven.identity_verified_at is not None)
    return select(Unit.item_id).where(Unit.lane_id == lane.id, Unit.classification.not_in(still))


def _place(session: Session, actor: Actor, person: LanePerson, lane: Lane, item_id: str, place: int) -> int:
    # A known answer may outlive its unit: taken out, it is nobody's work again, whatever is thought of the answer.
    unit = session.scalars(
        select(Unit)
        .where(Unit.lane_id == lane.id, Unit.item_id == item_id, Unit.state != "cancelled")
        .with_for_update()
    ).one_or_none()
    if unit is None:
        return 0
    used = session.scalar(select(func.coalesce(func.max(Slot.slot_no), 0)).where(Slot.unit_id == unit.id)) or 0
    met = session.scalar(
        select(Assignment.id).where(Assignment.unit_id == unit.id, Assignment.account_id == person.account_id)
    )
    if used >= unit.overlap or met is not None:
        return 0
    session.add(
        Slot(
            unit_id=unit.id, slot_no=used + 1, org_id=lane.org_id, vendor_org_id=lane.vendor_org_id,
            project_id=lane.project_id, overlap=unit.overlap, lane_id=lane.id, route_key=ids.new_route_key(),
            state="kept", kept_for=person.annotator_id, serve_from=place,
            class_rank=rank_of(unit.classification) if unit.classification else 0,
        )
    )  # fmt: skip
    session.flush()
    forget_ahead(session)
    exposures.note(session, actor, lane.org_id, lane.vendor_org_id, lane.project_id, person.account_id, item_id, "live")
    return 1
