"""Reads of imports: uploads as they stand, how to read their files, and which contents a project has already."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from calibration.models import GoldKey
from calibration.queries.gold import items_with_keys, known_beforehand, settled_since
from kernel.paging import Paging
from labeling.files.rows import FileKind
from labeling.models import Item, Ontology
from labeling.rules.personal import PersonalChoice
from labeling.tasktypes.registry import read_ontology
from marketplace.files.checking import FileSpec
from marketplace.models import Batch, Lane, Project, Unit
from marketplace.values.imports import BatchKind, BatchState, BatchView, Finding, PersonalFound

MOST_ROWS = 200
_NEWEST = Paging("batches", Batch.created_at, Batch.id, newest_first=True)
_CHUNK = 500  # parameters of one IN list


@dataclass(frozen=True)
class LaneRef:
    """What a new unit takes over from its lane."""

    id: str
    locale: str
    overlap: int
    classification: str


@dataclass(frozen=True)
class Source:
    """A file that was uploaded, with everything that its reading and writing needs."""

    batch_id: str
    org_id: str
    vendor_org_id: str | None
    project_id: str
    stored_name: str
    name: str
    state: BatchState
    spec: FileSpec
    lanes: dict[str, LaneRef]
    expected: int
    created_by: str | None = None
    personal: PersonalChoice | None = None
    key: str | None = field(default=None, repr=False)  # of the file


def batch_of(session: Session, batch_id: str) -> BatchView | None:
    """An upload that the scope sees."""
    row = session.get(Batch, batch_id)
    return _view(session, row) if row else None


def batches_of(
    session: Session, project_id: str, kinds: Collection[str] = (BatchKind.UNITS,), *, after: str | None = None,
    limit: int = 50,
) -> tuple[list[BatchView], str | None]:  # fmt: skip
    """The uploads of a project, newest first. Uploads of gold are the client's alone."""
    limit = min(limit, MOST_ROWS)
    statement = select(Batch).where(Batch.project_id == project_id, Batch.kind.in_(list(kinds)), *_NEWEST.after(after))
    rows = session.scalars(statement.order_by(*_NEWEST.order()).limit(limit + 1)).all()
    rows, next_after = _NEWEST.cut(rows, limit)
    return [_view(session, row, with_twin=False) for row in rows], next_after


def state_of(session: Session, batch_id: str) -> BatchState | None:
    """How far an upload is, read afresh."""
    state = session.scalar(select(Batch.state).where(Batch.id == batch_id))
    return BatchState(state) if state else None


def source_of(session: Session, batch_id: str) -> Source | None:
    """How to read an upload's file."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        return None
    project = session.scalars(select(Project).where(Project.id == batch.project_id)).one()
    lanes = lane_refs(session, batch.project_id)
    spec = FileSpec(
        BatchKind(batch.kind), FileKind(batch.format), project.task_type,
        {lane.locale: lane.classification for lane in lanes.values()}, _newest_ontology(session, batch),
    )  # fmt: skip
    return Source(
        batch.id, batch.org_id, project.vendor_org_id, batch.project_id, batch.stored_name, batch.name,
        BatchState(batch.state), spec, lanes, batch.good + batch.duplicates, batch.created_by,
        PersonalChoice(batch.personal_choice) if batch.personal_choice else None, batch.key,
    )  # fmt: skip


def first_overlap() -> ColumnElement[int]:
    """How many places a unit begins with: all that were agreed, or the fewest where more are asked for one by one."""
    return func.coalesce(Lane.overlap_least, Lane.overlap)


def lane_refs(session: Session, project_id: str) -> dict[str, LaneRef]:
    """The lanes of a project that take units, by locale."""
    rows = session.execute(
        select(Lane.id, Lane.locale, first_overlap(), Lane.classification).where(
            Lane.project_id == project_id, Lane.stage == "label", Lane.state != "done"
        )
    )
    return {row.locale: LaneRef(*row) for row in rows}


def project_choice(session: Session, project_id: str) -> PersonalChoice | None:
    """What is done with personal data in this project's work and gold, once that was decided."""
    choice = session.scalar(select(Project.personal_choice).where(Project.id == project_id))
    return PersonalChoice(choice) if choice else None


def known_items(session: Session, project_id: str, marks: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Of these (locale, fingerprint), those that the project has, with their items."""
    wanted = set(marks)
    prints = sorted({fingerprint for _locale, fingerprint in wanted})
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(prints), _CHUNK):
        rows = session.execute(
            select(Item.locale, Item.fingerprint, Item.id).where(
                Item.project_id == project_id, Item.fingerprint.in_(prints[start : start + _CHUNK])
            )
        )
        found |= {(row.locale, row.fingerprint): row.id for row in rows}
    return {mark: item_id for mark, item_id in found.items() if mark in wanted}


def names_in_work(
    session: Session, org_id: str, project_id: str, lane_ids: Collection[str], names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], set[str]]:
    """Of these (locale, id), those that units of these lanes have, with the fingerprints of their contents."""
    wanted = set(names)
    references = sorted({reference for _locale, reference in wanted})
    found: dict[tuple[str, str], set[str]] = {}
    for start in range(0, len(references), _CHUNK):
        rows = session.execute(
            select(Item.locale, Item.client_ref, Item.fingerprint).where(
                Item.org_id == org_id, Item.project_id == project_id,
                Item.client_ref.in_(references[start : start + _CHUNK]),
                select(Unit.id)
                .where(Unit.org_id == Item.org_id, Unit.lane_id.in_(list(lane_ids)), Unit.item_id == Item.id)
                .exists(),
            )
        )  # fmt: skip
        for locale, reference, fingerprint in rows:
            if reference is not None and (locale, reference) in wanted:
                found.setdefault((locale, reference), set()).add(fingerprint)
    return found


def units_of_items(session: Session, lane_id: str, item_ids: Sequence[str]) -> dict[str, str]:
    """Unit by item, for those items that are units of this lane."""
    return _by_item(session, Unit.item_id, Unit.id, Unit.lane_id == lane_id, item_ids)


def items_in_work(session: Session, project_id: str, item_ids: Sequence[str]) -> set[str]:
    """Of these items, those that are units in any lane of the project."""
    return set(_by_item(session, Unit.item_id, Unit.id, Unit.project_id == project_id, item_ids))


def items_with_key(session: Session, item_ids: Sequence[str]) -> set[str]:
    """Of these items, those with a known answer. Only in a scope that reads gold."""
    found: set[str] = set()
    for start in range(0, len(item_ids), _CHUNK):
        found |= items_with_keys(session, item_ids[start : start + _CHUNK])
    return found


def items_never_work(session: Session, item_ids: Sequence[str]) -> set[str]:
    """Of these items, those whose answer was known before anybody worked on them. Only in a scope that reads gold."""
    found: set[str] = set()
    for start in range(0, len(item_ids), _CHUNK):
        found |= known_beforehand(session, item_ids[start : start + _CHUNK])
    return found


def became_gold(session: Session, item_ids: Sequence[str]) -> dict[str, datetime]:
    """Of these items, those that became gold once settled, and when. Only in a scope that reads gold."""
    found: dict[str, datetime] = {}
    for start in range(0, len(item_ids), _CHUNK):
        found |= settled_since(session, item_ids[start : start + _CHUNK])
    return found


def caps_of(session: Session, org_id: str, item_ids: Sequence[str]) -> dict[str, int]:
    """How many people may meet each of these live keys. Only in a scope that reads gold."""
    where = (GoldKey.org_id == org_id) & (GoldKey.pool == "live")
    return _by_item(session, GoldKey.item_id, GoldKey.exposure_cap, where, item_ids)


def _by_item(session: Session, key: Any, value: Any, where: Any, item_ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(item_ids), _CHUNK):
        rows = session.execute(select(key, value).where(where, key.in_(item_ids[start : start + _CHUNK])))
        found |= {row[0]: row[1] for row in rows}
    return found


def _newest_ontology(session: Session, batch: Batch) -> Any:
    if batch.kind != BatchKind.GOLD:
        return None
    body = session.scalar(
        select(Ontology.body).where(Ontology.project_id == batch.project_id).order_by(Ontology.version.desc()).limit(1)
    )
    return read_ontology(body) if body else None


def _view(session: Session, row: Batch, *, with_twin: bool = True) -> BatchView:
    twin, personal = None, row.personal
    if with_twin:
        twin = session.scalar(
            select(Batch.name)
            .where(
                Batch.project_id == row.project_id, Batch.sha256 == row.sha256, Batch.id != row.id,
                Batch.created_at <= row.created_at, Batch.state.in_(("importing", "imported")),
            )
            .limit(1)
        )  # fmt: skip
    return BatchView(
        id=row.id, project_id=row.project_id, kind=BatchKind(row.kind), name=row.name, format=row.format,
        sha256=row.sha256, state=BatchState(row.state), rows=row.rows, good=row.good, duplicates=row.duplicates,
        bad=row.bad, findings=tuple(Finding.from_json(each) for each in row.findings or ()),
        preview=tuple(row.preview or ()),
        job_id=row.job_id, created_at=row.created_at, same_as=twin, org_id=row.org_id,
        personal=PersonalFound.from_json(personal), personal_choice=row.personal_choice,
        project_choice=project_choice(session, row.project_id) if personal and with_twin else None,
    )  # fmt: skip
