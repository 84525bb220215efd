"""From where, and how surely, the person of this request is there: what decisions on sensitive data rest on.

The edge (web, commands) says it once for each request. Nothing is known of jobs, nor where nobody has said anything;
what is not known counts as missing, and a demand on it is not met.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Presence:
    """The address of a request, the country of that address, and the last proofs by a second factor and a passkey."""

    address: str | None = None
    country: str | None = None
    second_factor_at: datetime | None = None
    passkey_at: datetime | None = None  # what no false page can ask somebody for


NOWHERE = Presence()
_here: ContextVar[Presence] = ContextVar("presence", default=NOWHERE)


def here() -> Presence:
    """What is known of this request's person."""
    return _here.get()


def enter(presence: Presence) -> None:
    """Say what is known, for the request that begins."""
    _here.set(presence)


@contextmanager
def use(presence: Presence) -> Iterator[None]:
    """Say it for the length of a block."""
    token = _here.set(presence)
    try:
        yield
    finally:
        _here.reset(token)
