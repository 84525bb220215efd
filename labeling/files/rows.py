"""What comes out of an uploaded file: rows, problems on lines, and how much one file may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from i18n import Message
from labeling.values import MAX_TEXT


class FileKind(StrEnum):
    """The kinds of file that rows are read from."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may hold. Reading stops with a last problem where a limit of the whole file is passed."""

    rows: int = 1_000_000
    field_characters: int = MAX_TEXT
    line_bytes: int = 2_000_000
    columns: int = 200
    problems: int = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """The named values of one row and the line it begins on; texts from CSV, any JSON from JSONL."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong on a line; `column` names the column or field, or counts characters from 1, if it is known."""

    line: int
    column: str | int | None
    code: str
    message: Message


class FileEnds(Exception):
    """The rest of the file cannot be read; carries the last problem."""

    def __init__(self, problem: LineProblem) -> None:
        super().__init__(problem.code)
        self.problem = problem
