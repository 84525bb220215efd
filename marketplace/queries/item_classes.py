"""Which class the items of a project have now: their own, their units', whichever is the most sensitive."""

from collections.abc import Collection

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from kernel.hot import Hot, table_of
from labeling.models import Item
from marketplace.models import Lane, Project, Unit
from workforce.values import most_sensitive


def item_classes(session: Session, project_id: str, item_ids: Collection[str]) -> dict[str, str]:
    """The class of each of these items of a project, its unit's where that is above it."""
    project = session.get(Project, project_id)
    return classes_of(session, project, item_ids)[0] if project and item_ids else {}


def classes_of(
    session: Session, project: Project, item_ids: Collection[str]
) -> tuple[dict[str, str], dict[str, str | None]]:
    """The class of each of these items of a project, its unit's where that is above it; and which unit that is."""
    given = {"p_project": project.id, "p_items": sorted(item_ids)}
    own = _OF_ITEMS.run(session, **given).all()
    classes = {row.id: most_sensitive(project.classification, row.classification) for row in own}
    units: dict[str, str | None] = dict.fromkeys(classes)  # an item may be in no lane, or in several
    for row in _OF_UNITS.run(session, p_org=project.org_id, **given).all() if classes else ():
        classes[row.item_id] = most_sensitive(classes[row.item_id], row.classification)
        units[row.item_id] = row.id
    return classes, units


_I, _U, _L = table_of(Item), table_of(Unit), table_of(Lane)
_ITEMS: BindParameter[list[str]] = bindparam("p_items", expanding=True)
_OF_ITEMS = Hot(
    select(_I.c.id, _I.c.classification).where(_I.c.project_id == bindparam("p_project"), _I.c.id.in_(_ITEMS))
)
_OF_UNITS = Hot(  # lane by lane, by the index that says that an item is once in a lane
    select(_U.c.id, _U.c.item_id, _U.c.classification).where(
        _U.c.org_id == bindparam("p_org"),
        _U.c.lane_id.in_(select(_L.c.id).where(_L.c.project_id == bindparam("p_project"))),
        _U.c.item_id.in_(_ITEMS),
    )
)
