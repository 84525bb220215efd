"""Time: the one place that reads the wall clock, and the one way to put another clock in its place."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def _wall() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Clock] = ContextVar("clock", default=_wall)


def now() -> datetime:
    """The present, as an aware UTC datetime. Called once a transaction, and passed on from there."""
    return _clock.get()()


def monotonic() -> float:
    """Seconds for measuring durations, never for telling the time."""
    return time.monotonic()


def rest(seconds: float) -> None:
    """Let others go first for so long; a pause of the process, whatever time the clock tells."""
    time.sleep(seconds)


@contextmanager
def use_clock(clock: Clock) -> Iterator[None]:
    """Let a simulation own the time for as long as the block lasts."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)
