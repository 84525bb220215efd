"""Reads of projects: the list, one in full with its lanes and versions, and what a lane still lacks."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from calibration.models import QualificationTest
from kernel.db import now_of
from kernel.models import AccessGrant
from kernel.paging import Paging
from labeling.models import Guideline, Ontology
from marketplace.models import Lane, LaneProgress, Project, Unit
from marketplace.queries.names import org_names
from marketplace.queries.requests import request_of_project
from marketplace.rules.lanes import gaps_of
from marketplace.rules.protection import is_shut
from marketplace.values.requests import LaneGap, LaneRow, ProjectRow, ProjectView, VersionRow
from payouts.queries.rates import rate_of
from workforce.values import Protection

MOST_ROWS = 200
_NEWEST = Paging("projects", Project.created_at, Project.id, newest_first=True)


def find_projects(
    session: Session, *, states: Iterable[str] = (), after: str | None = None, limit: int = 50
) -> tuple[list[ProjectRow], str | None]:
    """The projects that the scope sees, newest first; `after` is the page before's cursor."""
    limit = min(limit, MOST_ROWS)
    statement = select(Project).where(*_NEWEST.after(after)).order_by(*_NEWEST.order()).limit(limit + 1)
    if wanted := list(states):
        statement = statement.where(Project.state.in_(wanted))
    rows, next_after = _NEWEST.cut(session.scalars(statement).all(), limit)
    return project_rows(session, rows), next_after


def project_of(session: Session, project_id: str) -> ProjectView | None:
    """A project that the scope sees, in full."""
    project = session.get(Project, project_id)
    if project is None:
        return None
    rights = vendor_rights(session, project)
    return ProjectView(
        project_rows(session, [project])[0],
        project.about,
        request_of_project(session, project_id),
        tuple(lanes_of(session, project_id)),
        tuple(ontologies_of(session, project_id)),
        tuple(guidelines_of(session, project_id)),
        rights or (),
        rights is not None,
    )


def lanes_of(session: Session, project_id: str) -> list[LaneRow]:
    """The lanes of a project by locale, with their counts."""
    lanes = session.scalars(select(Lane).where(Lane.project_id == project_id).order_by(Lane.locale, Lane.stage)).all()
    counted = _counted(session, [lane.id for lane in lanes])
    return [lane_row(lane, counted.get(lane.id)) for lane in lanes]


def lane_of(session: Session, lane_id: str) -> LaneRow | None:
    """A lane with its counts."""
    lane = session.get(Lane, lane_id)
    return lane_row(lane, _counted(session, [lane_id]).get(lane_id)) if lane else None


def ontologies_of(session: Session, project_id: str) -> list[VersionRow]:
    """The versions of a project's label schema, newest first."""
    rows = session.scalars(
        select(Ontology).where(Ontology.project_id == project_id).order_by(Ontology.version.desc()).limit(50)
    )
    return [VersionRow(row.id, row.version, row.changelog, row.published_at, (), row.body) for row in rows]


def guidelines_of(session: Session, project_id: str) -> list[VersionRow]:
    """The versions of a project's guideline, newest first, with their texts by locale."""
    rows = session.scalars(
        select(Guideline).where(Guideline.project_id == project_id).order_by(Guideline.version.desc()).limit(50)
    )
    return [
        VersionRow(row.id, row.version, row.changelog, row.published_at, tuple(sorted(row.texts)), row.texts)
        for row in rows
    ]


def vendor_rights(session: Session, project: Project) -> tuple[str, ...] | None:
    """What the client lets its vendor do at this moment; None where the vendor has no access any more."""
    rights = session.scalar(_live_grants(session, project).with_only_columns(AccessGrant.rights))
    return None if rights is None else tuple(sorted(rights))


def gaps_of_lane(session: Session, lane_id: str, *, without_test: bool = False) -> tuple[LaneGap, ...]:
    """What a lane lacks before it can be opened. The rate is the vendor's: other scopes than the system's miss it."""
    lane = session.get(Lane, lane_id)
    if lane is None:
        return ()
    texts = session.scalar(select(Guideline.texts).where(Guideline.id == lane.guideline_id))
    has_unit = session.scalar(select(Unit.id).where(Unit.lane_id == lane_id, Unit.state == "open").limit(1))
    has_test = session.scalar(
        select(QualificationTest.id).where(QualificationTest.lane_id == lane_id, QualificationTest.is_open).limit(1)
    )
    return gaps_of(
        ontology_id=lane.ontology_id, guideline_texts=texts, locale=lane.locale,
        is_shut=is_project_shut(session, lane.project_id), units=1 if has_unit else 0,
        has_rate=rate_of(session, lane_id, now_of(session)) is not None, has_test=has_test is not None,
        without_test=without_test,
    )  # fmt: skip


def is_project_shut(session: Session, project_id: str) -> bool:
    """Whether nobody can see the project's data, as its class asks for what is not set."""
    project = session.get_one(Project, project_id)
    return is_shut(project.classification, Protection.from_json(project.protection))


def project_rows(session: Session, projects: Iterable[Project]) -> list[ProjectRow]:
    """The rows as values, with the names of both sides."""
    found = list(projects)
    names = org_names(session, (org for project in found for org in (project.org_id, project.vendor_org_id)))
    return [
        ProjectRow(
            project.id, project.name, project.org_id, project.vendor_org_id, names.get(project.org_id, ""),
            names.get(project.vendor_org_id or "", ""), project.state, project.task_type, project.classification,
            project.currency, project.created_at,
        )
        for project in found
    ]  # fmt: skip


def lane_row(lane: Lane, counted: LaneProgress | None) -> LaneRow:
    """The lane as a value, with what the job has counted, if it has come by."""
    found = counted or LaneProgress(units=0, open=0, full=0, review=0, settled=0, judgments=0)
    return LaneRow(
        id=lane.id, project_id=lane.project_id, locale=lane.locale, state=lane.state, task_type=lane.task_type,
        classification=lane.classification, overlap=lane.overlap, quality_target=lane.quality_target,
        volume=lane.volume, price_micros=lane.price_micros, currency=lane.currency, deadline_at=lane.deadline_at,
        ontology_id=lane.ontology_id, guideline_id=lane.guideline_id, proficiency=lane.proficiency,
        modes=tuple(lane.modes), distance_most=lane.distance_most, also=tuple(lane.also), units=found.units,
        overlap_least=lane.overlap_least, overlap_target=lane.overlap_target, lot_limit=lane.lot_limit,
        lot_allowed=lane.lot_allowed,
        open_units=found.open + found.full, in_review=found.review, cancelled=found.cancelled or 0,
        settled=found.settled, answered=found.judgments,
    )  # fmt: skip


def _counted(session: Session, lane_ids: list[str]) -> dict[str, LaneProgress]:
    """The figures of lanes as the job counts them. Counted here, hidden gold would be among the units: only the job
    can see which those are, and a vendor that brought in the units itself would have nothing to do but subtract."""
    rows = session.scalars(select(LaneProgress).where(LaneProgress.lane_id.in_(lane_ids)))
    return {row.lane_id: row for row in rows}


def _live_grants(session: Session, project: Project) -> Select[Any]:
    now = now_of(session)
    return select(AccessGrant).where(
        AccessGrant.subject_id == project.id,
        AccessGrant.org_id == project.org_id,
        AccessGrant.grantee_org_id == project.vendor_org_id,
        AccessGrant.revoked_at.is_(None),
        AccessGrant.from_at <= now,
        AccessGrant.until_at > now,
    )
