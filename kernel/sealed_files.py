"""Files that are encrypted as they are written and opened as they are read, piece by piece, from any place on.

Each file has a random key, which its row keeps sealed: without the row nobody can read it. A stored file is sixteen
random bytes, which make a key of its own of that key, and then pieces of AES-256-GCM, numbered, the last one marked:
pieces that are moved, left out or cut off at the end do not open.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.crypto import CannotDecrypt, key_bytes, new_file_key
from kernel.storage import Stored, kept, storage

PIECE = 1 << 16
_SALT, _TAG = 16, 16


@contextmanager
def kept_sealed(chunks: Iterable[bytes], suffix: str = "") -> Iterator[Stored]:
    """`kernel.storage.kept` for a file that is encrypted: with its key, and size and SHA-256 of what it says."""
    said, key = _Said(chunks), new_file_key()
    with kept(encrypted(key, said), suffix) as stored:
        yield replace(stored, size=said.size, sha256=said.digest.hexdigest(), key=key)


def open_sealed(name: str, key: str | None) -> BinaryIO:
    """A stored file for reading, from any place on; without a key it is one that was kept as it is.

    Raises CannotDecrypt, here or while it is read, for a file that is not what was written under this key.
    """
    stream = storage().open(name)
    if key is None:
        return stream
    try:
        return cast(BinaryIO, io.BufferedReader(_Opened(stream, key), PIECE))
    except BaseException:
        stream.close()
        raise


def encrypted(key: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What is stored of the bytes."""
    salt = os.urandom(_SALT)
    yield salt
    cipher, number, waiting = _cipher(key, salt), 0, bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > PIECE:  # one that is full waits, as it may be the last
            yield cipher.encrypt(_nonce(number), bytes(waiting[:PIECE]), None)
            del waiting[:PIECE]
            number += 1
    yield cipher.encrypt(_nonce(number, is_last=True), bytes(waiting), None)


def _cipher(key: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, b"file").derive(key_bytes(key)))


def _nonce(number: int, *, is_last: bool = False) -> bytes:
    """No two pieces of a file have the same, and no two files the same key."""
    return number.to_bytes(11, "big") + bytes([is_last])


class _Said:
    """The bytes on their way, measured."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk


class _Opened(io.RawIOBase):
    """The bytes of an encrypted file; one piece is in memory at a time."""

    def __init__(self, stream: BinaryIO, key: str) -> None:
        super().__init__()
        self._stream = stream
        self._cipher = _cipher(key, stream.read(_SALT))
        stored = stream.seek(0, io.SEEK_END) - _SALT
        self._pieces = -(-stored // (PIECE + _TAG))
        self._size = stored - _TAG * self._pieces
        self._at = 0
        self._number, self._piece = -1, b""
        if self._pieces < 1 or self._size < 0:
            raise CannotDecrypt("file")
        self._load(self._pieces - 1)  # one that was cut off is known by its end

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if begin + offset < 0:
            raise ValueError("a place before the beginning")
        self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, begin = divmod(self._at, PIECE)
        self._load(number)
        found = self._piece[begin : begin + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _load(self, number: int) -> None:
        if number == self._number:
            return
        self._stream.seek(_SALT + number * (PIECE + _TAG))
        stored = self._stream.read(PIECE + _TAG)
        nonce = _nonce(number, is_last=number == self._pieces - 1)
        try:
            self._piece, self._number = self._cipher.decrypt(nonce, stored, None), number
        except (InvalidTag, ValueError) as cause:
            raise CannotDecrypt("file") from cause
