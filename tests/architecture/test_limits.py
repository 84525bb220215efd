"""The page of limits says what the source says, and leaves out no rate."""

import ast
import importlib
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.architecture.source import ROOT, files, tree_of
from web import limits

PAGE = (ROOT / "docs" / "limits.md").read_text()
ROW = re.compile(
    r"(?m)^\| (?P<what>[^|]+) \| (?P<told>[\d,]+)(?: (?P<unit>\w+))? \| `(?P<path>[\w/.]+): (?P<name>[\w.]+)` \|$"
)
RATE = re.compile(r"(?m)^\| [^|]+ \| ([\d,]+) \| (\d+) minutes \| `([\w/.]+): ([\w-]+)` \|$")
ROWS = [found.groupdict() for found in ROW.finditer(PAGE)]
MEGABYTE = 1024 * 1024


def said(path: str, name: str) -> Any:
    """The value in the source: of a constant, or what a field is where nothing else is given."""
    found: Any = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for part in name.split("."):
        fields = getattr(found, "__dataclass_fields__", {})
        found = fields[part].default if part in fields else getattr(found, part)
    return found


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['path']}: {row['name']}" for row in ROWS])
def test_a_limit_is_the_constant_that_it_names(row: dict[str, str]) -> None:
    told, value = int(row["told"].replace(",", "")), said(row["path"], row["name"])
    if isinstance(value, timedelta):
        assert timedelta(**{row["unit"]: told}) == value
    elif row["unit"] == "MB" and "upload_mb" not in row["name"]:
        assert told * MEGABYTE == value
    else:
        assert told == value


def test_the_page_has_no_line_that_no_test_reads() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not re.match(r"\| (what|---) ", line)]
    assert len(lines) == len(ROWS) + len(limits.MOST) + len(RATE.findall(PAGE)) and len(ROWS) > 50


def test_what_is_counted_by_the_hour_is_all_there() -> None:
    told = re.findall(r"(?m)^\| [^|]+ \| ([\d,]+) \| `web/limits.py: MOST\[(\w+)\]` \|$", PAGE)
    assert {name: int(most.replace(",", "")) for most, name in told} == limits.MOST


def constant(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def counted() -> set[tuple[Any, ...]]:
    """Each rate that is written where it is counted: times, minutes, file and kind."""
    found: set[tuple[Any, ...]] = set()
    for path in files():
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call):
                continue
            given = {each.arg: each.value for each in node.keywords}
            names = [value for each in node.args if isinstance(value := constant(each), str)]
            if names and {"most", "seconds"} <= set(given) and (most := constant(given["most"])):
                found.add((most, (constant(given["seconds"]) or limits.HOUR) // 60, path, names[0]))
            if names and ast.unparse(node.func) in ("count", "passkeys.count") and len(node.args) == 2:
                found.add((constant(node.args[1]), 15, path, names[0]))
    return found


def test_every_other_rate_is_there_as_it_is_counted() -> None:
    told = {(int(most.replace(",", "")), int(minutes), path, name) for most, minutes, path, name in RATE.findall(PAGE)}
    assert told == counted() and len(told) > 5
