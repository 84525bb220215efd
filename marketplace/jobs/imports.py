"""Jobs of imports: checking a file, writing it in chunks. Each chunk is one transaction that keeps its own place."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy.orm import Session

from i18n import _
from kernel.db import expect_many
from kernel.jobs import Work, job
from kernel.policy import Actor
from kernel.sealed_files import open_sealed
from labeling.files.drafts import media_stated
from labeling.files.rows import LineProblem
from marketplace.files.checking import (
    Draft,
    Mark,
    Tally,
    count_lines,
    in_chunks,
    name_of,
    named_twice,
    read_drafts,
    twice_told,
    unit_of,
)
from marketplace.operations import imports, units
from marketplace.queries.imports import (
    Source,
    items_in_work,
    items_with_key,
    known_items,
    names_in_work,
    source_of,
    state_of,
)
from marketplace.queries.media import located_in
from marketplace.values.imports import CHUNK, WRITTEN_AT_ONCE, BatchKind, BatchState

Entry = Draft | tuple[LineProblem, ...]
Write = Callable[[Session, Actor, Source, Sequence[Draft]], int]


@job(queue="bulk", long=True)
def check_units(work: Work, batch_id: str) -> dict[str, Any]:
    """Check every line of a file of units."""
    return _check(work, batch_id)


@job(queue="bulk", long=True, gold=True)
def check_gold(work: Work, batch_id: str) -> dict[str, Any]:
    """Check every line of a file of gold, in the client's scope."""
    return _check(work, batch_id)


@job(queue="bulk", long=True)
def import_units(work: Work, batch_id: str) -> dict[str, Any]:
    """Write the good rows of a file of units."""
    return _write(work, batch_id, units.write_units)


@job(queue="bulk", long=True, gold=True)
def import_gold(work: Work, batch_id: str) -> dict[str, Any]:
    """Write the good rows of a file of gold, in the client's scope."""
    return _write(work, batch_id, units.write_gold)


def _check(work: Work, batch_id: str) -> dict[str, Any]:
    source = _source(work, batch_id)
    if source is None or source.state is not BatchState.CHECKING:
        return {"batch_id": batch_id}
    tally = Tally(shows_content=source.spec.kind is BatchKind.UNITS)
    with open_sealed(source.stored_name, source.key) as stream:
        total = count_lines(stream)
        stream.seek(0)
        for entries in in_chunks(read_drafts(stream, source.spec), CHUNK):
            drafts = tally.fresh(_located(work, source, entries))
            with work.transaction() as session:
                if state_of(session, batch_id) is not BatchState.CHECKING:
                    return {"batch_id": batch_id}
                _compare(session, source, tally, drafts)
                work.advance(session, min(tally.last_line, total), total)
    counts = {"rows": tally.rows, "good": tally.good, "duplicates": tally.duplicates, "bad": tally.bad}
    with work.transaction() as session:
        imports.note_check(
            session, work.actor, batch_id, counts=counts, findings=tally.findings, preview=tally.preview,
            personal=tally.personal.to_json(),
        )  # fmt: skip
    return {"batch_id": batch_id, **counts}


def _located(work: Work, source: Source, entries: Sequence[Entry]) -> Sequence[Entry]:
    """The same with pictures and sounds found; a name that the project does not know is a problem of its line."""
    if not any(media_stated(unit_of(entry).content) for entry in entries if not isinstance(entry, tuple)):
        return entries
    with work.reading() as session:
        return located_in(session, source.project_id, entries)


def _compare(session: Session, source: Source, tally: Tally, drafts: Sequence[Draft]) -> None:
    """Settle the drafts against what the project has: new, there already, or not to be had both ways."""
    marks = [(unit_of(draft).locale, unit_of(draft).fingerprint) for draft in drafts]
    known = known_items(session, source.project_id, marks)
    twice = _named_twice(session, source, drafts, known)
    is_gold = source.spec.kind is BatchKind.GOLD
    item_ids = list(known.values())
    keyed = items_with_key(session, item_ids) if is_gold else set(item_ids)
    in_work = items_in_work(session, source.project_id, item_ids) - keyed if is_gold else set()
    for draft, mark in zip(drafts, marks, strict=True):
        item_id = known.get(mark)
        if item_id in keyed:
            tally.repeat()
        elif item_id in in_work:
            text = _("This content is ordinary work of the project already; gold needs content nobody has met.")
            tally.condemn(draft, None, "gold.is_a_unit", text)
        elif unit_of(draft).line in twice:
            tally.condemn(draft, "id", "id.twice", twice_told(unit_of(draft).reference))
        else:
            tally.settle(draft)


def _write(work: Work, batch_id: str, write: Write) -> dict[str, Any]:
    source = _source(work, batch_id)
    if source is None or source.state is not BatchState.IMPORTING:
        return {"batch_id": batch_id}
    after, done, new = (int(work.step.get(name, 0)) for name in ("line", "taken", "new"))
    with open_sealed(source.stored_name, source.key) as stream:
        drafts = (entry for entry in read_drafts(stream, source.spec) if not isinstance(entry, tuple))
        rest = (draft for draft in drafts if unit_of(draft).line > after)
        for chunk in in_chunks(rest, WRITTEN_AT_ONCE):
            with work.transaction() as session:
                if state_of(session, batch_id) is not BatchState.IMPORTING:
                    return {"batch_id": batch_id, "new": new}
                expect_many(session)
                found = [each for each in located_in(session, source.project_id, chunk) if not isinstance(each, tuple)]
                added = write(session, work.actor, source, _takeable(session, source, found))
                done, new = done + len(chunk), new + added
                line = unit_of(chunk[-1]).line
                work.advance(session, done, source.expected, line=line, taken=done, new=new)
    with work.transaction() as session:
        if state_of(session, batch_id) is BatchState.IMPORTING:
            imports.finish_import(session, work.actor, batch_id, new=new)
    return {"batch_id": batch_id, "new": new}


def _takeable(session: Session, source: Source, chunk: Sequence[Draft]) -> Sequence[Draft]:
    """Left out is new content under the id of another, which the check told; and gold whose content is known.

    As ordinary work such gold was told in the check, as a key it is there.
    """
    marks = [(unit_of(draft).locale, unit_of(draft).fingerprint) for draft in chunk]
    there = known_items(session, source.project_id, marks)
    twice = _named_twice(session, source, chunk, there)
    chunk = [draft for draft in chunk if unit_of(draft).line not in twice]
    if source.spec.kind is not BatchKind.GOLD:
        return chunk
    fresh: dict[tuple[str, str], Draft] = {}
    for draft in chunk:
        fresh.setdefault((unit_of(draft).locale, unit_of(draft).fingerprint), draft)
    return [draft for mark, draft in fresh.items() if mark not in there]


def _named_twice(session: Session, source: Source, drafts: Sequence[Draft], known: Collection[Mark]) -> set[int]:
    """The lines of new content under an id that another content of the work has."""
    lanes = [lane.id for lane in source.lanes.values()]
    names = names_in_work(session, source.org_id, source.project_id, lanes, filter(None, map(name_of, drafts)))
    return {unit_of(draft).line for draft in named_twice(drafts, known, names)}


def _source(work: Work, batch_id: str) -> Source | None:
    with work.reading() as session:
        return source_of(session, batch_id)
