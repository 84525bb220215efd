"""Reads of the access review: clearances of a vendor's people, grants of a client's projects, and their last use."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.db import now_of
from kernel.models import AccessGrant, AuditEvent
from kernel.paging import Paging
from marketplace.models import Lane, LaneDay, Project
from marketplace.queries.units import classes_opened
from marketplace.values.access import AccessRow
from workforce.models import Annotator, Organization
from workforce.values import CLASSES

MOST_ROWS = 200
SOON = timedelta(days=14)
_PEOPLE = Paging("clearances", Annotator.id)
_GRANTS = Paging("grants", AccessGrant.id)


def clearances_of(
    session: Session, org_id: str, *, only: Collection[str] | None = None, after: str | None = None, limit: int = 50
) -> tuple[list[AccessRow], str | None]:
    """The people of a vendor who have a clearance, also one that has run out."""
    statement = (
        select(Annotator)
        .where(Annotator.org_id == org_id, Annotator.clearance > 0, *_PEOPLE.after(after))
        .order_by(*_PEOPLE.order())
        .limit(limit + 1)
    )
    if only is not None:
        statement = statement.where(Annotator.id.in_(only))
    people, next_after = _PEOPLE.cut(session.scalars(statement).all(), limit)
    since = dict(
        session.execute(
            select(AuditEvent.object_ref, func.max(AuditEvent.at))
            .where(
                AuditEvent.org_id == org_id, AuditEvent.object_type == "annotator",
                AuditEvent.action == "clearance.set",
                AuditEvent.object_ref.in_([person.id for person in people]),
            )
            .group_by(AuditEvent.object_ref)
        ).all()
    )  # fmt: skip
    now = now_of(session)
    return [
        AccessRow(
            person.id, person.pseudonym, CLASSES[person.clearance + 1], since.get(person.id), person.clearance_until,
            person.sensitive_seen_at, person.clearance_until is None or person.clearance_until < now + SOON,
        )
        for person in people
    ], next_after  # fmt: skip


def grants_of(
    session: Session, org_id: str, *, only: Collection[str] | None = None, after: str | None = None, limit: int = 50
) -> tuple[list[AccessRow], str | None]:
    """The grants that a client has given on its projects and that live."""
    now = now_of(session)
    statement = (
        select(AccessGrant, Project, Organization.name)
        .join(Project, Project.id == AccessGrant.subject_id)
        .join(Organization, Organization.id == AccessGrant.grantee_org_id)
        .where(
            AccessGrant.org_id == org_id, AccessGrant.revoked_at.is_(None), AccessGrant.until_at > now,
            *_GRANTS.after(after),
        )
        .order_by(*_GRANTS.order())
        .limit(limit + 1)
    )  # fmt: skip
    if only is not None:
        statement = statement.where(AccessGrant.subject_id.in_(only))
    rows, next_after = _GRANTS.cut(session.execute(statement).all(), limit)
    most = {project.id: project.classification for _grant, project, _vendor in rows}
    most = classes_opened(session, most)
    # What is less sensitive is not kept with the grant: there the days count on which anything was answered.
    worked = {
        (project_id, vendor_id): day
        for project_id, vendor_id, day in session.execute(
            select(LaneDay.project_id, LaneDay.vendor_org_id, func.max(LaneDay.day))
            .where(LaneDay.lane_id.in_(select(Lane.id).where(Lane.project_id.in_(list(most)))), LaneDay.judgments > 0)
            .group_by(LaneDay.project_id, LaneDay.vendor_org_id)
        )
    }
    found = []
    for grant, project, vendor in rows:
        used = [at for at in (grant.used_at, _begin_of(worked.get((project.id, grant.grantee_org_id)))) if at]
        found.append(
            AccessRow(
                project.id, f"{vendor}: {project.name}", most[project.id], grant.from_at, grant.until_at,
                max(used, default=None), grant.until_at < now + SOON,
            )
        )  # fmt: skip
    return found, next_after


def _begin_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
