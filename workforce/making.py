"""What files can be asked for: of each kind who may have it, and how a job writes it. Packages add theirs."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from i18n import Message
from kernel.policy import Actor

Reading = Callable[[], AbstractContextManager[Session]]
Note = Callable[[int], None]  # told how many lines are written


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    `allow` asks whether somebody may have what they ask for, raises Invalid for what nobody could, and returns how many
    lines it will have, about. `write` reads in transactions of its own. What is `kept_back` of the asking stands in the
    log by name alone, for it may name a person.
    """

    code: str
    title: Message
    name: str
    told_as: str
    allow: Callable[[Session, Actor, dict[str, Any]], int]
    write: Callable[[Reading, Actor, dict[str, Any], Note], Iterator[bytes]]
    kept_back: frozenset[str] = frozenset()

    def for_log(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What was asked for, as the log keeps it."""
        return {name: True if name in self.kept_back else value for name, value in asked.items()}


_kinds: dict[str, FileKind] = {}


def use_files(kinds: Iterable[FileKind]) -> None:
    """Have these kinds of files made as well."""
    _kinds.update({kind.code: kind for kind in kinds})


def kind_of_file(code: str) -> FileKind:
    """A kind that can be asked for."""
    return _kinds[code]
