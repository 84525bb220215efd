"""Files that jobs make for those who asked for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message

SUFFIX = ".sealed"


class FileState(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"  # whoever asked may not take it any more
    FAILED = "failed"


@dataclass(frozen=True)
class FileAsked:
    """What a job needs to make a file."""

    id: str
    org_id: str
    account_id: str
    membership_id: str | None
    kind: str
    asked: dict[str, Any]


@dataclass(frozen=True)
class FileMade:
    """What came of it: the sealed file, its key, and number, hash and size of what is in it."""

    stored_name: str
    key: str
    rows: int
    sha256: str
    size: int


@dataclass(frozen=True)
class FileView:
    """A file as whoever asked for it sees it."""

    id: str
    kind: str
    title: Message
    name: str
    state: FileState
    asked_at: datetime
    until_at: datetime
    job_id: str
    rows: int
    size: int
    sha256: str | None


@dataclass(frozen=True)
class FileTaken:
    """The content, unsealed piece by piece."""

    name: str
    size: int
    pieces: Iterator[bytes]
