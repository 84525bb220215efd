"""Loading what an operation is about: the row in the scope, then permission, so that no act can forget either."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.policy import Actor
from marketplace.models import Lane, Project
from marketplace.policy import lane_resource, project_resource


def project_for(session: Session, actor: Actor, project_id: str, action: str, *, held: bool = True) -> Project:
    """The project, if the actor may do this to it; else NotFound or Forbidden. `held` against others who change it."""
    wanted = select(Project).where(Project.id == project_id)
    project = session.scalars(wanted.with_for_update() if held else wanted).one_or_none()
    if project is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, project_id)
    require(session, actor, action, project_resource(project, rights))
    return project


def lane_for(session: Session, actor: Actor, lane_id: str, action: str) -> Lane:
    """The lane, if the actor may do this to it; else NotFound or Forbidden."""
    lane = session.get(Lane, lane_id)
    if lane is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, lane.project_id)
    require(session, actor, action, lane_resource(lane, rights))
    return lane
