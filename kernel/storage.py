"""Storage: files behind one interface, kept under random names in a local folder (an object store can follow).

The composition root may put another storage in place of the local folder.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from kernel.config import Settings
from kernel.ids import new_id
from kernel.ports import Port

_NAME = re.compile(r"[A-Za-z0-9]{22}(\.[a-z0-9]{1,8})?")


@dataclass(frozen=True)
class Stored:
    """What was kept: the random name, the size in bytes, the SHA-256 in hex, and the key of an encrypted file."""

    name: str
    size: int
    sha256: str
    key: str | None = field(default=None, repr=False)


class Storage(Protocol):
    """Where files live. Names are made here, never taken from a person."""

    def put(self, chunks: Iterable[bytes], suffix: str = "") -> Stored: ...
    def open(self, name: str) -> BinaryIO: ...
    def delete(self, name: str) -> None: ...
    def sweep(self, before: datetime) -> int: ...


class LocalStorage:
    """Files in a folder, two levels deep; written aside, synced, then renamed, so that a half file is never seen."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, chunks: Iterable[bytes], suffix: str = "") -> Stored:
        """Keep the bytes. Raises OSError when the disk refuses; nothing remains then."""
        name = new_id() + suffix
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(target.name + ".part")
        digest, size = hashlib.sha256(), 0
        try:
            with aside.open("xb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return Stored(name, size, digest.hexdigest())

    def open(self, name: str) -> BinaryIO:
        """Open for reading; raises FileNotFoundError."""
        return self._path(name).open("rb")

    def delete(self, name: str) -> None:
        """Remove; a file that is gone already is no error."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Remove what was begun before a time and never ended, as whoever wrote it was killed; returns how many."""
        halves = [path for path in self.root.glob("??/*.part") if path.stat().st_mtime < before.timestamp()]
        for path in halves:
            path.unlink(missing_ok=True)
        return len(halves)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self.root / name[:2] / name


def chunks_of(stream: BinaryIO, size: int = 1 << 16) -> Iterable[bytes]:
    """The stream's bytes in pieces, for `put`."""
    while chunk := stream.read(size):
        yield chunk


_storage: Port[Storage] = Port("storage")


def use_storage(storage: Storage) -> None:
    """Keep files here from now on."""
    _storage.put(storage)


def storage() -> Storage:
    """The process's storage; a process that was told of none keeps files where the settings say."""
    if not _storage.is_set:
        use_storage(local_storage(Settings.from_environment()))
    return _storage.get()


def local_storage(settings: Settings) -> Storage:
    """The folder of these settings."""
    return LocalStorage(settings.data_dir / "files")


@contextmanager
def kept(chunks: Iterable[bytes], suffix: str = "") -> Iterator[Stored]:
    """A file that stays if the block ends well, and is removed if it raises: what no row names is not kept."""
    stored = storage().put(chunks, suffix)
    try:
        yield stored
    except BaseException:
        storage().delete(stored.name)
        raise
