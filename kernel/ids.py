"""Randomness: public ids, secrets and routing keys, from the operating system unless a test seeds them."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [second + first for first in _ALPHABET for second in _ALPHABET]
_LENGTH = 22  # 62^22 > 2^130: never guessed, and never ordered by time, so that an id dates nothing
_source: ContextVar[random.Random] = ContextVar("source")
_system = random.SystemRandom()


def _random() -> random.Random:
    return _source.get(_system)


def new_id() -> str:
    """A random public id of 22 letters and digits, used as primary key and in addresses alike."""
    value = _random().getrandbits(131)
    pairs = []
    for _ in range(_LENGTH // 2):
        value, rest = divmod(value, 3844)
        pairs.append(_PAIRS[rest])
    return "".join(pairs)


def new_route_key() -> int:
    """A random position between 0 and 2^62 in the order in which a lane's slots are handed out."""
    return _random().getrandbits(62)


def new_secret(byte_count: int = 32) -> str:
    """A secret for tokens and cookies, in URL-safe base64."""
    seeded = _source.get(None)
    return secrets.token_urlsafe(byte_count) if seeded is None else seeded.randbytes(byte_count).hex()


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
