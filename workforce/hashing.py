"""Password hashes: Argon2id with its parameters in the hash, a few at once, and equal work for the unknown."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from i18n import _
from kernel.errors import Unavailable
from kernel.ports import Port
from workforce.rules.passwords import LONGEST, normal
from workforce.values import PasswordSettings


class _Hashing:
    """One set of parameters, with the hash that stands in for accounts that do not exist."""

    def __init__(self, settings: PasswordSettings) -> None:
        self.settings = settings
        self.hasher = PasswordHasher(
            settings.time_cost, settings.memory_kib, settings.parallelism, hash_len=32, salt_len=16, type=Type.ID
        )
        self.places = BoundedSemaphore(settings.at_once)
        self.dummy = self.hasher.hash("nobody has this password")


_hashing: Port[_Hashing] = Port("way of hashing passwords")


def use_settings(settings: PasswordSettings) -> None:
    """Set how much work a hash costs from now on; hashes that were made otherwise are renewed at the next sign-in."""
    _hashing.put(_Hashing(settings))


def hash_password(password: str) -> str:
    """The hash to store."""
    with _place() as hashing:
        return hashing.hasher.hash(normal(password))


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; for no hash, or an endless password, the same work and a no."""
    with _place() as hashing:
        fits = len(password) <= LONGEST
        try:
            hashing.hasher.verify(stored or hashing.dummy, normal(password) if fits else "too long")
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None and fits


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _current().hasher.check_needs_rehash(stored)


def _current() -> _Hashing:
    if not _hashing.is_set:
        use_settings(PasswordSettings())
    return _hashing.get()


@contextmanager
def _place() -> Iterator[_Hashing]:
    """A flood of sign-ins must not take the memory of everything else."""
    hashing = _current()
    if not hashing.places.acquire(timeout=hashing.settings.wait_seconds):
        raise Unavailable("sign_in.busy", _("Too many people are signing in at this moment. Try again in a minute."))
    try:
        yield hashing
    finally:
        hashing.places.release()
