"""Encrypted files: the same bytes come out, from any place on, and nothing of a file that was changed."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.crypto import CannotDecrypt, new_file_key
from kernel.sealed_files import PIECE, kept_sealed, open_sealed
from kernel.storage import LocalStorage, Stored, storage, use_storage

SAID = b"".join(b"line %07d\n" % number for number in range(20_000))  # of 13 bytes each: three pieces and a rest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    use_storage(LocalStorage(tmp_path))
    return tmp_path


def put(content: bytes, size: int = 10_000) -> Stored:
    with kept_sealed(content[at : at + size] for at in range(0, len(content), size)) as stored:
        return stored


def lying(stored: Stored) -> bytes:
    with storage().open(stored.name) as file:
        return file.read()


def changed(content: bytes) -> str:
    return storage().put([content]).name


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, len(SAID)])
@pytest.mark.parametrize("by", [7_000, PIECE, 3 * PIECE])
def test_what_was_kept_is_read_back_and_lies_there_as_something_else(size: int, by: int) -> None:
    stored = put(SAID[:size], by)
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(SAID[:size]).hexdigest())
    with open_sealed(stored.name, stored.key) as file:
        assert file.read() == SAID[:size] and file.read() == b""
    raw = lying(stored)
    assert b"line" not in raw and len(raw) == 16 + size + 16 * max(1, -(-size // PIECE))


def test_a_file_is_read_line_by_line_and_from_any_place_on() -> None:
    stored = put(SAID)
    with open_sealed(stored.name, stored.key) as file:
        assert sum(1 for _line in file) == 20_000
        assert file.seek(0, io.SEEK_END) == len(SAID) == 260_000 and file.read() == b""
        for place in (0, 13, PIECE - 5, PIECE, 2 * PIECE + 1, len(SAID) - 3):
            file.seek(place)
            assert file.tell() == place and file.read(20) == SAID[place : place + 20]
        file.seek(-13, io.SEEK_END)
        assert file.readline() == b"line 0019999\n"
        with pytest.raises(ValueError):
            file.seek(-1)


def test_an_archive_is_read_as_if_it_lay_there() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", SAID)
        archive.writestr("b.txt", "habari")
    stored = put(packed.getvalue())
    with open_sealed(stored.name, stored.key) as file, zipfile.ZipFile(file) as archive:
        assert archive.read("b.txt") == b"habari" and archive.read("a.txt") == SAID


def raised(name: str, key: str | None) -> bool:
    try:
        with open_sealed(name, key) as file:
            file.read()
    except CannotDecrypt:
        return True
    return False


def test_a_file_that_was_changed_cut_off_or_put_together_anew_does_not_open() -> None:
    stored = put(SAID)
    raw, piece = lying(stored), PIECE + 16
    first, second, rest = raw[16 : 16 + piece], raw[16 + piece : 16 + 2 * piece], raw[16 + 2 * piece :]
    assert not raised(changed(raw), stored.key)
    for other in (
        b"", raw[:16], raw[:31], raw[:-1], raw[: 16 + piece], raw[: 16 + 2 * piece], raw + b"x",
        raw[:16] + second + first + rest, raw[:16] + first + rest, raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
        bytes(16) + raw[16:],
    ):  # fmt: skip
        assert raised(changed(other), stored.key)
    assert raised(stored.name, new_file_key())


def test_no_two_files_have_the_same_bytes_and_what_breaks_off_leaves_nothing(folder: Path) -> None:
    one, other = put(b"habari"), put(b"habari")
    assert one.key != other.key and lying(one) != lying(other) and one.sha256 == other.sha256
    assert str(one.key) not in repr(one)

    def breaks_off() -> Iterator[bytes]:
        yield SAID
        raise OSError("the line is dead")

    before = len([path for path in folder.rglob("*") if path.is_file()])
    with pytest.raises(OSError, match="the line is dead"), kept_sealed(breaks_off()):
        pass
    assert len([path for path in folder.rglob("*") if path.is_file()]) == before


def test_a_file_from_before_is_read_as_it_is() -> None:
    with open_sealed(changed(b"plain"), None) as file:
        assert file.read() == b"plain"
