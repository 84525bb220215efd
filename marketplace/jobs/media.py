"""Jobs of pictures and sounds: an archive looked through with an answer for each file, then kept file by file."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from i18n import _
from kernel.jobs import Work, job
from kernel.sealed_files import open_sealed
from kernel.storage import kept
from labeling.files.media import ArchiveRefused, Found, file_count, name_key, read_archive
from marketplace.files.checking import in_chunks
from marketplace.operations import imports
from marketplace.operations.media import write_media
from marketplace.queries.imports import state_of
from marketplace.queries.media import MediaSource, media_named, media_source
from marketplace.values.imports import MOST_FINDINGS, BatchState, Finding

SHOWN = 50  # names of files that are taken, in the preview
_AT_ONCE = 8  # files in memory


@dataclass
class _Account:
    """The running account of an archive."""

    rows: int = 0
    good: int = 0
    duplicates: int = 0
    bad: int = 0
    findings: list[Finding] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, found: Found, known: str | None) -> None:
        """Settle one file; `known` is the content that the project has under its name."""
        self.rows += 1
        file, key = found.file, name_key(found.name)
        if file is None:
            assert found.refusal is not None
            self.refuse(found, found.refusal.code, found.refusal.message)
        elif key in self.seen:
            self.refuse(found, "media.twice", _("Another file of this archive has the same name."))
        elif known not in (None, found.sha256):
            self.refuse(found, "media.name_taken", _("The project has another file of this name already. Rename it."))
        elif known is not None:
            self.duplicates += 1
        else:
            self.good += 1
            if len(self.preview) < SHOWN:
                self.preview.append(
                    {"name": found.name, "kind": file.kind.value, "type": file.media_type, "size": len(file.content),
                     "width": file.width, "height": file.height}
                )  # fmt: skip
        if file is not None:
            self.seen.add(key)

    def refuse(self, found: Found, code: str, message: Any) -> None:
        self.bad += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(found.number, found.name, code, message))


@job(queue="bulk", long=True)
def check_media(work: Work, batch_id: str) -> dict[str, Any]:
    """Look through an archive of pictures and sounds."""
    source = _source(work, batch_id)
    if source is None or source.state is not BatchState.CHECKING:
        return {"batch_id": batch_id}
    account = _Account()
    with _opened(source) as (stream, size):
        try:
            total = file_count(stream, size)
        except ArchiveRefused as refusal:
            total, account.bad, account.rows = 0, 1, 1
            account.findings.append(Finding(0, None, refusal.code, refusal.message))
        for found in in_chunks(read_archive(stream, size), _AT_ONCE) if total else ():
            with work.transaction() as session:
                if state_of(session, batch_id) is not BatchState.CHECKING:
                    return {"batch_id": batch_id}
                known = _known(session, source, found)
                for each in found:
                    account.take(each, known.get(name_key(each.name)))
                work.advance(session, account.rows, total)
    counts = {"rows": account.rows, "good": account.good, "duplicates": account.duplicates, "bad": account.bad}
    with work.transaction() as session:
        imports.note_check(
            session, work.actor, batch_id, counts=counts, findings=account.findings, preview=account.preview,
            personal={},
        )  # fmt: skip
    return {"batch_id": batch_id, **counts}


@job(queue="bulk", long=True)
def import_media(work: Work, batch_id: str) -> dict[str, Any]:
    """Keep the good files of an archive."""
    source = _source(work, batch_id)
    if source is None or source.state is not BatchState.IMPORTING:
        return {"batch_id": batch_id}
    after, new = int(work.step.get("number", 0)), int(work.step.get("new", 0))
    with _opened(source) as (stream, size):
        for found in in_chunks(read_archive(stream, size, after), _AT_ONCE):
            with ExitStack() as files, work.transaction() as session:
                if state_of(session, batch_id) is not BatchState.IMPORTING:
                    return {"batch_id": batch_id, "new": new}
                new += write_media(
                    session, work.actor, source, _fresh(session, source, found),
                    lambda content, files=files: files.enter_context(kept([content])),  # type: ignore[misc]
                )  # fmt: skip
                work.advance(session, found[-1].number, source.expected, number=found[-1].number, new=new)
    with work.transaction() as session:
        if state_of(session, batch_id) is BatchState.IMPORTING:
            imports.finish_import(session, work.actor, batch_id, new=new)
    return {"batch_id": batch_id, "new": new}


def _fresh(session: Session, source: MediaSource, found: Sequence[Found]) -> list[Found]:
    """Those whose name the project does not have, each name once: of two the first one was told to be taken."""
    known, fresh = _known(session, source, found), dict[str, Found]()
    for each in found:
        if each.file is not None and name_key(each.name) not in known:
            fresh.setdefault(name_key(each.name), each)
    return list(fresh.values())


def _known(session: Session, source: MediaSource, found: Sequence[Found]) -> dict[str, str]:
    """What the project has under these names from whoever brings these."""
    names = [each.name for each in found]
    named = media_named(session, source.project_id, names, brought_by=source.brought_by)
    return {key: file.sha256 for key, file in named.items()}


@contextmanager
def _opened(source: MediaSource) -> Iterator[tuple[BinaryIO, int]]:
    with open_sealed(source.stored_name, source.key) as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        yield stream, size


def _source(work: Work, batch_id: str) -> MediaSource | None:
    with work.reading() as session:
        return media_source(session, batch_id)
