"""Randomness: public ids, secrets and routing keys, from the operating system unless a test seeds them."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 22  # 62^22 > 2^130: never guessed, and never ordered by time, so that an id dates nothing
_LETTERS = bytes(_ALPHABET[byte % 62] for byte in range(256))
_UNEVEN = bytes(range(248, 256))  # bytes left out, so that each letter stands for four of those that remain
_source: ContextVar[random.Random] = ContextVar("source")
_system = random.SystemRandom()


def _random() -> random.Random:
    return _source.get(_system)


def new_id() -> str:
    """A random public id of 22 letters and digits, used as primary key and in addresses alike."""
    source = _random()
    letters = source.randbytes(32).translate(_LETTERS, _UNEVEN)
    while len(letters) < _LENGTH:
        letters += source.randbytes(32).translate(_LETTERS, _UNEVEN)
    return letters[:_LENGTH].decode("ascii")


def new_route_key() -> int:
    """A random position between 0 and 2^62 in the order in which a lane's slots are handed out."""
    return _random().getrandbits(62)


def new_secret(byte_count: int = 32) -> str:
    """A secret for tokens and cookies, in URL-safe base64."""
    seeded = _source.get(None)
    return secrets.token_urlsafe(byte_count) if seeded is None else seeded.randbytes(byte_count).hex()


def new_bytes(count: int) -> bytes:
    """Random bytes of a secret that is written in an alphabet of its own."""
    seeded = _source.get(None)
    return secrets.token_bytes(count) if seeded is None else seeded.randbytes(count)


def new_seed() -> int:
    """A seed to be stored, so that a draw can be repeated exactly."""
    return _random().getrandbits(31)


def uniform() -> float:
    """A number in [0, 1), for jitter and sampling."""
    return _random().random()


def repeatable(seed: str | int) -> random.Random:
    """A source whose draws follow from the seed alone: for samples and plans that must come out the same again."""
    return random.Random(seed)


@contextmanager
def use_seed(seed: int) -> Iterator[None]:
    """Make every id and draw of the block repeatable. For tests and simulations; secrets become guessable."""
    token = _source.set(random.Random(seed))
    try:
        yield
    finally:
        _source.reset(token)
