"""Publishing guidelines: one text for each locale, in versions that are never changed afterwards."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import audit, ids
from kernel.db import now_of
from kernel.policy import Actor
from labeling.models import Guideline
from labeling.queries.versions import guideline_view
from labeling.rules.changelog import read_changelog
from labeling.rules.guidelines import read_texts
from labeling.values import GuidelineView
from web.json_text import sha256_of


def publish_guideline(
    session: Session,
    actor: Actor,
    project_id: str,
    org_id: str,
    vendor_org_id: str | None,
    texts: Mapping[str, str],
    changelog: str = "",
) -> GuidelineView:
    """The next version of a project's guidelines; the newest one again when `texts` say the same as it does.

    Raises InvalidGuideline.
    """
    read, words = read_texts(texts), read_changelog(changelog)
    newest = _newest(session, org_id, project_id)
    if newest is not None and newest.texts == read:
        return guideline_view(newest)
    row = Guideline(
        id=ids.new_id(),
        org_id=org_id,
        vendor_org_id=vendor_org_id,
        project_id=project_id,
        version=1 if newest is None else newest.version + 1,
        texts=read,
        changelog=words,
        published_at=now_of(session),
        published_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _note(session, actor, row)
    return guideline_view(row)


def _newest(session: Session, org_id: str, project_id: str) -> Guideline | None:
    statement = select(Guideline).where(Guideline.org_id == org_id, Guideline.project_id == project_id)
    return session.scalars(statement.order_by(Guideline.version.desc()).limit(1)).one_or_none()


def _note(session: Session, actor: Actor, row: Guideline) -> None:
    audit.record(
        session,
        actor,
        "guideline.published",
        "guideline",
        row.id,
        org_id=row.org_id,
        details={
            "project_id": row.project_id,
            "version": row.version,
            "locales": sorted(row.texts),
            "fingerprint": sha256_of(row.texts),
        },
    )
