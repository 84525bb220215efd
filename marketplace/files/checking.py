"""Checking an upload: every line read as a stream, drafts and findings told apart, counts kept in little memory."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, TypeVar

from i18n import Message, _
from labeling.files.drafts import (
    GoldDraft,
    UnitDraft,
    gold_columns,
    needed_columns,
    parse_gold,
    parse_unit,
    unit_columns,
)
from labeling.files.reading import read_rows
from labeling.files.rows import FileKind, Limits, LineProblem, Row
from labeling.tasktypes import registry
from labeling.values import GoldPool, Ontology
from marketplace.files.personal import PersonalTally
from marketplace.values.imports import MOST_FINDINGS, PREVIEW_ROWS, BatchKind, Finding
from workforce.values import rank_of

Draft = UnitDraft | GoldDraft
Mark = tuple[str, str]  # locale and fingerprint of a content
Name = tuple[str, str]  # locale and the client's id
Entry = TypeVar("Entry")

_WHOLE_FILE = Limits(problems=1_000_000)
_NOT_TAKEN = {"priority"}  # order is decided by lanes, not by rows


@dataclass(frozen=True)
class FileSpec:
    """How to read a file: what it holds, its format, the task type, and the languages with their classification."""

    kind: BatchKind
    format: FileKind
    task_type: str
    lanes: Mapping[str, str]  # locale -> classification
    ontology: Ontology | None = None


def read_drafts(stream: BinaryIO, spec: FileSpec) -> Iterator[Draft | tuple[LineProblem, ...]]:
    """A draft or the problems of each line, in order; never holds more than one line of the file."""
    task_type = registry.get(spec.task_type)
    columns = gold_columns if spec.kind is BatchKind.GOLD else unit_columns
    names = columns(task_type, spec.format) - _NOT_TAKEN
    needed = needed_columns(task_type, spec.lanes, of_gold=spec.kind is BatchKind.GOLD)
    for entry in read_rows(stream, spec.format, _WHOLE_FILE, columns=names, needed=needed):
        yield (entry,) if isinstance(entry, LineProblem) else _draft(entry, spec)


def unit_of(draft: Draft) -> UnitDraft:
    """The unit of a draft, which for gold is what its key is about."""
    return draft.unit if isinstance(draft, GoldDraft) else draft


def name_of(draft: Draft) -> Name | None:
    """What a draft's label is delivered under, where it has an id; questions of tests are delivered to nobody."""
    unit = unit_of(draft)
    is_work = not isinstance(draft, GoldDraft) or draft.pool is GoldPool.LIVE
    return (unit.locale, unit.reference) if is_work and unit.reference is not None else None


def named_twice(
    drafts: Iterable[Draft], known: Collection[Mark], names: Mapping[Name, Collection[str]]
) -> list[Draft]:  # fmt: skip
    """Of these drafts, in their order, those with new content under an id that another content has already.

    `known` is content that is there, which keeps the id it came with; `names` the contents by the ids that are there.
    """
    met, taken, found = set(known), {name: set(prints) for name, prints in names.items()}, []
    for draft in drafts:
        mark, name = (unit_of(draft).locale, unit_of(draft).fingerprint), name_of(draft)
        if mark in met:
            continue
        if name is not None and mark[1] not in taken.setdefault(name, {mark[1]}):
            found.append(draft)
        else:
            met.add(mark)
    return found


def twice_told(reference: str | None) -> Message:
    """What is said of an id that another content has."""
    return _("The id “%(id)s” belongs to another content already; an id names one.", id=(reference or "")[:80])


def in_chunks(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    """The entries in lists of at most `size`."""
    rest = iter(entries)
    while chunk := list(islice(rest, size)):
        yield chunk


def count_lines(stream: BinaryIO) -> int:
    """Line breaks in a file, for its progress."""
    return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _draft(row: Row, spec: FileSpec) -> Draft | tuple[LineProblem, ...]:
    task_type = registry.get(spec.task_type)
    if spec.kind is BatchKind.GOLD:
        assert spec.ontology is not None
        draft: Draft | tuple[LineProblem, ...] = parse_gold(row, task_type, spec.ontology, locales=spec.lanes)
    else:
        draft = parse_unit(row, task_type, spec.lanes)
    if isinstance(draft, tuple):
        return draft
    unit = unit_of(draft)
    limit = spec.lanes[unit.locale]
    is_kept_apart = isinstance(draft, GoldDraft) and draft.pool is not GoldPool.LIVE
    if is_kept_apart and unit.classification and rank_of(unit.classification) > rank_of(limit):
        text = _("Who takes the test is cleared for %(limit)s only, and this is more sensitive.", limit=limit)
        return (LineProblem(row.line, "classification", "classification.above", text),)
    return draft


@dataclass
class Tally:
    """The running account of a check."""

    shows_content: bool
    rows: int = 0
    good: int = 0
    duplicates: int = 0
    bad: int = 0
    findings: list[Finding] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)
    personal: PersonalTally = field(default_factory=PersonalTally)
    last_line: int = 0
    _seen: set[bytes] = field(default_factory=set)
    _named: dict[int, int] = field(default_factory=dict)  # digests: a file may have a million rows
    _last_bad: int = 0

    def fresh(self, entries: Iterable[Draft | tuple[LineProblem, ...]]) -> list[Draft]:
        """Take up entries; returns the drafts that the file has not brought before, nor under the id of another."""
        found = []
        for entry in entries:
            if isinstance(entry, tuple):
                self.note(entry)
            elif self._is_new(entry):
                found.append(entry)
        return found

    def settle(self, draft: Draft) -> None:
        """This draft is good. What is shown of it beforehand is shown without its personal data."""
        self.good += 1
        unit = unit_of(draft)
        content = self.personal.look(unit)
        if self.shows_content and len(self.preview) < PREVIEW_ROWS:
            content = content | dict(unit.stated)
            self.preview.append(
                {"line": unit.line, "reference": unit.reference, "locale": unit.locale, "content": content}
            )

    def repeat(self) -> None:
        """A draft whose content is there already."""
        self.duplicates += 1

    def note(self, problems: Iterable[LineProblem]) -> None:
        """A line with problems counts once as bad, however many there are."""
        for problem in problems:
            if problem.line != self._last_bad:
                self._last_bad = self.last_line = problem.line
                self.rows += 1
                self.bad += 1
            if len(self.findings) < MOST_FINDINGS:
                column = None if problem.column is None else str(problem.column)
                self.findings.append(Finding(problem.line, column, problem.code, problem.message))

    def condemn(self, draft: Draft, column: str | None, code: str, message: Any) -> None:
        """A draft that reads well but cannot be taken here."""
        self.bad += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(unit_of(draft).line, column, code, message))

    def _is_new(self, draft: Draft) -> bool:
        unit, name = unit_of(draft), name_of(draft)
        self.rows += 1
        self.last_line = unit.line
        mark = bytes.fromhex(unit.fingerprint)[:16] + unit.locale.encode()
        if mark in self._seen:
            self.duplicates += 1
            return False
        content = int(unit.fingerprint[:15], 16)
        if name is not None and self._named.setdefault(hash(name), content) != content:
            self.condemn(draft, "id", "id.twice", twice_told(unit.reference))
            return False
        self._seen.add(mark)
        return True
