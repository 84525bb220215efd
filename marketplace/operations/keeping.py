"""How long the content of a project stays after its end: the client's to say, a job's to carry."""

from datetime import timedelta

from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor
from marketplace.models import Project
from marketplace.operations.loading import project_for
from marketplace.queries.keeping import keeping_of, kept_of
from marketplace.values.actions import Action
from marketplace.values.keeping import Kept

SHORTEST, LONGEST = 30, 3650
NOTICE = timedelta(days=7)


def see_keeping(session: Session, actor: Actor, project_id: str) -> Kept:
    """How long content is kept and what holds it back, for those who may set it; in the system's scope."""
    project_for(session, actor, project_id, Action.CONTENT_KEEP, held=False)
    return keeping_of(session, project_id)


def keep_content(session: Session, actor: Actor, project_id: str, days: int) -> Kept:
    """Say how many days after its end a project's content stays; once it has ended, a week's notice is kept."""
    project = project_for(session, actor, project_id, Action.CONTENT_KEEP)
    if not SHORTEST <= days <= LONGEST:
        message = _("Choose from %(least)s to %(most)s days.", least=SHORTEST, most=LONGEST)
        raise Invalid("project.kept_days", message, fields={"days": message})
    _ensure_there(project)
    project.kept_days = days
    if project.finished_at is not None:
        project.content_until = max(project.finished_at + timedelta(days=days), now_of(session) + NOTICE)
    audit.record(session, actor, "project.kept", "project", project.id, org_id=project.org_id, details={"days": days})
    session.flush()
    return kept_of(project)


def remove_content(session: Session, actor: Actor, project_id: str) -> Kept:
    """Let a project's content go now: the hourly job takes it, once nobody needs it any more."""
    project = project_for(session, actor, project_id, Action.CONTENT_REMOVE)
    if project.state != "done":
        raise Conflict("project.state", _("The project is not in a state in which this can be done."))
    _ensure_there(project)
    project.content_until = now_of(session)
    audit.record(session, actor, "project.content_given_up", "project", project.id, org_id=project.org_id)
    session.flush()
    return kept_of(project)


def _ensure_there(project: Project) -> None:
    if project.content_removed_at is not None:
        raise Conflict("project.removed", _("The contents of this project were removed already."))
