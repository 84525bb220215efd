"""One launcher for one data folder: a lock that ends with the process that holds it, whatever ends that process."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.launch.checks import CannotStart

FILE = "launcher.lock"


@contextmanager
def only_one(folder: Path, address: str) -> Iterator[None]:
    """Hold the folder until the block ends; raises CannotStart with who holds it."""
    # The file stays: removed, it could be locked by one and made anew by another. A lock of `lockf` belongs to the
    # process alone, so that forks which outlive a killed launcher do not hold it.
    with open(os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            if fault.errno not in (errno.EACCES, errno.EAGAIN):
                raise CannotStart(f"The data folder {folder} cannot be locked: {fault.strerror}.") from None
            raise CannotStart(_about_the_other(folder, file.read().split())) from None
        file.truncate(0)
        file.write(f"{os.getpid()} {address}\n")
        file.flush()
        yield


def _about_the_other(folder: Path, told: list[str]) -> str:
    who = f"process {told[0]} serves it at {told[1]}" if len(told) == 2 else "another process has just begun to"
    return (
        f"Polyphony runs already on the data folder {folder}: {who}. "
        "Stop that one, or set POLYPHONY_DATA to another folder."
    )
