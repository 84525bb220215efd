"""Publishing label schemas: each version is checked once, fingerprinted, and never changed afterwards."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor
from labeling.models import Ontology as OntologyRow
from labeling.queries.versions import ontology_view
from labeling.rules.changelog import read_changelog
from labeling.rules.ontology import fingerprint, ontology_json
from labeling.tasktypes.registry import read_ontology
from labeling.values import Ontology, OntologyView


def publish_ontology(
    session: Session,
    actor: Actor,
    project_id: str,
    org_id: str,
    vendor_org_id: str | None,
    body: Any,
    changelog: str = "",
) -> OntologyView:
    """The next version of a project's label schema; the newest one again when `body` says the same as it does.

    Raises InvalidOntology, and Conflict when the schema is of another task type than the versions before it: answers
    of two types could never be compared.
    """
    ontology, words = read_ontology(body), read_changelog(changelog)
    newest = _newest(session, org_id, project_id)
    if newest is not None:
        _ensure_same_type(newest, ontology)
        if newest.fingerprint == fingerprint(ontology):
            return ontology_view(newest)
    row = OntologyRow(
        id=ids.new_id(),
        org_id=org_id,
        vendor_org_id=vendor_org_id,
        project_id=project_id,
        version=1 if newest is None else newest.version + 1,
        task_type=ontology.task_type,
        body=ontology_json(ontology),
        fingerprint=fingerprint(ontology),
        changelog=words,
        published_at=now_of(session),
        published_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _note(session, actor, row)
    return ontology_view(row)


def _newest(session: Session, org_id: str, project_id: str) -> OntologyRow | None:
    statement = select(OntologyRow).where(OntologyRow.org_id == org_id, OntologyRow.project_id == project_id)
    return session.scalars(statement.order_by(OntologyRow.version.desc()).limit(1)).one_or_none()


def _ensure_same_type(newest: OntologyRow, ontology: Ontology) -> None:
    if newest.task_type != ontology.task_type:
        raise Conflict(
            "ontology.task_type_changed",
            _(
                "The label schema of this project is of the task type “%(old)s” and cannot become “%(new)s”.",
                old=newest.task_type,
                new=ontology.task_type,
            ),
        )


def _note(session: Session, actor: Actor, row: OntologyRow) -> None:
    audit.record(
        session,
        actor,
        "ontology.published",
        "ontology",
        row.id,
        org_id=row.org_id,
        details={"project_id": row.project_id, "version": row.version, "fingerprint": row.fingerprint},
    )
