"""Tables of labels as CSV, plain or compressed: what goes into inference from a file, and what comes out."""

from __future__ import annotations

import csv
import gzip
import io
import os
import tempfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# The field's tables name the same column differently.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "worker": ("worker", "annotator", "performer", "user"),
    "task": ("item", "task", "unit", "question"),
    "label": ("label", "answer", "truth"),
}
_AT_ONCE = 250
_GZIP = b"\x1f\x8b"  # what a compressed file begins with, whatever its name ends in
_STREAMS = ("/dev/", "/proc/")
Progress: TypeAlias = Callable[[float], None]


class BadTable(ValueError):
    """The file is no table of labels; says in which line, and what is wrong there."""


def read_labels(path: Path, progress: Progress | None = None) -> pd.DataFrame:
    """Columns `worker`, `task`, `label`, as categories of text, from a CSV (also .gz).

    `progress` is told the share of the file that has been read. Raises BadTable.
    """
    return _read(path, ("worker", "task", "label"), progress)


def read_keys(path: Path) -> dict[str, str]:
    """Known labels by task; raises BadTable, also where a task has two different ones."""
    table = _read(path, ("task", "label")).astype(object)
    keys: dict[str, str] = {}
    for task, label in zip(table["task"], table["label"], strict=True):
        if keys.setdefault(task, label) != label:
            raise BadTable(_torn(path, task, keys[task], label))
    return keys


def _torn(path: Path, task: str, first: str, second: str) -> str:
    line = line_where(path, ("task", "label"), lambda row: row[0] == task and row[1] == second)
    return f"{path.name}, line {line}: {task} has two labels, {first} and {second}"


def write_table(path: Path, table: pd.DataFrame, index_label: str) -> None:
    """Write a CSV (also .gz), figures with six digits: whole and under its own name, or not at all.

    A link is followed, and a pipe or a device is written into.
    """
    packed: dict[str, Any] | None = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
    form: dict[str, Any] = {"index_label": index_label, "float_format": "%.6f", "lineterminator": "\n"}
    if is_stream(path):
        table.to_csv(path, compression=packed, **form)
        return
    path = path.resolve()
    handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        table.to_csv(unfinished, compression=packed, **form)
        os.chmod(unfinished, 0o666 & ~_umask())
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise


def is_stream(path: Path) -> bool:
    """Whether what stands there is written into and cannot be replaced: a pipe, a device, an open file of a process."""
    return path.exists() and (not path.is_file() or str(path.absolute()).startswith(_STREAMS))


def line_where(path: Path, columns: Sequence[str], found: Callable[[Sequence[str]], bool]) -> int:
    """The line of the first row whose cells in these columns are what is looked for."""
    with _opened(path) as rows:
        places = _places(path, rows, columns)
        line, row = rows.first(lambda row: len(row) == rows.width and found([row[place].strip() for place in places]))
    if row is None:
        raise LookupError(f"no row of {path.name} is like that")
    return line


_OLD = "new-line character seen in unquoted field"


class _Rows:
    """The rows of an open CSV and where they stand; whatever cannot be read raises BadTable with its line."""

    def __init__(self, path: Path, lines: Iterable[bytes], file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._size = max(1, path.stat().st_size)
        self._reader = csv.reader(map(bytes.decode, lines), strict=True)
        self.header = self._header()
        self.width = len(self.header)

    def _header(self) -> list[str]:
        row = self.first(bool)[1]
        if row is None:
            raise BadTable(f"{self._path.name} is empty")
        return [name.removeprefix("\ufeff").strip().lower() for name in row]

    @property
    def share(self) -> float:
        """How much of the file has been read."""
        return min(1.0, self._file.tell() / self._size)

    def take(self, count: int) -> list[list[str]]:
        """The next rows; fewer at the end."""
        name = self._path.name
        try:
            return list(islice(self._reader, count))
        except UnicodeDecodeError as problem:
            byte = problem.object[problem.start]
            raise BadTable(f"{name}, line {self._reader.line_num + 1}: this is not UTF-8 (byte {byte:#04x})") from None
        except csv.Error as problem:
            told = "lines end in a carriage return alone; save it with line feeds" if _OLD in str(problem) else problem
            raise BadTable(f"{name}, line {self._reader.line_num}: {told}") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            line = _line_of_the_break(self._path)
            raise BadTable(f"{name}, line {line}: the compressed file is cut off or damaged here") from None
        except OSError as problem:
            raise BadTable(f"{name} cannot be read: {problem.strerror or problem}") from None

    def first(self, wanted: Callable[[list[str]], bool]) -> tuple[int, list[str] | None]:
        """The next row of this kind and the line on which it begins."""
        while True:
            line = self._reader.line_num + 1
            rows = self.take(1)
            if not rows:
                return line, None
            if wanted(rows[0]):
                return line, rows[0]


@contextmanager
def _opened(path: Path) -> Iterator[_Rows]:
    with path.open("rb") as file:
        is_packed = file.peek(len(_GZIP)).startswith(_GZIP)
        # A compressed file gives its lines quickly only through a buffer above it.
        yield _Rows(path, io.BufferedReader(gzip.GzipFile(fileobj=file)) if is_packed else file, file)


def _line_of_the_break(path: Path) -> int:
    """The line that a compressed file is on where it can be read no further."""
    lines, unpacking = 1, zlib.decompressobj(wbits=31)
    with path.open("rb") as file, suppress(zlib.error):
        # By few bytes at a time, as what is broken gives nothing back of all that it was given at once.
        while packed := unpacking.unused_data or file.read(64):
            if unpacking.eof:
                unpacking = zlib.decompressobj(wbits=31)
            lines += unpacking.decompress(packed).count(b"\n")
    return lines


def _places(path: Path, rows: _Rows, wanted: Sequence[str]) -> list[int]:
    """Where the wanted columns stand."""
    twice = next((name for place, name in enumerate(rows.header) if name in rows.header[:place]), None)
    if twice is not None:
        raise BadTable(f"{path.name}, line 1: the column {twice} is there twice")
    if {"item", "task"} <= set(rows.header) and "task" in wanted:
        raise BadTable(f"{path.name}, line 1: both item and task are there; which of them was judged?")
    places = []
    for column in wanted:
        name = next((alias for alias in COLUMNS[column] if alias in rows.header), None)
        if name is None:
            there = ", ".join(rows.header)[:200]
            hint = _separator_hint(rows.header)
            raise BadTable(
                f"{path.name}, line 1: there is no column {' or '.join(COLUMNS[column])}, only: {there}{hint}"
            )
        places.append(rows.header.index(name))
    return places


def _separator_hint(header: Sequence[str]) -> str:
    """A single column with another separator in its name was written for other programs."""
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and sign in header[0]:
            return f"; the columns seem to be separated by {name}, and commas are read"
    return ""


def _read(path: Path, wanted: Sequence[str], progress: Progress | None = None) -> pd.DataFrame:
    import pandas as pd

    with _opened(path) as rows:
        columns = [_Column(name, place) for name, place in zip(wanted, _places(path, rows, wanted), strict=True)]
        while taken := rows.take(_AT_ONCE):
            widths = set(map(len, taken))
            if widths != {rows.width}:
                if widths - {0, rows.width}:
                    raise _fault(path, columns)
                taken = [row for row in taken if row]
            try:
                for column in columns:
                    column.extend(taken)
            except _NoText:
                raise _fault(path, columns) from None
            if progress is not None:
                progress(rows.share)
    if not columns[0].texts:
        raise BadTable(f"{path.name} has a header, but no rows")
    return pd.DataFrame({column.name: column.categories() for column in columns})


class _Texts(dict[str, int]):
    """The number of each text, given when it is first met; what differs only by space around it is one text."""

    def __init__(self) -> None:
        super().__init__()
        self.order: dict[str, int] = {}

    def __missing__(self, text: str) -> int:
        bare = text.strip()
        if not _is_text(bare):
            raise _NoText
        number = self[text] = self.order.setdefault(bare, len(self.order))
        return number


class _NoText(Exception):
    """A cell has nothing in it, or what is no text."""


def _is_text(bare: str) -> bool:
    return bool(bare) and "\0" not in bare


class _Column:
    """A column as it is read: each text once, and their numbers by row."""

    def __init__(self, name: str, place: int) -> None:
        self.name, self.place = name, place
        self.texts = _Texts()
        self.numbers = array("i")

    def extend(self, rows: Sequence[Sequence[str]]) -> None:
        """Take the column's cells of these rows."""
        self.numbers.extend(map(self.texts.__getitem__, map(itemgetter(self.place), rows)))

    def categories(self) -> Any:
        """The whole column."""
        import pandas as pd

        return pd.Categorical.from_codes(np.array(self.numbers, np.int32), categories=pd.Index([*self.texts.order]))


def _fault(path: Path, columns: Sequence[_Column]) -> BadTable:
    """What is wrong with the first faulty row."""
    with _opened(path) as rows:
        line, row = rows.first(
            lambda row: (
                bool(row)
                and (len(row) != rows.width or not all(_is_text(row[column.place].strip()) for column in columns))
            )
        )
        if row is None or len(row) != rows.width:
            count = len(row or [])
            few = "few" if count < rows.width else "many"
            return BadTable(f"{path.name}, line {line}: too {few} fields, {count} instead of {rows.width}")
        faulty = next(column for column in columns if not _is_text(row[column.place].strip()))
        what = "has a NUL in it, which is no text" if row[faulty.place].strip() else "is empty"
        return BadTable(f"{path.name}, line {line}: the {rows.header[faulty.place]} {what}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
