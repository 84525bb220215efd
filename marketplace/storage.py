"""Where uploads and releases are kept; the composition root may put another storage in place of the local folder."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kernel.config import Settings
from kernel.ports import Port
from kernel.storage import LocalStorage, Storage, Stored

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
