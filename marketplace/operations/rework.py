"""Rework: a lot whose sample was rejected is done again, by more answers or by a review of each unit.

Its units are paid and decided like any others; its next sample is drawn when all of them are settled again.
"""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor, Resource
from marketplace.models import Lane, LotRework, Release, Unit
from marketplace.operations.loading import lane_for, project_for
from marketplace.operations.planting import plant_reviews
from marketplace.operations.settling import ask_more, ask_reviews, hold_units
from marketplace.queries.lots import accepted_at, newest_rework, told_of_lane, units_to_rework
from marketplace.rules.assurance import MOST_REWORKS, Lot, LotState, ReworkKind, kinds_of_rework
from marketplace.values.actions import Action

LONGEST_REASON = 4_000
CHUNK = 500


def order_rework(session: Session, actor: Actor, lane_id: str, kind: str, reason: str) -> Lot:
    """Have a rejected lot of a lane done again, with a reason that both sides read.

    Reviewing may be asked for by either side. Answers are paid by the vendor, so that it alone asks for more of them.
    """
    lane = lane_for(session, actor, lane_id, Action.LOT_REWORK)
    project = project_for(session, actor, lane.project_id, Action.LOT_REWORK)  # one order at a time
    chosen, told = _checked(kind, reason)
    if chosen is ReworkKind.ANSWERS:
        lane_for(session, actor, lane_id, Action.LOT_ANSWERS)
    since = accepted_at(session, project.id)
    lot, before = told_of_lane(session, lane, since)
    _ensure_may_begin(session, lane, lot, chosen, chosen in kinds_of_rework(lot, before))
    row = LotRework(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane.id, round=lot.reworks + 1, kind=chosen.value, state="ordered", reason=told, units=lot.units,
        left=lot.units, lot_since=since, asked_at=now_of(session), asked_by=actor.account_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    # Done in the client's name: leaving gold out takes reading it, which a vendor never may.
    job = REGISTRY["marketplace.rework_lot"]
    enqueue(session, job, actor=actor, org_id=lane.org_id, rework_id=row.id)
    audit.record(
        session, actor, "lot.rework", "lane", lane.id, org_id=lane.org_id,
        details={"rework": row.id, "round": row.round, "kind": row.kind},
    )  # fmt: skip
    return told_of_lane(session, lane, since)[0]


def _checked(kind: str, reason: str) -> tuple[ReworkKind, str]:
    told, faults = reason.strip(), {}
    if kind not in set(ReworkKind):
        faults["kind"] = _("Choose how it is done again.")
    if not 0 < len(told) <= LONGEST_REASON:
        faults["reason"] = _("Say why in at most %(most)s letters; both sides read it.", most=LONGEST_REASON)
    if faults:
        raise Invalid("lot.rework", _("Some of this is missing or wrong."), faults)
    return ReworkKind(kind), told


def _ensure_may_begin(session: Session, lane: Lane, lot: Lot, kind: ReworkKind, is_offered: bool) -> None:
    if lot.state is not LotState.REJECTED:
        raise Conflict("lot.not_rejected", _("Only a lot whose sample was rejected is done again."))
    if lot.reworks >= MOST_REWORKS:
        message = _(
            "This lot was done again %(times)s times, which is the most. The client may release it in spite of its"
            " sample.", times=MOST_REWORKS,
        )  # fmt: skip
        raise Conflict("lot.reworks", message)
    if not is_offered:
        raise Conflict("lot.reviewed", _("Reviewers have decided these labels; they are not put to a vote again."))
    if kind is ReworkKind.ANSWERS and lane.state not in ("open", "paused"):
        raise Conflict("lane.state", _("The lane is not in a state in which this can be done."))
    building = select(Release.id).where(Release.project_id == lane.project_id, Release.state == "building")
    if session.scalar(building.limit(1)) is not None:
        raise Conflict("release.building", _("A release is being built already."))


def rework_chunk(session: Session, actor: Actor, rework_id: str) -> int:
    """Give back some units of the lot to people, or to reviewers; 0 where all are. Reads gold.

    The order stays one until then, for what was given back first may be settled again before the rest is reached.
    """
    row = session.get(LotRework, rework_id, with_for_update=True)
    if row is None:
        raise not_found()
    require(session, actor, Action.RELEASE_BUILD, Resource("lot_rework", row.id, org_id=row.org_id))
    lane = session.get_one(Lane, row.lane_id)
    if row.begun_at is None:
        row.begun_at, row.units, row.left = now_of(session), 0, 0
    before = newest_rework(session, lane.id, row.lot_since, before=row.round)
    chosen = units_to_rework(session, lane, row.lot_since, row.id, before, CHUNK)
    if not chosen:
        row.state = "working" if row.state == "ordered" else row.state
        return 0
    hold_units(session, chosen)
    session.execute(
        update(Unit).where(Unit.id.in_(chosen)).values(rework_id=row.id),
        execution_options={"synchronize_session": False},
    )
    if row.kind == ReworkKind.ANSWERS:
        ask_more(session, lane.id, chosen, of=("settled",))
    else:
        ask_reviews(session, lane, [(unit_id, "rework") for unit_id in chosen], of="settled")
        plant_reviews(session, lane, chosen, why="rework")
    row.units, row.left = row.units + len(chosen), row.left + len(chosen)
    return len(chosen)


def count_rework(session: Session, actor: Actor, lane: Lane) -> None:
    """Keep how many units of a rework are not settled again; it is over when there are none. System scope."""
    row = session.scalars(select(LotRework).where(LotRework.lane_id == lane.id, LotRework.state == "working")).first()
    if row is None:
        return
    moving = select(func.count()).where(Unit.rework_id == row.id, Unit.state.in_(("open", "full", "review")))
    row.left = session.scalar(moving.select_from(Unit)) or 0
    if row.left == 0:
        row.state, row.done_at = "done", now_of(session)
        audit.record(
            session, actor, "lot.reworked", "lane", lane.id, org_id=lane.org_id,
            details={"rework": row.id, "units": row.units}, link=False,
        )  # fmt: skip
    session.flush()
