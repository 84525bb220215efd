"""What the tests of the plumbing share: a clock that stands still, and every table known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kernel import clock
from kernel.registry import load_models

load_models()
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


class Time:
    """The clock of a test, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def time() -> Iterator[Time]:
    moving = Time()
    with clock.use_clock(moving):
        yield moving
