"""Writing files: nothing a spreadsheet would run, and the same bytes for the same value."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.files.writing import csv_cell, csv_lines, jsonl_line
from tests.support import scale


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", '"\'\t=1"'),
        ("\r=1", '"\'\r=1"'),
        ("\0=1", "'\0=1"),
        ("＝1", "'＝1"),
        ("－1", "'－1"),
        ("a=1", "a=1"),
        ('say "hi", please', '"say ""hi"", please"'),
        (-5, "-5"),
        (-0.25, "-0.25"),
        (Decimal("-0.0000001"), "-0.0000001"),
        (10**30, "1" + "0" * 30),
        (True, "true"),
        (None, ""),
        (dt.datetime(2025, 3, 1, 8, 30, tzinfo=dt.UTC), "2025-03-01T08:30:00+00:00"),
        ({"b": 1, "a": "é"}, '"{""a"":""é"",""b"":1}"'),
    ],
)
def test_a_text_that_would_run_is_disarmed_and_a_number_stays_a_number(value: Any, cell: str) -> None:
    assert csv_cell(value) == cell


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match="finite"):
        csv_cell(value)


@settings(max_examples=scale(50, 250), deadline=None)
@given(rows=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
def test_lines_read_back_to_what_was_written(rows: list[tuple[str, str]]) -> None:
    text = "".join(csv_lines(("one", "two"), rows))
    back = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in back] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 values"):
        list(csv_lines(("one", "two"), [("a",)]))


def test_json_lines_are_canonical() -> None:
    assert jsonl_line({"b": [1, 2.5], "a": "é\n"}) == '{"a":"é\\n","b":[1,2.5]}\n'
    with pytest.raises(ValueError, match="JSON"):
        jsonl_line({"a": float("nan")})
