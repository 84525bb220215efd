"""Field encryption: AES-256-GCM with key ids, bound to the row that holds it, and keys derived per purpose.

A stored text says its version, its field key, a nonce and the ciphertext. In version 1 the field key itself seals, in
version 2 a key that is derived from it for one organization, so that no tenant's key opens anything of another's.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import Misuse

BY_FIELD_KEY, BY_TENANT = "v1", "v2"
_MOST_TENANTS = 4_096  # whose keys are kept ready; any other is derived when it is asked for


class CannotDecrypt(Exception):
    """The key is unknown, or the text was changed or moved to another row."""


class KeyRing:
    """An ordered list of keys; the first one seals, all of them open."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        self._secrets = {key_id: key_bytes(text) for key_id, text in keys}
        self._keys = {key_id: AESGCM(secret) for key_id, secret in self._secrets.items()}
        self._of_tenants: dict[tuple[str, str], AESGCM] = {}
        self._of_indexes: dict[str, list[tuple[str, bytes]]] = {}
        self._primary = keys[0][0] if keys else None

    def seal(self, text: str, bound_to: str, version: str = BY_FIELD_KEY) -> str:
        """Encrypt, bound to the place `table|column|row|organization`; that organization's key is version 2."""
        if self._primary is None:
            raise Misuse("there is no field key")
        if version == BY_TENANT and bound_to.endswith("|"):
            raise Misuse("a text of no organization has no tenant's key")
        nonce = os.urandom(12)
        sealed = self._cipher(version, self._primary, bound_to).encrypt(nonce, text.encode(), bound_to.encode())
        return "|".join((version, self._primary, _b64(nonce), _b64(sealed)))

    def open(self, stored: str, bound_to: str) -> str:
        """Decrypt; raises CannotDecrypt if the text is not exactly what was sealed for this place."""
        try:
            version, key_id, nonce, sealed = stored.split("|")
            cipher = self._cipher(version, key_id, bound_to)
            return cipher.decrypt(_unb64(nonce), _unb64(sealed), bound_to.encode()).decode()
        except (ValueError, KeyError, InvalidTag) as cause:
            raise CannotDecrypt("field") from cause

    def _cipher(self, version: str, key_id: str, bound_to: str) -> AESGCM:
        if version == BY_FIELD_KEY:
            return self._keys[key_id]
        if version != BY_TENANT:
            raise CannotDecrypt(version)
        tenant = key_id, bound_to.rpartition("|")[2]
        found = self._of_tenants.get(tenant)
        if found is None:
            info = f"tenant|{tenant[1]}".encode()
            found = AESGCM(HKDF(hashes.SHA256(), 32, None, info).derive(self._secrets[key_id]))
            if len(self._of_tenants) >= _MOST_TENANTS:
                self._of_tenants.clear()
            self._of_tenants[tenant] = found
        return found

    def index_keys(self, purpose: str) -> list[tuple[str, bytes]]:
        """A key for each field key, the first one first, for digests of one purpose."""
        found = self._of_indexes.get(purpose)
        if found is None:
            info = f"index|{purpose}".encode()
            found = self._of_indexes[purpose] = [
                (key_id, HKDF(hashes.SHA256(), 32, None, info).derive(secret))
                for key_id, secret in self._secrets.items()
            ]
        return found

    def key_id_of(self, stored: str) -> str:
        """Which key sealed a stored text."""
        return stored.split("|", 2)[1]

    @property
    def primary(self) -> str | None:
        return self._primary

    @property
    def key_ids(self) -> list[str]:
        return list(self._keys)


class _Row(Protocol):
    __tablename__: str
    id: str


class Sealed:
    """An attribute of a model that is stored encrypted in the text column named by `column`."""

    ring: KeyRing | None = None
    version = BY_FIELD_KEY

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        stored = getattr(row, self.column)
        return None if stored is None else self._ring().open(stored, self._place(row))

    def __set__(self, row: Any, value: str | None) -> None:
        setattr(
            row,
            self.column,
            None if value is None else self._ring().seal(value, self._place(row), self.version),
        )

    def _place(self, row: _Row) -> str:
        if not row.id:
            raise Misuse(f"{row.__tablename__}.{self.column}: the row needs its id before a field is sealed")
        return place_of(row.__tablename__, self.column, row.id, getattr(row, "org_id", None))

    @classmethod
    def _ring(cls) -> KeyRing:
        if Sealed.ring is None:
            raise Misuse("no key ring is configured")
        return Sealed.ring


class SealedByTenant(Sealed):
    """The same, under the key of the organization that the row belongs to."""

    version = BY_TENANT


def place_of(table: str, column: str, row_id: str, org_id: str | None) -> str:
    """What a sealed text is bound to, so that it cannot be moved to another row, column or organization."""
    return "|".join((table, column, row_id, org_id or ""))


def use_keys(keys: Sequence[tuple[str, str]]) -> None:
    """Set the process's key ring for sealed fields."""
    Sealed.ring = KeyRing(keys)


def seal(text: str, bound_to: str, version: str = BY_FIELD_KEY) -> str:
    """Encrypt with the process's keys what is no attribute of a model, bound to the place where it is kept."""
    return Sealed._ring().seal(text, bound_to, version)


def sealed_text(text: str | None, table: str, column: str, row_id: str, org_id: str) -> str | None:
    """What is written into a column of `SealedByTenant` where rows go to the database without objects; nothing of a
    text that says nothing."""
    return seal(text, place_of(table, column, row_id, org_id), BY_TENANT) if text else None


def unseal(stored: str, bound_to: str) -> str:
    """Decrypt what was sealed for this place; raises CannotDecrypt for anything else."""
    return Sealed._ring().open(stored, bound_to)


def key_id_of(stored: str) -> str:
    """Which key sealed a stored text."""
    return Sealed._ring().key_id_of(stored)


def primary_key_id() -> str:
    """The key that seals from now on."""
    found = Sealed._ring().primary
    if found is None:
        raise Misuse("there is no field key")
    return found


def key_ids() -> list[str]:
    """The keys that this process opens with, the one that seals first."""
    return Sealed._ring().key_ids


def index_keys(purpose: str) -> list[tuple[str, bytes]]:
    """Keys for digests of one purpose with the ids of the field keys they come from, the one that writes first."""
    found = Sealed._ring().index_keys(purpose)
    if not found:
        raise Misuse("there is no field key")
    return found


def new_file_key() -> str:
    """A random key for one file; it is kept sealed with the file's row, so that to drop it is to drop the file."""
    return _b64(os.urandom(32))


def encrypt_file(key: str, content: bytes, bound_to: str) -> bytes:
    """A file's content under its own key, bound to the row that names it."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key_bytes(key)).encrypt(nonce, content, bound_to.encode())


def decrypt_file(key: str, stored: bytes, bound_to: str) -> bytes:
    """The content again; raises CannotDecrypt if it is not exactly what was encrypted for this row."""
    try:
        return AESGCM(key_bytes(key)).decrypt(stored[:12], stored[12:], bound_to.encode())
    except (ValueError, InvalidTag) as cause:
        raise CannotDecrypt("file") from cause


def signed_with(key: bytes, text: str) -> str:
    """The HMAC-SHA-256 of a text, for what is handed out and comes back."""
    return _b64(mac_of(key, text))


def mac_of(key: bytes, text: str) -> bytes:
    """The HMAC-SHA-256 of a text, 32 bytes."""
    return hmac.digest(key, text.encode(), hashlib.sha256)


def derive(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose (sessions, links, indexes), by HKDF with the purpose as label."""
    return HKDF(hashes.SHA256(), 32, None, purpose.encode()).derive(secret.encode())


def digest(text: str) -> str:
    """SHA-256 in hex, for what is stored in place of a random secret."""
    return hashlib.sha256(text.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def key_bytes(text: str) -> bytes:
    """The 32 bytes of a key that is written in either base64; raises Misuse."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise Misuse("a field key must be 32 bytes in base64")
    return raw


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
