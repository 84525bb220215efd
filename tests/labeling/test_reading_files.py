"""Reading uploaded files: every way in which a line can be wrong, and streams that stay small."""

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from labeling.files.drafts import needed_columns
from labeling.files.reading import read_rows
from labeling.files.rows import FileKind, Limits, LineProblem, Row
from labeling.tasktypes import registry

COLUMNS = frozenset({"id", "text", "content", "locale"})


def read(data: bytes | str, kind: FileKind = FileKind.CSV, limits: Limits | None = None) -> list[Row | LineProblem]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_rows(io.BytesIO(raw), kind, limits, columns=COLUMNS))


def outline(entries: list[Row | LineProblem]) -> list[tuple[object, ...]]:
    """Rows as (line, values), problems as (line, column, code)."""
    return [
        (entry.line, tuple(entry.values.values())) if isinstance(entry, Row) else (entry.line, entry.column, entry.code)
        for entry in entries
    ]


def test_rows_carry_the_line_they_begin_on() -> None:
    found = read('id,text\n1,Habari\n\n2,"two\r\nlines, ""quoted"""\n3,x\n')
    assert outline(found) == [(2, ("1", "Habari")), (4, ("2", 'two\r\nlines, "quoted"')), (6, ("3", "x"))]


@pytest.mark.parametrize("start", ["\ufeffid,text\n", "ID , Text\r\n", "id;text\n", "id\ttext\n", '"id","text"\n'])
def test_headers_of_the_usual_programs_are_understood(start: str) -> None:
    mark = ";" if ";" in start else "\t" if "\t" in start else ","
    assert outline(read(f"{start}1{mark}é\n")) == [(2, ("1", "é"))]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", [(1, None, "file.empty")]),
        ("id,text\n", [(1, None, "file.empty")]),
        ("id,text,id\n1,a,2\n", [(1, "id", "csv.duplicate_column")]),
        ("id,colour\n1,a\n", [(1, "colour", "csv.unknown_column")]),
        ("id,\n1,a\n", [(1, "", "csv.unknown_column")]),
        ("id,text\n1\n2,b\n3,c,d\n", [(2, None, "csv.ragged"), (3, ("2", "b")), (4, None, "csv.ragged")]),
        ('id,text\n1,a\n2,"b\n3,c\n', [(2, ("1", "a")), (3, None, "csv.unclosed_quote")]),
        ('id,text\n1,"a"b\n2,c\n', [(2, None, "csv.stray_quote"), (3, ("2", "c"))]),
        ("id,text\n1,a\0b\n2,c\n", [(2, 4, "line.nul"), (3, ("2", "c"))]),
        ("id,text\r1,a\r2,b\r", [(1, None, "csv.line_break")]),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_named_with_its_line(data: str, expected: list[tuple[object, ...]]) -> None:
    assert outline(read(data)) == expected


def test_a_column_that_is_missing_is_told_once_and_at_the_header() -> None:
    rows = io.BytesIO(b"id,locale\n1,sw-KE\n2,sw-KE\n")
    found = list(read_rows(rows, FileKind.CSV, columns=COLUMNS, needed={"text", "locale"}))
    assert outline(found) == [(1, "text", "csv.missing_column")]
    assert isinstance(found[0], LineProblem) and str(found[0].message) == "The column “text” is missing."
    choice, two = registry.get("choice"), ("sw-KE", "ar-EG")
    assert needed_columns(choice, two[:1]) == {"text"}
    assert needed_columns(choice, two, of_gold=True) == {"text", "locale", "label", "pool"}
    assert needed_columns(registry.get("pairwise"), two[:1]) == {"a", "b"}


def test_a_byte_that_is_not_utf_8_is_named_with_line_and_character() -> None:
    found = read("id,text\n1,é è".encode() + b"\xe9\n2,ok\n")
    assert outline(found) == [(2, 6, "line.encoding"), (3, ("2", "ok"))]
    assert isinstance(found[0], LineProblem)
    assert "0xE9" in str(found[0].message)


def test_a_bad_byte_inside_a_quoted_value_spoils_only_its_row() -> None:
    found = read(b'id,text\n1,"one\nt\xffo\nthree"\n2,ok\n')
    assert outline(found) == [(3, 2, "line.encoding"), (5, ("2", "ok"))]


@pytest.mark.parametrize(("encoding", "name"), [("utf-16", "UTF-16"), ("utf-32", "UTF-32")])
def test_another_encoding_is_called_by_its_name(encoding: str, name: str) -> None:
    found = read("id,text\n1,a\n".encode(encoding))
    assert outline(found) == [(1, 1, "file.encoding")]
    assert isinstance(found[0], LineProblem)
    assert name in str(found[0].message)


def test_values_lines_rows_and_problems_have_limits() -> None:
    tight = Limits(rows=2, field_characters=3, line_bytes=20, problems=1)
    assert outline(read("id,text\n1,abcd\n2,abc\n", limits=tight)) == [(2, "text", "field.too_long"), (3, ("2", "abc"))]
    assert outline(read("id,text\n1,a\n2,b\n3,c\n4,d\n", limits=tight))[2:] == [(4, None, "file.too_many_rows")]
    assert outline(read("id,text\n1\n2\n3\n", limits=tight))[1:] == [(3, None, "file.too_many_problems")]
    assert outline(read("id,text\n1," + "a" * 90 + "\n2,b\n", limits=tight)) == [
        (2, None, "line.too_long"),
        (3, ("2", "b")),
    ]


def test_a_quote_that_swallows_the_file_ends_the_reading() -> None:
    data = 'id,text\n1,"' + "word\n" * 40_000
    assert outline(read(data)) == [(2, None, "csv.field_too_long")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"id": 1, "text": "a"}', (1, (1, "a"))),
        ('{"id": 1, "id": 2}', (1, None, "json.duplicate_key")),
        ('{"content": {"a": 1, "a": 1}}', (1, None, "json.duplicate_key")),
        ('{"id": NaN}', (1, None, "json.not_a_number")),
        ('{"id": -Infinity}', (1, None, "json.not_a_number")),
        ('{"id": 1e999}', (1, None, "json.number_too_big")),
        ('{"id": 90071992547409930}', (1, None, "json.number_too_big")),
        ('{"id": 1,}', (1, 10, "json.syntax")),
        ('{"id": 1', (1, 9, "json.syntax")),
        ("[1, 2]", (1, None, "json.not_an_object")),
        ('{"colour": 1}', (1, "colour", "json.unknown_field")),
        ('{"content": ' + "[" * 60 + "]" * 60 + "}", (1, None, "json.too_deep")),
        ('{"content": ' + "[" * 100_000 + "]" * 100_000 + "}", (1, None, "json.too_deep")),
        ('{"id": ' + "9" * 5000 + "}", (1, None, "json.number_too_big")),
    ],
)
def test_what_is_wrong_with_a_json_line_is_named(line: str, expected: tuple[object, ...]) -> None:
    good = (2, ("ok",))
    assert outline(read(f'{line}\n{{"id": "ok"}}\n', FileKind.JSONL)) == [expected, good]


def test_blank_json_lines_and_a_byte_order_mark_are_passed_over() -> None:
    assert outline(read('\ufeff{"id": "a"}\r\n\r\n{"id": "b"}', FileKind.JSONL)) == [(1, ("a",)), (3, ("b",))]


class Endless(io.RawIOBase):
    """A stream that makes its lines as they are read, and counts them."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def readline(self, size: int | None = -1, /) -> bytes:
        return next(self._lines, b"")


@pytest.mark.parametrize("kind", list(FileKind))
def test_many_lines_are_read_in_little_memory(kind: FileKind) -> None:
    header = iter([b"id,text\n"] if kind is FileKind.CSV else [])
    body = (f'{n},"Some words, {n}"\n' if kind is FileKind.CSV else json.dumps({"id": n}) + "\n" for n in range(20_000))

    def lines() -> Iterator[bytes]:
        yield from header
        yield from (line.encode() for line in body)

    tracemalloc.start()
    count = sum(isinstance(entry, Row) for entry in read_rows(Endless(lines()), kind, columns=COLUMNS))  # type: ignore[arg-type]
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 400_000
