"""What a process keeps, put back when a test is over."""

from collections.abc import Iterator
from contextlib import contextmanager

from kernel.ports import Port
from workforce import hashing
from workforce.values import PasswordSettings


@contextmanager
def own_process() -> Iterator[None]:
    """What is put into ports in the block is gone with it. Passwords cost next to nothing."""
    with Port.restored():
        hashing.use_settings(PasswordSettings(time_cost=1, memory_kib=8, parallelism=1))
        yield
