"""From rows to what they mean: units to be labelled and gold, each checked against its task type and languages."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from i18n import _
from labeling.files.media import name_key
from labeling.files.rows import FileKind, LineProblem, Row
from labeling.rules.media import MEDIA_FIELDS, MediaKind
from labeling.rules.reading import Reader, canonical_locale
from labeling.tasktypes.protocol import TaskType
from labeling.values import (
    Classification,
    GoldPool,
    InvalidAnswer,
    InvalidContent,
    JsonObject,
    Ontology,
    ProblemAt,
)
from web.json_text import sha256_of

MAX_REFERENCE = 200
MAX_EXPLANATION = 4_000
MAX_LINK = 120
HIGHEST_PRIORITY = 100

_UNIT_FIELDS = frozenset({"id", "locale", "classification", "priority"})
_GOLD_FIELDS = frozenset({"label", "explanation", "pool", "link"})

Kind = TypeVar("Kind", bound=StrEnum)
_KINDS = {
    MediaKind.PICTURE.value: _("This file is a picture, and stands in the column “picture”."),
    MediaKind.SOUND.value: _("This file is a sound, and stands in the column “sound”."),
}


@dataclass(frozen=True, slots=True)
class UnitDraft:
    """A unit as a file describes it; `classification` is None where the lane's own holds."""

    line: int
    reference: str | None
    content: JsonObject
    locale: str
    classification: Classification | None
    priority: int
    fingerprint: str
    stated: tuple[tuple[str, str], ...] = ()  # what the file calls its pictures and sounds, once their ids stand there


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A picture or sound that units may refer to."""

    id: str
    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Located:
    """A content whose pictures and sounds were looked for."""

    content: JsonObject
    fingerprint: str
    problems: tuple[ProblemAt, ...]


@dataclass(frozen=True, slots=True)
class GoldDraft:
    """A unit with its right answer in canonical form, the reason for it, and where it may be shown.

    `link` is the name that the same question has in every language.
    """

    unit: UnitDraft
    answer: JsonObject
    explanation: str | None
    pool: GoldPool
    link: str | None = None


def unit_columns(task_type: TaskType[Any, Any], kind: FileKind) -> frozenset[str]:
    """The names a row of units may have; JSONL may carry the whole content as one object."""
    whole = frozenset({"content"}) if kind is FileKind.JSONL else frozenset[str]()
    return _UNIT_FIELDS | whole | frozenset(task_type.content_fields) | frozenset(MEDIA_FIELDS)


def gold_columns(task_type: TaskType[Any, Any], kind: FileKind) -> frozenset[str]:
    """The names a row of gold may have; JSONL may carry the answer as an object instead of a label."""
    whole = frozenset({"answer"}) if kind is FileKind.JSONL else frozenset[str]()
    return unit_columns(task_type, kind) | _GOLD_FIELDS | whole


def needed_columns(task_type: TaskType[Any, Any], locales: Collection[str], *, of_gold: bool = False) -> frozenset[str]:
    """The columns that a CSV file must have, as every row would be wrong without them."""
    found = frozenset({"label", "pool"}) if of_gold else frozenset[str]()
    if len(locales) != 1:
        found |= {"locale"}
    try:
        task_type.parse_content({})
    except InvalidContent as error:
        found |= {each.path for each in error.problems if each.code == "missing"}
    return found


def content_fingerprint(content: Mapping[str, Any]) -> str:
    """Equal for contents that read the same: SHA-256 over NFC texts whose runs of white space are one space."""
    return sha256_of({name: _folded(value) for name, value in content.items()})


def parse_unit(
    row: Row, task_type: TaskType[Any, Any], locales: Collection[str]
) -> UnitDraft | tuple[LineProblem, ...]:
    """The unit of a row, or all its problems. A row needs no locale where the project has only one."""
    reader = Reader()
    content = _content(reader, row.values, task_type)
    reference = _reference(reader, row.values.get("id"))
    locale = _locale(reader, row.values.get("locale"), locales)
    classification = _member(reader, row.values.get("classification"), "classification", Classification)
    priority = _priority(reader, row.values.get("priority"))
    if reader.problems or content is None or locale is None:
        return _on_line(row, reader.problems)
    found = task_type.content_json(content)
    return UnitDraft(row.line, reference, found, locale, classification, priority, content_fingerprint(found))


def parse_gold(
    row: Row,
    task_type: TaskType[Any, Any],
    ontology: Ontology,
    *,
    locales: Collection[str],
    default_pool: GoldPool | None = None,
) -> GoldDraft | tuple[LineProblem, ...]:
    """The gold item of a row, or all its problems; `default_pool` holds for rows that name none."""
    unit = parse_unit(row, task_type, locales)
    reader = Reader()
    pool = _member(reader, row.values.get("pool"), "pool", GoldPool) or default_pool
    if pool is None and not reader.problems:
        reader.note("pool", "missing", _("Name the pool: training, exam or live."))
    explanation = reader.optional_text(row.values.get("explanation"), "explanation", MAX_EXPLANATION)
    link = reader.optional_text(row.values.get("link"), "link", MAX_LINK)
    answer = _answer(reader, row.values, task_type, ontology, unit)
    if not isinstance(unit, UnitDraft):
        return (*unit, *_on_line(row, reader.problems))
    if reader.problems or pool is None or answer is None:
        return _on_line(row, reader.problems)
    return GoldDraft(unit, answer, explanation, pool, link)


def media_stated(content: Mapping[str, Any]) -> dict[str, str]:
    """What a content calls its pictures and sounds, by field."""
    return {field: content[field] for field in MEDIA_FIELDS if field in content}


def with_media(content: JsonObject, known: Mapping[str, MediaRef]) -> Located:
    """A content that refers to its files by their ids, and its fingerprint; or what is wrong with the names in it.

    `known` is by what names that look alike have in common. Equal files make equal contents, whatever they are called.
    """
    ids, sums, problems = dict[str, str](), dict[str, str](), list[ProblemAt]()
    for field, name in media_stated(content).items():
        file = known.get(name_key(name))
        if file is None:
            text = _("The project has no file “%(name)s”. Upload it first.", name=name)
            problems.append(ProblemAt(field, "unknown_media", text))
        elif file.kind != field:
            problems.append(ProblemAt(field, "other_media", _KINDS[file.kind]))
        else:
            ids[field], sums[field] = file.id, file.sha256
    return Located(content | ids, content_fingerprint(content | sums), tuple(problems))


def located(
    draft: UnitDraft | GoldDraft, known: Mapping[str, MediaRef]
) -> UnitDraft | GoldDraft | tuple[LineProblem, ...]:  # fmt: skip
    """A draft of a file with its pictures and sounds found, or the problems of its line."""
    unit = draft.unit if isinstance(draft, GoldDraft) else draft
    stated = media_stated(unit.content)
    if not stated:
        return draft
    found = with_media(unit.content, known)
    if found.problems:
        return tuple(LineProblem(unit.line, each.path, each.code, each.message) for each in found.problems)
    unit = replace(unit, content=found.content, fingerprint=found.fingerprint, stated=tuple(stated.items()))
    return replace(draft, unit=unit) if isinstance(draft, GoldDraft) else unit


def _content(reader: Reader, values: Mapping[str, Any], task_type: TaskType[Any, Any]) -> Any:
    names = (*task_type.content_fields, *MEDIA_FIELDS)
    flat = {name: values[name] for name in names if values.get(name) not in (None, "")}
    whole = values.get("content")
    if whole is not None and flat:
        reader.note("content", "twice", _("Write either “content” or its fields, not both."))
        return None
    try:
        return task_type.parse_content(flat if whole is None else whole)
    except InvalidContent as error:
        prefix = "" if whole is None else "content"
        reader.problems.extend(_under(prefix, error.problems))
        return None


def _reference(reader: Reader, value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return reader.optional_text(value, "id", MAX_REFERENCE)


def _locale(reader: Reader, value: Any, locales: Collection[str]) -> str | None:
    if value in (None, "") and len(locales) == 1:
        return next(iter(locales))
    known = ", ".join(sorted(locales))
    if value in (None, ""):
        reader.note("locale", "missing", _("Name the language, one of: %(known)s.", known=known))
        return None
    tag = canonical_locale(value) if isinstance(value, str) else None
    if tag in locales:
        return tag
    text = _("“%(tag)s” is not one of the languages here: %(known)s.", tag=str(value)[:40], known=known)
    reader.note("locale", "unknown_locale", text)
    return None


def _member(reader: Reader, value: Any, path: str, kind: type[Kind]) -> Kind | None:
    if value in (None, ""):
        return None
    wanted = value.strip().casefold() if isinstance(value, str) else value
    for member in kind:
        if member.value == wanted:
            return member
    known = ", ".join(member.value for member in kind)
    reader.note(path, "unknown_value", _("Only these are possible here: %(known)s.", known=known))
    return None


def _priority(reader: Reader, value: Any) -> int:
    if value in (None, ""):
        return 0
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        value = int(value)
    return reader.whole(value, "priority", 0, HIGHEST_PRIORITY) or 0


def _answer(
    reader: Reader,
    values: Mapping[str, Any],
    task_type: TaskType[Any, Any],
    ontology: Ontology,
    unit: UnitDraft | tuple[LineProblem, ...],
) -> JsonObject | None:
    label, whole = values.get("label"), values.get("answer")
    if (label in (None, "")) == (whole is None):
        reader.note("label", "one_answer", _("Write the right answer once, as “label” or as “answer”."))
        return None
    if not isinstance(unit, UnitDraft):
        return None  # Whether offsets fit can only be said of a content that is right.
    try:
        payload = whole if whole is not None else _payload(label, task_type, ontology)
        return task_type.canonical(task_type.parse(payload, ontology, task_type.parse_content(unit.content)))
    except InvalidAnswer as error:
        under = _under("answer", error.problems) if whole is not None else _as_label(error.problems)
        reader.problems.extend(under)
        return None


def _payload(label: Any, task_type: TaskType[Any, Any], ontology: Ontology) -> JsonObject:
    if not isinstance(label, str):
        raise InvalidAnswer([ProblemAt("label", "not_text", _("A text is expected here."))])
    return task_type.from_label(label, ontology)


def _under(prefix: str, problems: Iterable[ProblemAt]) -> list[ProblemAt]:
    return [ProblemAt(".".join(filter(None, (prefix, each.path))), each.code, each.message) for each in problems]


def _as_label(problems: Iterable[ProblemAt]) -> list[ProblemAt]:
    return [ProblemAt("label", each.code, each.message) for each in problems]


def _on_line(row: Row, problems: Iterable[ProblemAt]) -> tuple[LineProblem, ...]:
    return tuple(LineProblem(row.line, each.path or None, each.code, each.message) for each in problems)


def _folded(value: Any) -> Any:
    return " ".join(unicodedata.normalize("NFC", value).split()) if isinstance(value, str) else value
