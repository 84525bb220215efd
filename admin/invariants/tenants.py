"""Invariants of tenants: whatever names a project or a person stands in the same organization as these."""

from typing import Any

from sqlalchemy import Select, and_, or_, select, union_all
from sqlalchemy.orm import Session

from admin.invariants.rule import rows_of
from calibration.models import Judgment, Qualification
from kernel.db import Base, Shared
from marketplace.models import Assignment, LanePerson, Project
from workforce.models import Annotator


def shared_tables() -> list[Any]:
    """Every table whose rows belong to a client and are seen by one vendor."""
    found = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Shared)]
    return sorted((table for table in found if table is not Project), key=lambda table: str(table.__tablename__))


def strange_projects(session: Session) -> int:
    """Rows of shared tables whose project is not their organization's, or not with their vendor."""
    return rows_of(session, select(union_all(*(_strange(table) for table in shared_tables())).subquery().c.org_id))


def _strange(table: Any) -> Select[Any]:
    own = and_(Project.org_id == table.org_id, Project.id == table.project_id)
    other = or_(
        Project.id.is_(None),
        and_(table.vendor_org_id.is_not(None), table.vendor_org_id != Project.vendor_org_id),
    )  # fmt: skip
    return select(table.org_id).outerjoin(Project, own).where(other)


def strange_people(session: Session) -> int:
    """Work of a person who is not of the vendor that it was given to."""
    return rows_of(
        session,
        select(
            union_all(*(_strangers(table) for table in (Assignment, Judgment, LanePerson, Qualification)))
            .subquery()
            .c.id
        ),
    )


def _strangers(table: Any) -> Select[Any]:
    own = and_(
        Annotator.org_id == table.vendor_org_id,
        Annotator.id == table.annotator_id,
        Annotator.account_id == table.account_id,
    )
    key = table.annotator_id.label("id")
    return select(key).outerjoin(Annotator, own).where(Annotator.id.is_(None))
