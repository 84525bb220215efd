"""Reads of labels that were corrected after their delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from calibration.models import GoldKey, GoldKeyVersion
from kernel.db import scope_of
from kernel.paging import Paging
from labeling.models import Item, Ontology
from labeling.tasktypes import registry
from labeling.tasktypes.registry import read_ontology
from labeling.values import InvalidAnswer, InvalidContent
from marketplace.models import LabelChange, Lane, Project, Release, Unit

MOST_ROWS = 200
_BUILT = ("delivered", "accepted", "returned")
_NEWEST = Paging("corrections", LabelChange.at, LabelChange.id, newest_first=True)


@dataclass(frozen=True, slots=True)
class Correction:
    """A delivered label that was corrected; classes are None where answers form no closed set."""

    unit_id: str
    client_ref: str  # empty for anybody but the client
    locale: str
    before: str | None
    after: str | None
    cause: str  # review, consensus, objection
    at: datetime
    carried_by: int | None  # the version of the first release that has it right


def corrected_counts(session: Session, release_ids: Sequence[str]) -> dict[str, int]:
    """Of these releases, how many labels of each were corrected since."""
    rows = session.execute(
        select(Release.id, func.count(func.distinct(LabelChange.unit_id)))
        .join(LabelChange, _concerns())
        .join(Unit, (Unit.org_id == LabelChange.org_id) & (Unit.id == LabelChange.unit_id))
        .where(Release.id.in_(list(release_ids)), *_is_told(session))
        .group_by(Release.id)
    )
    return {row[0]: row[1] for row in rows}


def corrections_of(
    session: Session, release: Release, *, after: str | None = None, limit: int = 50
) -> tuple[list[Correction], str | None]:
    """The labels of a release that were corrected since, the newest first; none of a release that is not built."""
    limit = min(limit, MOST_ROWS)
    wanted = (
        select(LabelChange, Item.client_ref, Item.content, Lane.locale, Lane.task_type, Lane.ontology_id)
        .join(Release, _concerns())
        .join(Unit, (Unit.org_id == LabelChange.org_id) & (Unit.id == LabelChange.unit_id))
        .join(Item, (Item.org_id == Unit.org_id) & (Item.id == Unit.item_id))
        .join(Lane, Lane.id == LabelChange.lane_id)
        .where(Release.id == release.id, *_is_told(session), *_NEWEST.after(after))
        .order_by(*_NEWEST.order())
        .limit(limit + 1)
    )
    rows, next_after = _NEWEST.cut(session.execute(wanted).all(), limit)
    later = session.execute(
        select(Release.version, Release.asked_at)
        .where(Release.project_id == release.project_id, Release.state.in_(_BUILT), Release.version > release.version)
        .order_by(Release.version)
    ).all()
    scope, schemas = scope_of(session), dict[str, Any]()
    is_own = scope.is_system or scope.org_id == release.org_id
    found = []
    for change, client_ref, content, locale, task_type, ontology_id in rows:
        if ontology_id is not None and ontology_id not in schemas:
            schemas[ontology_id] = read_ontology(session.get_one(Ontology, ontology_id).body)
        before, now = (
            _class(task_type, schemas.get(ontology_id), each, content) for each in (change.before, change.after)
        )
        carried = next((row.version for row in later if row.asked_at >= change.at), None)
        told_ref = client_ref or "" if is_own else ""
        found.append(Correction(change.unit_id, told_ref, locale, before, now, change.cause, change.at, carried))
    return found, next_after


def newest_corrected(states: Sequence[str]) -> Select[Any]:
    """The newest releases of projects in these states, once for each of their labels that was corrected since."""
    later = aliased(Release)
    is_newest = ~select(later.id).where(
        later.project_id == Release.project_id, later.version > Release.version, later.state != "broken"
    ).exists()  # fmt: skip
    return (
        select(Release.id)
        .join(LabelChange, _concerns())
        .join(Unit, (Unit.org_id == LabelChange.org_id) & (Unit.id == LabelChange.unit_id))
        .join(Project, Project.id == Release.project_id)
        .where(is_newest, Project.state.in_(states), LabelChange.before != Unit.label)
        .order_by(LabelChange.at)
    )


def contradicted_by_keys(session: Session) -> list[tuple[Unit, dict[str, Any]]]:
    """Settled units, held, whose known answer was made from them and corrected since, with that answer. System scope.

    Whatever was settled after the correction stands.
    """
    rows = session.execute(
        select(Unit, GoldKey.truth)
        .join(GoldKey, (GoldKey.org_id == Unit.org_id) & (GoldKey.item_id == Unit.item_id))
        .join(GoldKeyVersion, (GoldKeyVersion.org_id == GoldKey.org_id) & (GoldKeyVersion.key_id == GoldKey.id))
        .where(
            GoldKey.source == "settled", GoldKey.voided.is_(False), GoldKeyVersion.cause == "corrected",
            GoldKeyVersion.version == GoldKey.version, Unit.state == "settled", GoldKeyVersion.at > Unit.settled_at,
        )
        .order_by(Unit.id)
        .with_for_update(of=Unit)
    )  # fmt: skip
    return [(unit, truth) for unit, truth in rows if unit.label != truth]


def untold_changes(session: Session) -> list[str]:
    """The clients with delivered labels corrected of which it was not written to them. System scope."""
    wanted = _corrected(LabelChange.org_id).where(LabelChange.told_at.is_(None))
    return list(session.scalars(wanted.distinct().order_by(LabelChange.org_id)))


def changes_told(session: Session, org_id: str, at: datetime) -> list[tuple[str, int]]:
    """A client's projects, with how many delivered labels of each it is told of at this time. System scope."""
    rows = session.execute(
        _corrected(Project.name, func.count(func.distinct(LabelChange.unit_id)))
        .join(Project, Project.id == LabelChange.project_id)
        .where(LabelChange.org_id == org_id, LabelChange.told_at == at)
        .group_by(Project.id, Project.name)
        .order_by(Project.name, Project.id)
    )
    return [(row[0], row[1]) for row in rows]


def is_decided() -> ColumnElement[bool]:
    """Whether it is known of a change that it concerns a release or none: not while one is built that was asked before.

    What concerns a release that is there is told, whatever is built beside it.
    """
    is_built_now = and_(
        Release.project_id == LabelChange.project_id, Release.state == "building", Release.asked_at < LabelChange.at
    )
    return or_(exists().where(_concerns()), ~exists().where(is_built_now))


def _corrected(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join_from(LabelChange, Release, _concerns())
        .join(Unit, (Unit.org_id == LabelChange.org_id) & (Unit.id == LabelChange.unit_id))
        .where(LabelChange.before != Unit.label)
    )


def told_last(session: Session, org_id: str) -> datetime | None:
    """When a client was last written to about corrections."""
    return session.scalar(select(func.max(LabelChange.told_at)).where(LabelChange.org_id == org_id))


def _concerns() -> ColumnElement[bool]:
    """Whether a label was delivered by a release before it changed."""
    return and_(
        Release.project_id == LabelChange.project_id, Release.state.in_(_BUILT), LabelChange.since <= Release.built_at,
        LabelChange.at > Release.asked_at,
    )  # fmt: skip


def _is_told(session: Session) -> list[ColumnElement[bool]]:
    """What was changed back is no correction; and one that an objection brought tells a vendor of known units."""
    scope = scope_of(session)
    is_own = true() if scope.is_system else LabelChange.org_id == scope.org_id
    return [LabelChange.before != Unit.label, or_(is_own, LabelChange.cause != "objection")]


def _class(task_type: str, schema: Any, label: dict[str, Any], content: dict[str, Any]) -> str | None:
    kind = registry.get(task_type)
    if schema is None:
        return None
    try:
        return kind.category(kind.parse(label, schema, kind.parse_content(content)))
    except (InvalidAnswer, InvalidContent):
        return None
