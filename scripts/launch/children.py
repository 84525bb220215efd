"""The processes that one command starts: watched together, ended together.

Each child leads a process session of its own, so that Ctrl-C in the terminal reaches the launcher alone and the order
of leaving is ours: those who work first, the queue that they talk to last.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from scripts.launch.forks import Fork, end_with_parent

LOOK_EVERY = 0.2
PATIENCE = 25.0


class ChildEnded(Exception):
    """A process that should have gone on has ended; the text is a sentence for the terminal."""


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent a signal."""


@dataclass(frozen=True)
class Child:
    """A running process and what to call it."""

    name: str
    process: subprocess.Popen[bytes] | Fork
    is_needed_by_others: bool


class Children:
    """All processes of one launcher, in the order in which they were started."""

    def __init__(self, environ: Mapping[str, str], patience: float = PATIENCE) -> None:
        self._environ = dict(environ)
        self._patience = patience
        self._running: list[Child] = []
        self._signals = 0
        self._asked = threading.Event()

    def add_environment(self, **environ: str) -> None:
        """Tell this to every child that is started from now on."""
        self._environ.update(environ)

    def start(
        self, name: str, command: list[str], *, output: IO[bytes] | None = None, is_needed_by_others: bool = False
    ) -> Child:
        """Start a process that is to go on until `stop`."""
        process = subprocess.Popen(
            command, env=self._environ, stdin=subprocess.DEVNULL, stdout=output, start_new_session=True,
            preexec_fn=end_with_parent,
        )  # fmt: skip
        child = Child(name, process, is_needed_by_others)
        self._running.append(child)
        return child

    def fork(self, name: str, module: str, *arguments: str, output: IO[bytes] | None = None) -> Child:
        """Start `python -m module arguments …` as a fork of this process, which is to go on until `stop`."""
        child = Child(
            name, Fork(name, module, *arguments, environ=self._environ, output=output), is_needed_by_others=False
        )
        self._running.append(child)
        return child

    def finish(self, child: Child) -> int:
        """Wait for a process that ends by itself, while the others live; returns its exit code."""
        self._running.remove(child)
        try:
            while child.process.poll() is None:
                self.look()
                self._asked.wait(LOOK_EVERY)
        finally:
            self._end([child])
        return child.process.wait()

    def wait_until(self, claim: Callable[[], bool], seconds: float) -> bool:
        """Wait for something to become true, while everybody lives; False when it has not in time."""
        end = time.monotonic() + seconds
        while not claim():
            self.look()
            if time.monotonic() > end:
                return False
            self._asked.wait(LOOK_EVERY)
        return True

    def watch(self) -> NoReturn:
        """Return never: raises StopAsked, or ChildEnded as soon as one of them has ended."""
        while True:
            self.look()
            self._asked.wait(LOOK_EVERY)

    def look(self) -> None:
        """Raise when we were asked to stop or when a child has ended."""
        if self._asked.is_set():
            raise StopAsked
        for child in self._running:
            code = child.process.poll()
            if code is not None:
                how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
                raise ChildEnded(f"The {child.name} {how}, so the rest is stopped too.")

    def stop(self) -> None:
        """End everybody: those who work first, then those whom the others need."""
        self._end([child for child in self._running if not child.is_needed_by_others])
        self._end([child for child in self._running if child.is_needed_by_others])
        self._running.clear()

    def _end(self, leaving: list[Child]) -> None:
        """Ask all of them, wait for all of them, and kill what is left of their sessions."""
        for child in leaving:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + self._patience
        while any(child.process.poll() is None for child in leaving) and time.monotonic() < end and self._signals < 2:
            time.sleep(0.05)
        for child in leaving:
            for pid in session_members(child.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            child.process.wait()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop; a second one is the wish to stop at once."""

        def note(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1
            self._asked.set()

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def session_members(leader: int) -> list[int]:
    """Every living process of the session that this process leads, itself included."""
    members = []
    for pid in _all_pids():
        with suppress(OSError):
            if os.getsid(pid) == leader:
                members.append(pid)
    return members


def _all_pids() -> list[int]:
    if Path("/proc/self").exists():  # a small Linux has no ps
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    told = subprocess.run(["/bin/ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(line) for line in told.stdout.split()]
