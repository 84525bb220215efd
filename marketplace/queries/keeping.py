"""Reads of how long content is kept."""

from sqlalchemy.orm import Session

from marketplace.models import Project
from marketplace.values.keeping import Kept


def kept_of(project: Project) -> Kept:
    """How long this project's content is kept."""
    return Kept(project.kept_days, project.content_until, project.content_removed_at)


def keeping_of(session: Session, project_id: str) -> Kept:
    """The same by its id, in a scope that sees the project."""
    return kept_of(session.get_one(Project, project_id))
