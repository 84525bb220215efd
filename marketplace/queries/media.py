"""Reads of pictures and sounds: what a project has, by name for whoever brought them and by id for whoever looks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.db import scope_of
from kernel.paging import Paging
from labeling.files.drafts import MediaRef, located, media_stated
from labeling.files.media import name_key
from labeling.files.rows import LineProblem
from labeling.models import Media, MediaName
from labeling.rules.media import MEDIA_FIELDS
from marketplace.files.checking import Draft, unit_of
from marketplace.models import Batch, Project
from marketplace.values.imports import BatchState

MOST_ROWS = 200
_BY_NAME = Paging("media", MediaName.name_key, MediaName.id)
_CHUNK = 500


@dataclass(frozen=True)
class MediaSource:
    """An uploaded archive, and whose what it holds becomes."""

    batch_id: str
    org_id: str
    vendor_org_id: str | None  # of the project, whose people are shown the files
    named_to: str | None  # the vendor that is told the names: the one that brought them
    project_id: str
    stored_name: str
    state: BatchState
    expected: int
    key: str | None = field(repr=False)  # of the file

    @property
    def brought_by(self) -> str:
        """The organization that calls the files what they are called."""
        return self.named_to or self.org_id


@dataclass(frozen=True)
class MediaRow:
    """A file in the list of those who brought it."""

    id: str
    name: str
    kind: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    is_clients: bool


def media_source(session: Session, batch_id: str) -> MediaSource | None:
    """How to read an upload of pictures and sounds."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        return None
    project = session.get_one(Project, batch.project_id)
    return MediaSource(
        batch.id, batch.org_id, project.vendor_org_id, batch.vendor_org_id, batch.project_id, batch.stored_name,
        BatchState(batch.state), batch.rows, batch.key,
    )  # fmt: skip


def media_of_project(
    session: Session, project_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[MediaRow], str | None]:
    """The files of a project by name, as far as the scope is told their names."""
    limit = min(limit, MOST_ROWS)
    rows = session.execute(
        select(MediaName, Media)
        .join(Media, (Media.id == MediaName.id) & (Media.org_id == MediaName.org_id))
        .where(MediaName.project_id == project_id, *_BY_NAME.after(after))
        .order_by(*_BY_NAME.order())
        .limit(limit + 1)
    ).all()
    rows, next_after = _BY_NAME.cut(rows, limit)
    return [
        MediaRow(
            file.id, named.name, file.kind, file.media_type, file.size, file.width, file.height,
            named.by_org_id == named.org_id,
        )
        for named, file in rows
    ], next_after  # fmt: skip


def media_named(
    session: Session, project_id: str, names: Collection[str], *, brought_by: str | None = None
) -> dict[str, MediaRef]:
    """The files of these names, by what names that look alike have in common, as far as the scope is told them; one's
    own before another's of the same name, and of one organization alone where it is named."""
    keys, found = sorted({name_key(name) for name in names}), dict[str, MediaRef]()
    own = scope_of(session).org_id
    for start in range(0, len(keys), _CHUNK):
        rows = session.execute(
            select(MediaName.name_key, MediaName.by_org_id, Media.id, Media.kind, Media.sha256)
            .join(Media, (Media.id == MediaName.id) & (Media.org_id == MediaName.org_id))
            .where(MediaName.project_id == project_id, MediaName.name_key.in_(keys[start : start + _CHUNK]))
        )
        for row in sorted(rows, key=lambda row: row.by_org_id == own):
            if brought_by in (None, row.by_org_id):
                found[row.name_key] = MediaRef(row.id, row.kind, row.sha256)
    return found


def located_in(
    session: Session, project_id: str, entries: Sequence[Draft | tuple[LineProblem, ...]]
) -> list[Draft | tuple[LineProblem, ...]]:  # fmt: skip
    """Drafts with their pictures and sounds found, or what is wrong with the names on their lines."""
    stated = {
        name
        for entry in entries if not isinstance(entry, tuple)
        for name in media_stated(unit_of(entry).content).values()
    }  # fmt: skip
    if not stated:
        return list(entries)
    known = media_named(session, project_id, stated)
    return [entry if isinstance(entry, tuple) else located(entry, known) for entry in entries]


def names_in(session: Session, contents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the files that these contents refer to are called, as far as the scope is told; by id."""
    wanted = sorted({content[field] for content in contents for field in MEDIA_FIELDS if field in content})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = session.execute(
            select(MediaName.id, MediaName.name).where(MediaName.id.in_(wanted[start : start + _CHUNK]))
        )
        found |= {row.id: row.name for row in rows}
    return found


def has_media(session: Session, project_id: str) -> bool:
    """Whether a project has any picture or sound."""
    return session.scalar(select(Media.id).where(Media.project_id == project_id).limit(1)) is not None
