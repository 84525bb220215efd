"""Storage: names of its own, nothing outside its folder, nothing half written."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.storage import LocalStorage, chunks_of


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


def left(storage: LocalStorage) -> list[Path]:
    return [path for path in storage.root.rglob("*") if path.is_file()]


def test_what_was_put_is_read_back_with_its_size_and_hash(storage: LocalStorage) -> None:
    kept = storage.put(chunks_of(io.BytesIO(b"habari" * 20_000), size=1000), ".csv")
    assert kept.size == 120_000
    assert kept.sha256 == hashlib.sha256(b"habari" * 20_000).hexdigest()
    assert kept.name.endswith(".csv") and len(kept.name) == 26
    with storage.open(kept.name) as file:
        assert file.read() == b"habari" * 20_000


@pytest.mark.parametrize(
    "name",
    [
        "../secret_key", "../../etc/passwd", "/etc/passwd", "a" * 21, "a" * 23, "a" * 22 + "/x", "a" * 22 + ".CSV",
        "a" * 22 + ".part.part", "..", "", "a" * 22 + "\n", "a" * 22 + ".cs\x00", "ａ" * 22, "a" * 22 + ".ninechars",
    ],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_not_looked_for(storage: LocalStorage, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.open(name)
    with pytest.raises(FileNotFoundError):
        storage.delete(name)


@pytest.mark.parametrize("suffix", ["/../../x", ".CSV", ".", "csv", ".tar.gz", ".a/b"])
def test_a_suffix_cannot_lead_elsewhere(storage: LocalStorage, suffix: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.put([b"x"], suffix)
    assert not storage.root.exists()


def test_a_file_that_breaks_off_leaves_nothing(storage: LocalStorage) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield b"x" * 1000
        raise OSError("the line is dead")

    with pytest.raises(OSError, match="the line is dead"):
        storage.put(breaks_off())
    assert left(storage) == []


def test_a_file_is_not_seen_before_it_is_whole(storage: LocalStorage) -> None:
    seen: list[list[str]] = []

    def slow() -> Iterator[bytes]:
        yield b"half"
        seen.append([path.suffix for path in left(storage)])
        yield b"whole"

    storage.put(slow(), ".txt")
    assert seen == [[".part"]]
    assert [path.suffix for path in left(storage)] == [".txt"]


def test_removing_twice_is_no_error(storage: LocalStorage) -> None:
    kept = storage.put([b"x"])
    storage.delete(kept.name)
    storage.delete(kept.name)
    with pytest.raises(FileNotFoundError):
        storage.open(kept.name)
