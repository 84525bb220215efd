"""Reads of units as their client sees them: a list by key without content, and one with it.

Nothing here tells what is known of a unit beforehand: neither how many people judge it, nor how far it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kernel.paging import Paging
from labeling.models import Item, ItemOriginal
from marketplace.models import Lane, Project, Unit
from workforce.values import CLASSES, most_sensitive, rank_of

MOST_ROWS = 200
_BY_ID = Paging("units", Unit.id)


@dataclass(frozen=True)
class UnitRow:
    """A unit in a list."""

    id: str
    reference: str | None
    locale: str
    classification: str
    is_raised: bool
    is_cancelled: bool


@dataclass(frozen=True)
class UnitView:
    """A unit with its content."""

    id: str
    project_id: str
    project_name: str
    lane_id: str
    item_id: str
    reference: str | None
    locale: str
    task_type: str
    classification: str
    lane_class: str
    content: dict[str, Any]
    is_masked: bool = False
    is_cancelled: bool = False


def units_of_project(
    session: Session, project_id: str, *, classification: str = "", state: str = "", reference: str = "",
    after: str | None = None, limit: int = 50,
) -> tuple[list[UnitRow], str | None]:  # fmt: skip
    """The units of a project by id; of one class, state or reference of the client's alone, where one is named."""
    statement = (
        select(Unit.id, Item.client_ref, Lane.locale, Lane.classification, Unit.classification.label("own"), Unit.state)
        .join(Lane, Lane.id == Unit.lane_id)
        .join(Item, Item.id == Unit.item_id)
        .where(Unit.project_id == project_id, *_BY_ID.after(after))
        .order_by(*_BY_ID.order())
    )
    if classification:
        below = [name for name in CLASSES if rank_of(name) < rank_of(classification)]
        is_own = (Unit.classification == classification) & Lane.classification.in_([*below, classification])
        is_lanes = (Lane.classification == classification) & or_(
            Unit.classification.is_(None), Unit.classification.in_(below)
        )
        statement = statement.where(or_(is_own, is_lanes))
    if state:
        statement = statement.where(Unit.state == state)
    if reference:
        statement = statement.where(Item.project_id == project_id, Item.client_ref == reference)
    limit = min(limit, MOST_ROWS)
    rows, next_after = _BY_ID.cut(session.execute(statement.limit(limit + 1)).all(), limit)
    return [
        UnitRow(
            row.id, row.client_ref, row.locale, most_sensitive(row.classification, row.own), row.own is not None,
            row.state == "cancelled",
        )
        for row in rows
    ], next_after  # fmt: skip


def unit_of(session: Session, unit_id: str) -> UnitView | None:
    """A unit that the scope sees."""
    row = session.execute(
        select(Unit, Lane, Project.name, Item.client_ref, Item.content, ItemOriginal.id)
        .join(Lane, Lane.id == Unit.lane_id)
        .join(Project, Project.id == Unit.project_id)
        .join(Item, Item.id == Unit.item_id)
        .outerjoin(ItemOriginal, ItemOriginal.id == Item.id)
        .where(Unit.id == unit_id)
    ).one_or_none()
    if row is None:
        return None
    unit, lane, name, reference, content, original = row
    return UnitView(
        unit.id, unit.project_id, name, lane.id, unit.item_id, reference, lane.locale, lane.task_type,
        most_sensitive(lane.classification, unit.classification), lane.classification, content,
        original is not None, unit.state == "cancelled",
    )  # fmt: skip


def classes_opened(session: Session, projects: Mapping[str, str]) -> dict[str, str]:
    """By project the class of the most sensitive content that a grant on it opens: its own, its units', and that of
    contents that are no units, such as questions of a test. `projects` tells the class of each project itself.

    One statement for each class that there is among the projects; it reads nothing but what is above it.
    """
    found = dict(projects)
    for base in sorted(set(projects.values())):
        ids = [project_id for project_id, name in projects.items() if name == base]
        above = CLASSES[rank_of(base) + 1 :]
        if not above:
            continue
        of_items = select(Item.project_id, Item.classification).where(
            Item.project_id.in_(ids), Item.classification.in_(above)
        )
        of_units = select(Unit.project_id, Unit.classification).where(
            Unit.project_id.in_(ids), Unit.classification.in_(above)
        )
        for project_id, name in session.execute(of_items.union(of_units)):
            found[project_id] = most_sensitive(found[project_id], name)
    return found


def class_within(session: Session, project: Project) -> str:
    """The class of the most sensitive unit of a project."""
    found = project.classification
    for name in CLASSES[rank_of(found) + 1 :]:
        if session.scalar(select(Unit.id).where(Unit.project_id == project.id, Unit.classification == name).limit(1)):
            found = name
    return found
