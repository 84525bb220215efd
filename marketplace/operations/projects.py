"""Lanes opened and paused, projects ended: work goes out only where all that it rests on is there."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.guard import require
from kernel.policy import Actor, Resource
from marketplace.models import Lane, Project, Release
from marketplace.operations.counting import count_lane
from marketplace.operations.loading import lane_for, project_for
from marketplace.queries.projects import gaps_of_lane, lane_of
from marketplace.queries.takers import Takers, takers_of
from marketplace.rules.lanes import OPENABLE, is_over
from marketplace.rules.languages import clean_languages
from marketplace.values.actions import Action
from marketplace.values.requests import GAP_WORDS, LaneRow

FINISHABLE = ("draft", "live", "paused")


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


def set_lane_languages(
    session: Session, actor: Actor, lane_id: str, *, proficiency: str, modes: Iterable[str], distance_most: int,
    also: Iterable[str],
) -> LaneRow:  # fmt: skip
    """Say whom the lane takes by language; it holds from everybody's next step on."""
    lane = lane_for(session, actor, lane_id, Action.PROJECT_CONFIGURE)
    asked = clean_languages(lane.locale, proficiency=proficiency, modes=modes, distance_most=distance_most, also=also)
    if lane.state == "done":
        raise Conflict("lane.state", _("The lane is not in a state in which this can be done."))
    lane.proficiency, lane.distance_most = asked.proficiency, asked.distance_most
    lane.modes, lane.also = list(asked.modes), list(asked.also)
    audit.record(session, actor, "lane.languages", "lane", lane.id, org_id=lane.org_id, details=asdict(asked))
    return _row(session, lane_id)


def preview_lane_languages(
    session: Session, actor: Actor, lane_id: str, *, proficiency: str, modes: Iterable[str], distance_most: int,
    also: Iterable[str],
) -> Takers:  # fmt: skip
    """How many people that would take, and each distance; nothing is changed. The scope sees the vendor's people."""
    lane = lane_for(session, actor, lane_id, Action.PROJECT_CONFIGURE)
    asked = clean_languages(lane.locale, proficiency=proficiency, modes=modes, distance_most=distance_most, also=also)
    return takers_of(session, lane, asked)


def finish_project(session: Session, actor: Actor, project_id: str) -> None:
    """The client ends a project: nothing more goes out; what is in somebody's hands can still be answered, and is paid.

    What was settled can still be read, released and invoiced; a project that is done is not opened again.
    """
    project = project_for(session, actor, project_id, Action.PROJECT_FINISH)
    if project.state not in FINISHABLE:
        raise Conflict("project.state", _("The project is not in a state in which this can be done."))
    _finish(session, actor, project, by="hand")


def finish_if_over(session: Session, actor: Actor, release_id: str) -> bool:
    """End a project of which all that was asked for is settled and in its newest release, if that one is accepted.

    System scope: whether all is settled can only be told by leaving gold out.
    """
    release = session.get_one(Release, release_id)
    require(session, actor, Action.RELEASE_BUILD, Resource("release", release.id, org_id=release.org_id))
    project = session.scalars(select(Project).where(Project.id == release.project_id).with_for_update()).one()
    newest = session.scalar(select(func.max(Release.version)).where(Release.project_id == project.id))
    if project.state not in FINISHABLE or release.state != "accepted" or release.version != newest:
        return False
    lanes = session.scalars(select(Lane).where(Lane.project_id == project.id)).all()
    counts = [(lane.volume, count_lane(session, actor, lane.id)) for lane in lanes]
    left = [(volume - row.cancelled, row.open + row.full + row.review, row.settled) for volume, row in counts]
    if not is_over(left, released=release.units):
        return False
    _finish(session, actor, project, by="acceptance")
    return True


def _finish(session: Session, actor: Actor, project: Project, *, by: str) -> None:
    project.state, project.finished_at = "done", now_of(session)
    project.content_until = project.finished_at + timedelta(days=project.kept_days)
    session.execute(update(Lane).where(Lane.project_id == project.id, Lane.state != "done").values(state="done"))
    audit.record(session, actor, "project.finished", "project", project.id, org_id=project.org_id, details={"by": by})
    session.flush()


def _move(session: Session, lane: Lane, states: frozenset[str], state: str) -> None:
    moved = session.execute(update(Lane).where(Lane.id == lane.id, Lane.state.in_(states)).values(state=state))
    if changed_rows(moved) != 1:
        raise Conflict("lane.state", _("The lane is not in a state in which this can be done."))
    session.refresh(lane)


def _row(session: Session, lane_id: str) -> LaneRow:
    session.flush()
    row = lane_of(session, lane_id)
    assert row is not None
    return row
