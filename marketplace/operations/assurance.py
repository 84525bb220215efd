"""How sure labels have to be: setting a lane's rules, and drawing the sample of what is to be released."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.errors import Conflict
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor, Resource
from marketplace.models import Assignment, Lane, LaneProgress, Project, Slot, Unit
from marketplace.operations.loading import lane_for, project_for
from marketplace.operations.settling import ask_more, ask_reviews, hold_units
from marketplace.queries.lots import (
    accepted_at,
    count_lot,
    exact_of,
    free_units,
    lanes_with_plan,
    lots_told,
    seen_before,
)
from marketplace.rules.assurance import Assurance, Lot, LotState, clean_assurance, is_looser
from marketplace.values.actions import Action

CHUNK = 500


def set_assurance(session: Session, actor: Actor, lane_id: str, asked: Assurance) -> Assurance:
    """Set a lane's rules: those of overlap hold for units that nobody has met, those of lots for the next release."""
    lane = lane_for(session, actor, lane_id, Action.PROJECT_CONFIGURE)
    rules = clean_assurance(lane.overlap, asked)
    if lane.state == "done":
        raise Conflict("lane.state", _("The lane is not in a state in which this can be done."))
    if is_looser(Assurance(lot_limit=lane.lot_limit, lot_allowed=lane.lot_allowed), rules):
        # Whoever is held to a plan cannot take it away: that is up to who may release in spite of it.
        lane_for(session, actor, lane_id, Action.RELEASE_DECIDE)
    before, had_plan = lane.overlap_least or lane.overlap, lane.lot_limit is not None
    lane.overlap_least, lane.overlap_target = rules.overlap_least, rules.overlap_target
    lane.lot_limit, lane.lot_allowed = rules.lot_limit, rules.lot_allowed
    if (lane.overlap_least or lane.overlap) != before:
        enqueue(session, REGISTRY["marketplace.refit_lane"], actor=actor, org_id=lane.org_id, lane_id=lane.id)
    if rules.lot_limit is not None and not had_plan:
        enqueue(session, REGISTRY["marketplace.count_lanes"])  # so that the sample's page need not wait for it
    audit.record(session, actor, "lane.assurance", "lane", lane.id, org_id=lane.org_id, details=asdict(rules))
    return rules


def refit_chunk(session: Session, actor: Actor, lane_id: str, after: str) -> tuple[str | None, int]:
    """Give some units of a lane, in the order of their ids, as many places as its rules now say.

    More go to every unit that waits for answers, fewer to those that nobody has met. A unit with a place that is kept
    for somebody stays as it is: whoever set that one knew how many there were. Returns the last unit that was looked
    at, None at the end, and how many changed.
    """
    lane = session.get(Lane, lane_id)
    if lane is None:
        raise not_found()
    places = lane.overlap_least or lane.overlap
    chosen = session.scalars(
        select(Unit.id)
        .where(
            Unit.lane_id == lane_id, Unit.id > after, Unit.state.in_(("open", "full")), Unit.overlap != places,
            _has_all(), ~_is_kept(),
        )
        .order_by(Unit.id)
        .limit(CHUNK)
    ).all()  # fmt: skip
    if not chosen:
        return None, 0
    raised: set[str] = set()
    more: Sequence[str] = chosen
    while more := ask_more(session, lane_id, more, of=("open", "full"), most=places):
        raised.update(more)
    lowered = take_back(session, chosen, places)
    return chosen[-1], len(raised) + len(lowered)


def take_back(session: Session, unit_ids: Sequence[str], places: int) -> Sequence[str]:
    """Leave those of these units that nobody has met with so many places; returns which had more."""
    hold_units(session, unit_ids)
    is_met = exists().where(Assignment.unit_id == Unit.id)
    is_used = exists().where(Slot.unit_id == Unit.id, Slot.state != "free")
    untouched = session.scalars(
        select(Unit.id).where(
            Unit.id.in_(unit_ids), Unit.state == "open", Unit.overlap > places, _has_all(), ~_is_kept(), ~is_met,
            ~is_used,
        )
    ).all()  # fmt: skip
    quiet = {"synchronize_session": False}
    session.execute(delete(Slot).where(Slot.unit_id.in_(untouched), Slot.slot_no > places), execution_options=quiet)
    session.execute(update(Slot).where(Slot.unit_id.in_(untouched)).values(overlap=places), execution_options=quiet)
    session.execute(update(Unit).where(Unit.id.in_(untouched)).values(overlap=places), execution_options=quiet)
    return untouched


def _has_all() -> ColumnElement[bool]:
    """Whether a unit has all its places; those of known units are made one by one, for the people they check."""
    return select(func.count()).where(Slot.unit_id == Unit.id).scalar_subquery() == Unit.overlap


def _is_kept() -> ColumnElement[bool]:
    return exists().where(Slot.unit_id == Unit.id, Slot.kept_for.is_not(None))


def draw_sample(session: Session, actor: Actor, project_id: str) -> list[Lot]:
    """Have a random sample of each lot reviewed, as large as its plan asks; what was drawn already counts."""
    project = project_for(session, actor, project_id, Action.RELEASE_CUT)
    lots = lots_told(session, project_id)
    if not lots:
        raise Conflict("release.no_plan", _("No lane of this project has a plan for samples. Set one first."))
    if all(lot.state is LotState.REWORK for lot in lots):
        raise Conflict("lot.rework", _("The lot is being done again; its next sample is drawn when that is over."))
    # Drawn in the client's name: leaving gold out takes reading it, which a vendor never may.
    job = REGISTRY["marketplace.draw_lots"]
    enqueue(session, job, actor=actor, org_id=project.org_id, project_id=project.id)
    audit.record(session, actor, "release.sample", "project", project.id, org_id=project.org_id)
    return lots


def draw_lots(session: Session, actor: Actor, project_id: str) -> int:
    """Ask for the reviews that samples lack, of settled units drawn at random; returns how many. Reads gold."""
    project = session.get(Project, project_id, with_for_update=True)  # one draw at a time, and none during an order
    if project is None:
        raise not_found()
    require(session, actor, Action.RELEASE_BUILD, Resource("project", project.id, org_id=project.org_id))
    since = accepted_at(session, project_id)
    drawn = 0
    for lane in lanes_with_plan(session, project_id):
        free = free_units(session, lane, since)
        lot = exact_of(session, lane, since, rest=len(free))
        if lot.state is LotState.REWORK:
            continue
        seed = ids.repeatable(f"lot:{lane.id}:{lot.asked}:{since}:{lot.reworks}")
        chosen = seed.sample(free, min(len(free), max(0, lot.needed - lot.asked)))
        seen = seen_before(session, lane, chosen)
        wanted = [(unit_id, "second" if unit_id in seen else "sample") for unit_id in chosen]
        ask_reviews(session, lane, wanted, of="settled")
        row = session.get(LaneProgress, lane.id)
        if row is not None:
            count_lot(session, lane, row)  # what was drawn is no part of the rest any more
        drawn += len(chosen)
    return drawn
