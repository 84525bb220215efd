"""Label schemas and guidelines: published in versions that never change, the newest being what lanes work under."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import Message, _
from i18n.tags import InvalidTag, standardize
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor
from labeling.models import Guideline, Ontology
from labeling.rules.ontology import fingerprint, ontology_json
from labeling.tasktypes.registry import read_ontology
from labeling.values import InvalidOntology, ProblemAt
from marketplace.models import Lane, Project
from marketplace.operations.loading import project_for
from marketplace.values.actions import Action
from marketplace.values.requests import VersionRow

MOST_LOCALES = 100
LONGEST_GUIDELINE = 200_000
LONGEST_CHANGELOG = 4_000
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
    before = session.scalars(
        select(Ontology).where(Ontology.project_id == project_id).order_by(Ontology.version.desc()).limit(1)
    ).one_or_none()
    mark = fingerprint(ontology)
    if before is not None and before.fingerprint == mark:
        raise Conflict("ontology.same", _("This is what version %(version)s says already.", version=before.version))
    row = Ontology(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=project.vendor_org_id, project_id=project.id,
        version=before.version + 1 if before else 1, task_type=project.task_type, body=ontology_json(ontology),
        fingerprint=mark, changelog=_changelog(changelog), published_at=now_of(session), published_by=actor.account_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.execute(update(Lane).where(Lane.project_id == project.id, Lane.state != "done").values(ontology_id=row.id))
    audit.record(
        session, actor, "ontology.published", "ontology", row.id, org_id=project.org_id,
        details={"project": project.id, "version": row.version, "sha256": mark},
    )  # fmt: skip
    return VersionRow(row.id, row.version, row.changelog, row.published_at, (), row.body)


def publish_guideline(
    session: Session, actor: Actor, project_id: str, texts: Mapping[str, str], *, changelog: str = ""
) -> VersionRow:
    """Publish the next version of the guideline, one text for each locale; lanes work under it from then on."""
    project = _open_project(session, actor, project_id)
    checked = _texts(texts)
    version = (session.scalar(select(func.max(Guideline.version)).where(Guideline.project_id == project_id)) or 0) + 1
    row = Guideline(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=project.vendor_org_id, project_id=project.id,
        version=version, texts=checked, changelog=_changelog(changelog), published_at=now_of(session),
        published_by=actor.account_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.execute(update(Lane).where(Lane.project_id == project.id, Lane.state != "done").values(guideline_id=row.id))
    audit.record(
        session, actor, "guideline.published", "guideline", row.id, org_id=project.org_id,
        details={"project": project.id, "version": version, "locales": sorted(checked)},
    )  # fmt: skip
    return VersionRow(row.id, row.version, row.changelog, row.published_at, tuple(sorted(checked)), checked)


def _open_project(session: Session, actor: Actor, project_id: str) -> Project:
    project = project_for(session, actor, project_id, Action.PROJECT_CONFIGURE)
    if project.state in _CLOSED:
        raise Conflict("project.closed", _("This project is closed."))
    return project


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    faults: dict[str, Message] = {}
    for tag, text in texts.items():
        locale = _standard(tag)
        if locale is None:
            faults[f"texts.{tag}"] = _("“%(tag)s” is not a language tag; write it like sw-KE.", tag=tag[:40])
        elif locale in found:
            faults[f"texts.{tag}"] = _("%(tag)s stands here twice.", tag=locale)
        elif not text.strip():
            faults[f"texts.{tag}"] = _("Write the guideline, or leave this language out.")
        elif len(text) > LONGEST_GUIDELINE or "\0" in text:
            faults[f"texts.{tag}"] = _("This is longer than %(most)s letters.", most=LONGEST_GUIDELINE)
        else:
            found[locale] = text.strip()
    if not texts or len(texts) > MOST_LOCALES:
        faults["texts"] = _("Write the guideline in at least one language.")
    if faults:
        raise Invalid("guideline.invalid", _("The guideline cannot be published like this."), faults)
    return found


def _standard(tag: str) -> str | None:
    try:
        return standardize(tag.strip())
    except InvalidTag:
        return None


def _changelog(text: str) -> str:
    told = text.strip()
    if len(told) > LONGEST_CHANGELOG:
        fault = _("This is longer than %(most)s letters.", most=LONGEST_CHANGELOG)
        raise Invalid("changelog.too_long", fault, {"changelog": fault})
    return told
