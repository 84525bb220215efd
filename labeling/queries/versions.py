"""Which versions of label schemas and guidelines a project has."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.models import Guideline, Ontology
from labeling.values import GuidelineView, NewestVersions, OntologyView

MOST = 200


def ontology_view(row: Ontology) -> OntologyView:
    """What is told of a version; only for rows that were loaded in the reader's scope."""
    return OntologyView(row.id, row.version, row.fingerprint, row.task_type, row.changelog, row.published_at)


def guideline_view(row: Guideline) -> GuidelineView:
    """What is told of a version; only for rows that were loaded in the reader's scope."""
    return GuidelineView(row.id, row.version, tuple(sorted(row.texts)), row.changelog, row.published_at)


def newest_versions(session: Session, project_id: str) -> NewestVersions:
    """The label schema and the guidelines that a project would work by if they were handed out now."""
    ontologies = ontology_versions(session, project_id, limit=1)
    guidelines = guideline_versions(session, project_id, limit=1)
    return NewestVersions(ontologies[0] if ontologies else None, guidelines[0] if guidelines else None)


def ontology_versions(
    session: Session, project_id: str, *, before: int | None = None, limit: int = 50
) -> list[OntologyView]:
    """The newest first; `before` is the last version of the page before."""
    statement = select(
        Ontology.id,
        Ontology.version,
        Ontology.fingerprint,
        Ontology.task_type,
        Ontology.changelog,
        Ontology.published_at,
    ).where(Ontology.project_id == project_id)
    if before is not None:
        statement = statement.where(Ontology.version < before)
    rows = session.execute(statement.order_by(Ontology.version.desc()).limit(min(limit, MOST)))
    return [OntologyView(*row) for row in rows]


def guideline_versions(
    session: Session, project_id: str, *, before: int | None = None, limit: int = 20
) -> list[GuidelineView]:
    """The newest first; `before` is the last version of the page before."""
    statement = select(Guideline).where(Guideline.project_id == project_id)
    if before is not None:
        statement = statement.where(Guideline.version < before)
    rows = session.scalars(statement.order_by(Guideline.version.desc()).limit(min(limit, MOST)))
    return [guideline_view(row) for row in rows]
