"""How sure labels have to be: setting a lane's rules, and drawing the sample of what is to be released."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.errors import Conflict
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor, Resource
from marketplace.models import Assignment, Lane, Project, Review, Slot, Unit
from marketplace.operations.loading import lane_for, project_for
from marketplace.operations.settling import ask_more, ask_reviews
from marketplace.queries.imports import items_never_work
from marketplace.queries.lots import accepted_at, lots_of
from marketplace.rules.assurance import Assurance, Lot, clean_assurance
from marketplace.values.actions import Action


def set_assurance(session: Session, actor: Actor, lane_id: str, asked: Assurance) -> Assurance:
    """Set a lane's rules: those of overlap hold for units that nobody has met, those of lots for the next release."""
    lane = lane_for(session, actor, lane_id, Action.PROJECT_CONFIGURE)
    rules = clean_assurance(lane.overlap, asked)
    if lane.state == "done":
        raise Conflict("lane.state", _("The lane is not in a state in which this can be done."))
    before = lane.overlap_least or lane.overlap
    lane.overlap_least, lane.overlap_target = rules.overlap_least, rules.overlap_target
    lane.lot_limit, lane.lot_allowed = rules.lot_limit, rules.lot_allowed
    session.flush()
    _refit(session, lane, before, lane.overlap_least or lane.overlap)
    audit.record(session, actor, "lane.assurance", "lane", lane.id, org_id=lane.org_id, details=asdict(rules))
    return rules


def _refit(session: Session, lane: Lane, before: int, after: int) -> None:
    """Units that the rules have not touched yet begin with as many places as they now say.

    A unit with a place that is kept for somebody stays as it is: whoever set that one knew how many there were.
    """
    is_kept = exists().where(Slot.unit_id == Unit.id, Slot.kept_for.is_not(None))
    has_all = select(func.count()).where(Slot.unit_id == Unit.id).scalar_subquery() == Unit.overlap
    mine = [Unit.lane_id == lane.id, Unit.overlap == before, ~is_kept, has_all]
    if after < before:
        is_met = exists().where(Assignment.unit_id == Unit.id)
        chosen = session.scalars(select(Unit.id).where(*mine, Unit.state == "open", ~is_met)).all()
        for chunk in _chunks(chosen):
            quiet = {"synchronize_session": False}
            session.execute(delete(Slot).where(Slot.unit_id.in_(chunk), Slot.slot_no > after), execution_options=quiet)
            session.execute(update(Slot).where(Slot.unit_id.in_(chunk)).values(overlap=after), execution_options=quiet)
            session.execute(update(Unit).where(Unit.id.in_(chunk)).values(overlap=after), execution_options=quiet)
    elif after > before:
        chosen = session.scalars(select(Unit.id).where(*mine, Unit.state.in_(("open", "full")))).all()
        for chunk in _chunks(chosen):
            for _more in range(after - before):
                ask_more(session, lane.id, chunk)


def _chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + 500] for start in range(0, len(values), 500)]


def draw_sample(session: Session, actor: Actor, project_id: str) -> list[Lot]:
    """Have a random sample of each lot reviewed, as large as its plan asks; what was drawn already counts."""
    project = project_for(session, actor, project_id, Action.RELEASE_CUT)
    lots = lots_of(session, project_id)
    if not lots:
        raise Conflict("release.no_plan", _("No lane of this project has a plan for samples. Set one first."))
    # Drawn in the client's name: leaving gold out takes reading it, which a vendor never may.
    job = REGISTRY["marketplace.draw_lots"]
    enqueue(session, job, actor=actor, org_id=project.org_id, project_id=project.id)
    audit.record(session, actor, "release.sample", "project", project.id, org_id=project.org_id)
    return lots


def draw_lots(session: Session, actor: Actor, project_id: str) -> int:
    """Ask for the reviews that samples lack, of settled units drawn at random; returns how many. Reads gold."""
    project = session.get(Project, project_id)
    if project is None:
        raise not_found()
    require(session, actor, Action.RELEASE_BUILD, Resource("project", project.id, org_id=project.org_id))
    since = accepted_at(session, project_id)
    drawn = 0
    for lot in lots_of(session, project_id):
        lane = session.get_one(Lane, lot.lane_id)
        of_lot = [Unit.lane_id == lane.id, Unit.state == "settled", Unit.label_source == "consensus"]
        if since is not None:
            of_lot.append(Unit.settled_at > since)
        is_looked_at = exists().where(Review.unit_id == Unit.id, Review.org_id == Unit.org_id)
        rows = session.execute(select(Unit.id, Unit.item_id).where(*of_lot, ~is_looked_at).order_by(Unit.id)).all()
        known = items_never_work(session, [row.item_id for row in rows])
        free = [row.id for row in rows if row.item_id not in known]
        seed = ids.repeatable(f"lot:{lane.id}:{lot.asked}:{since}")
        chosen = seed.sample(free, min(len(free), max(0, lot.needed - lot.asked)))
        ask_reviews(session, lane, [(unit_id, "sample") for unit_id in chosen], of="settled")
        drawn += len(chosen)
    return drawn
