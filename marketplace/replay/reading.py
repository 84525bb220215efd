"""Reading a replay folder: every line checked before anything is played, with every fault named by file and line."""

import csv
import gzip
import io
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from i18n.tags import InvalidTag, standardize
from labeling.values import MAX_TEXT
from web.json_text import is_storable

MOST_CLASSES = 100
LONGEST_LABEL = 64
LONGEST_NAME = 180
MOST_FAULTS = 20
LONGEST_TITLE = 300
LONGEST_SECONDS = 366 * 86_400
_CLASS_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_EPOCH = re.compile(r"[0-9]{9,13}(\.[0-9]{1,9})?", re.ASCII)  # 1973 and later; fewer digits are years and dates
_CLASSIFICATION = ("categorical", "classification")


class BrokenFolder(Exception):
    """The folder cannot be played; `faults` says why, each with its file and line."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        shown = list(self.faults[:MOST_FAULTS])
        if len(self.faults) > MOST_FAULTS:
            shown.append(f"… and {len(self.faults) - MOST_FAULTS} more")
        super().__init__("\n".join(shown))


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of labels.csv."""

    line: int
    worker: str
    item: str
    label: str
    locale: str
    at: datetime | None = None
    seconds: int | None = None


@dataclass(frozen=True)
class Folder:
    """A folder of crowd judgments as it was read: answers in file order, gold in file order, contents by item."""

    name: str
    answers: tuple[Answer, ...]
    gold: Mapping[str, str] | None
    contents: Mapping[str, str]
    classes: tuple[tuple[str, str], ...]  # (id, name) in the order of their labels
    class_of: Mapping[str, str]  # label -> id
    title: str = ""
    file: str = "labels.csv"  # as it is called in the folder
    read: tuple[Path, ...] = ()  # every file of the folder that was read


@dataclass
class _Faults:
    found: list[str] = field(default_factory=list)

    def note(self, file: str, line: int, text: str) -> None:
        self.found.append(f"{file}, line {line}: {text}")

    def ensure_none(self) -> None:
        if self.found:
            raise BrokenFolder(self.found)


def read_folder(path: Path) -> Folder:
    """Read and check everything; raises BrokenFolder with all that is wrong."""
    if not path.is_dir():
        raise BrokenFolder([f"{path} is not a folder"])
    name = path.resolve().name
    meta = _meta(path)
    kind = meta.get("kind")
    if kind is not None and kind not in _CLASSIFICATION:
        raise BrokenFolder([f"{name} is not a classification set: its meta.json says that its kind is {kind}"])
    faults = _Faults()
    file = _find(path, "labels.csv")
    if file is None:
        raise BrokenFolder([f"there is no labels.csv or labels.csv.gz in {path}"])
    answers = _answers(file, _default_locale(meta), faults)
    faults.ensure_none()
    _ensure_classification(name, file.name, answers)
    spellings = _Spellings(faults)
    for answer in answers:
        spellings.meet(answer.label, file.name, answer.line)
    gold = _gold(path, {answer.item for answer in answers}, spellings, faults)
    contents = _contents(path, faults)
    if contents is not None:
        _ensure_known(file.name, answers, contents, faults)
    faults.ensure_none()
    classes, class_of = _classes(answers, gold, meta)
    title = meta.get("title")
    title = title.strip()[:LONGEST_TITLE] if isinstance(title, str) else ""
    read = tuple(
        each for each in (file, _find(path, "gold.csv"), _find(path, "items.jsonl"), path / "meta.json") if each
    )
    return Folder(name, answers, gold, contents or {}, classes, class_of, title, file.name, read)


def _find(path: Path, name: str) -> Path | None:
    return next((file for file in (path / name, path / f"{name}.gz") if file.is_file()), None)


def _meta(path: Path) -> dict[str, Any]:
    file = path / "meta.json"
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as problem:
        raise BrokenFolder([f"meta.json cannot be read: {problem}"]) from None
    except RecursionError:
        raise BrokenFolder(["meta.json cannot be read: it is nested too deeply"]) from None
    if not isinstance(found, dict):
        raise BrokenFolder(["meta.json, line 1: this is not an object"])
    if not is_storable(json.dumps(found, ensure_ascii=False)) or "\\u0000" in json.dumps(found):
        raise BrokenFolder(["meta.json: a text in it contains a character that cannot be stored"])
    return found


def _default_locale(meta: Mapping[str, Any]) -> str:
    """The set's language where it names exactly one that can be matched on, else English."""
    languages = meta.get("languages")
    if isinstance(languages, list) and len(languages) == 1:
        try:
            return standardize(languages[0])
        except InvalidTag:
            pass
    return "en"


def _text(file: Path) -> str:
    """The file as text; raises BrokenFolder with the line that is not UTF-8."""
    try:
        raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib.error) as problem:
        raise BrokenFolder([f"{file.name} cannot be read: {problem}"]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise BrokenFolder([f"{file.name}, line {line}: this is not UTF-8 (byte {raw[problem.start]:#04x})"]) from None


def _rows(file: Path, needed: tuple[str, ...], faults: _Faults) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their lines; a file without its columns is broken as a whole."""
    text = _text(file)
    if not text.strip():
        raise BrokenFolder([f"{file.name} is empty"])
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BrokenFolder([f"{file.name}, line {line}: there is a NUL character"])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, needed), strict=True)
    try:
        columns = [name.strip() for name in next(reader)]
        wrong = [f"the column “{name}” is missing" for name in needed if name not in columns]
        wrong += [
            f"the column “{name[:80]}” stands there twice" for name, times in Counter(columns).items() if times > 1
        ]
        if wrong:
            raise BrokenFolder([f"{file.name}, line 1: {each}" for each in wrong])
        yield from _body(file.name, reader, columns, faults)
    except csv.Error as problem:  # of the header: rows are met in _body
        raise BrokenFolder([f"{file.name}, line 1: {_syntax(problem)}"]) from None


def _delimiter(text: str, needed: tuple[str, ...]) -> str:
    """What stands between the columns: the mark under which most of those needed are found, else a comma."""
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=lambda mark: sum(name.strip(' "\r') in needed for name in header.split(mark)))


def _body(name: str, reader: Any, columns: list[str], faults: _Faults) -> Iterator[tuple[int, dict[str, str]]]:
    """A row is told by the line that it begins on, as one value may hold many lines."""
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader, None)
        except csv.Error as problem:
            raise BrokenFolder([*faults.found, f"{name}, line {line}: {_syntax(problem)}"]) from None
        if values is None:
            return
        if values and len(values) != len(columns):
            faults.note(name, line, f"{len(values)} fields instead of {len(columns)}")
        elif values:
            yield line, dict(zip(columns, (value.strip() for value in values), strict=True))


def _syntax(problem: csv.Error) -> str:
    if "unexpected end" in str(problem):
        return "a quotation mark that opens in this row is never closed"
    if "field limit" in str(problem):
        return "a value that begins here is too long; is a quotation mark not closed?"
    return str(problem)


def _answers(file: Path, default: str, faults: _Faults) -> tuple[Answer, ...]:
    found: list[Answer] = []
    language_of: dict[str, str] = {}
    for line, row in _rows(file, ("worker", "item", "label"), faults):
        if not _has_all(file.name, line, row, ("worker", "item", "label"), faults):
            continue
        locale = _locale(file.name, line, row, default, faults)
        at = _moment(file.name, line, row.get("timestamp", ""), faults)
        seconds = _seconds(file.name, line, row.get("duration_s", ""), faults)
        if language_of.setdefault(row["item"], locale) != locale:
            text = f"the item “{row['item'][:80]}” was in {language_of[row['item']]} before, and is in {locale} here"
            faults.note(file.name, line, text)
        found.append(Answer(line, row["worker"], row["item"], row["label"], locale, at, seconds))
    if not found:
        faults.note(file.name, 2, "there are no answers")
    return tuple(found)


def _has_all(name: str, line: int, row: Mapping[str, str], columns: Iterable[str], faults: _Faults) -> bool:
    sound = True
    for column in columns:
        if not row[column]:
            faults.note(name, line, f"the column “{column}” is empty")
            sound = False
        elif len(row[column]) > LONGEST_NAME and column != "label":
            faults.note(name, line, f"the column “{column}” is longer than {LONGEST_NAME} characters")
            sound = False
    return sound


def _locale(name: str, line: int, row: Mapping[str, str], default: str, faults: _Faults) -> str:
    tag = row.get("language", "").strip()
    if not tag:
        return default
    try:
        return standardize(tag)
    except InvalidTag:
        faults.note(name, line, f"“{tag[:40]}” is not a language tag")
        return default


def _moment(name: str, line: int, text: str, faults: _Faults) -> datetime | None:
    if not text.strip():
        return None
    try:
        at = time_of(text.strip())
    except (ValueError, OverflowError):
        told = "write it like 2024-05-01T09:30:00Z, or as seconds or milliseconds since 1970"
        faults.note(name, line, f"“{text[:40]}” is not a time; {told}")
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def time_of(text: str) -> datetime:
    """A time as crowd data write it: ISO 8601, with a UTC behind it or not, or a number of seconds since 1970.

    A number with thirteen digits before the point is one of milliseconds. Raises ValueError or OverflowError.
    """
    if _EPOCH.fullmatch(text):
        scale = 1_000 if len(text.partition(".")[0]) == 13 else 1
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=float(text) / scale)
    return datetime.fromisoformat(text.removesuffix(" UTC"))


def _seconds(name: str, line: int, text: str, faults: _Faults) -> int | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_SECONDS:
        faults.note(name, line, f"“{text[:40]}” is not a duration; write seconds, like 12 or 3.5")
        return None
    return round(seconds)


def _ensure_classification(name: str, file: str, answers: Iterable[Answer]) -> None:
    labels: set[str] = set()
    for answer in answers:
        labels.add(answer.label)
        if len(answer.label) > LONGEST_LABEL:
            text = f"{file}, line {answer.line}: the label is longer than {LONGEST_LABEL} characters"
            raise BrokenFolder([f"{name} is not a classification set: {text}"])
        if len(labels) > MOST_CLASSES:
            text = f"{file}, line {answer.line}: there are more than {MOST_CLASSES} different labels"
            raise BrokenFolder([f"{name} is not a classification set: {text}"])


def content_of(contents: Mapping[str, str], item: str) -> str | None:
    """The text of an item; one about a part of a text (`text|part`) has that text."""
    return contents.get(item, contents.get(item.partition("|")[0]))


def _ensure_known(name: str, answers: Sequence[Answer], contents: Mapping[str, str], faults: _Faults) -> None:
    # Items are parts of texts only where all of them are, and no text is called like a part.
    of_parts = all("|" in answer.item for answer in answers) and not any("|" in item for item in contents)
    told: set[str] = set()
    for answer in answers:
        known = content_of(contents, answer.item) is not None if of_parts else answer.item in contents
        if not known and answer.item not in told:
            told.add(answer.item)
            faults.note(name, answer.line, f"the item “{answer.item[:80]}” is not in items.jsonl")


class _Spellings:
    """The labels met so far; two that differ by capital letters or spaces alone could not be told apart on a page."""

    def __init__(self, faults: _Faults) -> None:
        self._faults = faults
        self._first: dict[str, tuple[str, str]] = {}  # by what makes them alike: the label, and where it stands first
        self._met: set[str] = set()

    def meet(self, label: str, file: str, line: int) -> None:
        """Note it, where it is a new spelling of a label that was met before."""
        if label in self._met:
            return
        self._met.add(label)
        other, where = self._first.setdefault(" ".join(label.split()).casefold(), (label, f"{file}, line {line}"))
        if other != label:
            text = f"the label “{label[:80]}” differs by capital letters or spaces alone from “{other[:80]}” ({where})"
            self._faults.note(file, line, text)


def _gold(path: Path, items: set[str], spellings: _Spellings, faults: _Faults) -> dict[str, str] | None:
    file = _find(path, "gold.csv")
    if file is None:
        return None
    found: dict[str, str] = {}
    for line, row in _rows(file, ("item", "label"), faults):
        if not _has_all(file.name, line, row, ("item", "label"), faults):
            continue
        item, label = row["item"], row["label"]
        spellings.meet(label, file.name, line)
        if item not in items:
            faults.note(file.name, line, f"the item “{item[:80]}” is not in labels.csv")
        elif found.setdefault(item, label) != label:
            faults.note(file.name, line, f"the item “{item[:80]}” has another label further up")
    return found


def _contents(path: Path, faults: _Faults) -> dict[str, str] | None:
    """A readable text for each item of items.jsonl; None where there is no such file."""
    file = _find(path, "items.jsonl")
    if file is None:
        return None
    found: dict[str, str] = {}
    for line, text in enumerate(_text(file).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text, object_pairs_hook=_each_once)
        except _Twice as twice:
            faults.note(file.name, line, f"“{str(twice)[:80]}” stands there twice")
            continue
        except (ValueError, RecursionError):
            faults.note(file.name, line, "this is not JSON")
            continue
        if not isinstance(record, dict) or not isinstance(record.get("id"), str | int):
            faults.note(file.name, line, "this is not an object with an “id”")
            continue
        item, told = str(record["id"]).strip(), "\n".join(_told(record))
        if not is_storable(item + told):
            faults.note(file.name, line, "the text contains a character that cannot be stored")
        elif len(told) > MAX_TEXT:
            faults.note(file.name, line, f"the text has {len(told):,} characters; a unit holds at most {MAX_TEXT:,}")
        elif found.setdefault(item, told) != told:
            faults.note(file.name, line, f"the item “{item[:80]}” has another content further up")
    return found


class _Twice(Exception):
    """An object names something twice, so that nobody can tell which of the two is meant."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def _told(record: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The fields of a record as lines; a lone text stands for itself."""
    for name, value in record.items():
        if name in ("id", "language") and not above:
            continue
        if isinstance(value, Mapping):
            yield from _told(value, f"{above}{name} ")
        elif value not in (None, "", []):
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{above}{name}: {shown}"


def _classes(
    answers: Iterable[Answer], gold: Mapping[str, str] | None, meta: Mapping[str, Any]
) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """The label set: every label of answers and gold, under an id that a schema may have."""
    labels = sorted({answer.label for answer in answers} | set((gold or {}).values()))
    if len(labels) < 2:
        raise BrokenFolder([f"there is only one label, “{labels[0]}”: there is nothing to choose"])
    names = meta.get("label_names")
    known = names if isinstance(names, dict) else {}
    plain = all(_CLASS_ID.fullmatch(label) for label in labels)
    ids = {label: label if plain else f"c{number}" for number, label in enumerate(labels, start=1)}
    return tuple((ids[label], str(known.get(label) or label).strip()[:LONGEST_NAME] or label) for label in labels), ids
