"""Lanes opened and paused: work goes out only where all that it rests on is there."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.errors import Conflict
from kernel.policy import Actor
from marketplace.models import Lane, Project
from marketplace.operations.loading import lane_for
from marketplace.queries.projects import gaps_of_lane, lane_of
from marketplace.rules.lanes import OPENABLE
from marketplace.values.actions import Action
from marketplace.values.requests import GAP_WORDS, LaneRow


def open_lane(session: Session, actor: Actor, lane_id: str, *, without_test: bool = False) -> LaneRow:
    """Hand out the units of a lane from now on; raises Conflict with everything that is missing (`missing`).

    Call it in the system's scope: the rate belongs to the vendor, the test to the client. `without_test` says expressly
    that no qualification test is asked for; people then need a waiver, and the audit log keeps who decided so.
    """
    lane = lane_for(session, actor, lane_id, Action.LANE_OPEN)
    gaps = gaps_of_lane(session, lane_id, without_test=without_test)
    if gaps:
        raise Conflict(
            "lane.not_ready", GAP_WORDS[gaps[0]], missing=[gap.value for gap in gaps],
            what=[str(GAP_WORDS[gap]) for gap in gaps],
        )  # fmt: skip
    _move(session, lane, OPENABLE, "open")
    project = session.scalars(select(Project).where(Project.id == lane.project_id)).one()
    if project.state in ("draft", "paused"):
        project.state = "live"
    audit.record(
        session, actor, "lane.opened", "lane", lane_id, org_id=lane.org_id, details={"without_test": without_test}
    )
    return _row(session, lane_id)


def pause_lane(session: Session, actor: Actor, lane_id: str) -> LaneRow:
    """Hand out nothing more of a lane; what is in somebody's hands can still be answered, and is paid."""
    lane = lane_for(session, actor, lane_id, Action.LANE_OPEN)
    _move(session, lane, frozenset({"open"}), "paused")
    still_open = session.scalar(
        select(Lane.id).where(Lane.project_id == lane.project_id, Lane.state == "open").limit(1)
    )
    project = session.scalars(select(Project).where(Project.id == lane.project_id)).one()
    if still_open is None and project.state == "live":
        project.state = "paused"
    audit.record(session, actor, "lane.paused", "lane", lane_id, org_id=lane.org_id)
    return _row(session, lane_id)


def _move(session: Session, lane: Lane, states: frozenset[str], state: str) -> None:
    moved = session.execute(update(Lane).where(Lane.id == lane.id, Lane.state.in_(states)).values(state=state))
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("lane.state", _("The lane is not in a state in which this can be done."))
    session.refresh(lane)


def _row(session: Session, lane_id: str) -> LaneRow:
    session.flush()
    row = lane_of(session, lane_id)
    assert row is not None
    return row
