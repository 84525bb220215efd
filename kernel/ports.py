"""Ports: where a package asks for something that a package above it, or the start of the process, has to put there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Generic, TypeVar

from kernel.errors import Misuse

Thing = TypeVar("Thing")


class Port(Generic[Thing]):
    """One thing of this process, put in place at its start. Whoever asks before that is told by Misuse."""

    _all: ClassVar[list["Port[Any]"]] = []

    def __init__(self, name: str, default: Thing | None = None) -> None:
        self.name, self._thing = name, default
        Port._all.append(self)

    def put(self, thing: Thing) -> None:
        """Put a thing in place; the one before it is forgotten."""
        self._thing = thing

    def get(self) -> Thing:
        """What was put here."""
        if self._thing is None:
            raise Misuse(f"no {self.name} is in place")
        return self._thing

    @property
    def is_set(self) -> bool:
        """Whether anything was put here."""
        return self._thing is not None

    @classmethod
    def empty(cls) -> list[str]:
        """The names of the ports that nobody has filled."""
        return [port.name for port in cls._all if not port.is_set]

    @staticmethod
    @contextmanager
    def restored() -> Iterator[None]:
        """After the block, every port holds what it held before it, so that two applications can share a process."""
        before = [(port, port._thing) for port in Port._all]
        try:
            yield
        finally:
            for port in Port._all:
                port._thing = None
            for port, thing in before:
                port._thing = thing
