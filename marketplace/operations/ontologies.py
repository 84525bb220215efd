"""Label schemas and guidelines: published in versions that never change, the newest being what lanes work under."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from i18n import _
from kernel.errors import Conflict
from kernel.policy import Actor
from labeling.operations import guidelines, ontologies
from labeling.queries.versions import newest_versions
from labeling.rules.guidelines import read_texts
from labeling.rules.ontology import ontology_json
from labeling.tasktypes.registry import read_ontology
from labeling.values import InvalidOntology, ProblemAt
from marketplace.models import Lane, Project
from marketplace.operations.loading import project_for
from marketplace.values.actions import Action
from marketplace.values.requests import VersionRow

_CLOSED = ("done", "declined")


def publish_ontology(
    session: Session, actor: Actor, project_id: str, body: Mapping[str, Any], *, changelog: str = ""
) -> VersionRow:
    """Publish the next version of the label schema; every lane works under it from the next unit handed out on.

    Raises InvalidOntology with the place of every fault, Conflict when nothing has changed.
    """
    project = _open_project(session, actor, project_id)
    ontology = read_ontology(body)
    if ontology.task_type != project.task_type:
        text = _("This project's task type is %(name)s.", name=project.task_type)
        raise InvalidOntology([ProblemAt("task_type", "other_task_type", text)])
    before = newest_versions(session, project_id).ontology
    view = ontologies.publish_ontology(
        session, actor, project_id, project.org_id, project.vendor_org_id, body, changelog
    )
    if before is not None and view.id == before.id:
        raise Conflict("ontology.same", _("This is what version %(version)s says already.", version=before.version))
    session.execute(update(Lane).where(Lane.project_id == project.id, Lane.state != "done").values(ontology_id=view.id))
    return VersionRow(view.id, view.version, view.changelog, view.published_at, (), ontology_json(ontology))


def publish_guideline(
    session: Session, actor: Actor, project_id: str, texts: Mapping[str, str], *, changelog: str = ""
) -> VersionRow:
    """Publish the next version of the guideline, one text for each locale; lanes work under it from then on.

    Raises InvalidGuideline with the place of every fault. Texts that say what the newest version says are that version.
    """
    project = _open_project(session, actor, project_id)
    view = guidelines.publish_guideline(
        session, actor, project_id, project.org_id, project.vendor_org_id, texts, changelog
    )
    session.execute(
        update(Lane).where(Lane.project_id == project.id, Lane.state != "done").values(guideline_id=view.id)
    )
    return VersionRow(view.id, view.version, view.changelog, view.published_at, view.locales, dict(read_texts(texts)))


def _open_project(session: Session, actor: Actor, project_id: str) -> Project:
    project = project_for(session, actor, project_id, Action.PROJECT_CONFIGURE)
    if project.state in _CLOSED:
        raise Conflict("project.closed", _("This project is closed."))
    return project
