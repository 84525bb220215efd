"""Where anchors lie: a file of signed lines for each day, in a folder that an operator takes elsewhere.

Whoever can rewrite the database must not be able to rewrite these: the folder, or the log that has the same lines, is
shipped to another machine. A day's file begins with every chain, so that one file proves the whole past.
"""

import errno
import json
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from admin.rules import anchors as signed
from admin.values import Anchor
from kernel.config import Settings

log = logging.getLogger("polyphony.anchors")
LATEST = 7  # days whose files the nightly verification reads: what a later anchor proves, it proves of all before it


def key_bytes(settings: Settings) -> bytes:
    """The key that signs: the file of AUDIT_ANCHOR_KEY, else one in the data folder, made when it is first needed.

    Raises OSError or ValueError where there is none to be had; production makes up none.
    """
    file = settings.anchor_key_file or settings.data_dir / "audit_anchor_key.pem"
    if settings.anchor_key_file is None and not file.exists():
        if settings.is_production:
            raise ValueError("AUDIT_ANCHOR_KEY is missing")
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as made:
            made.write(signed.new_key())
    return file.read_bytes()


def folder(settings: Settings) -> Path:
    """The folder of the days' files: AUDIT_ANCHORS, else `anchors` in the data folder."""
    return settings.anchors_dir or settings.data_dir / "anchors"


def day_file(settings: Settings, at: datetime) -> Path:
    """The file of a day."""
    return folder(settings) / f"{at:%Y-%m-%d}.jsonl"


def read(place: Path, key: bytes, latest: int | None = None) -> list[Anchor]:
    """The anchors of a file, or of a folder's files, of the latest days only if so many are asked for.

    Raises BadAnchor at the first line that was not signed by this key as it stands.
    """
    files = sorted(place.glob("*.jsonl"))[-(latest or 0) :] if place.is_dir() else [place]
    checking = signed.checking_key(key)
    return [anchor for file in files for anchor in signed.read_lines(file.read_text().splitlines(), checking)]


def places_in(file: Path) -> set[tuple[str, int]]:
    """The places that a file's lines name, whether they are sound or not: to prove them is the verification's part."""
    found: set[tuple[str, int]] = set()
    for line in file.read_text().splitlines() if file.exists() else ():
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(line)
            found.add((str(told["chain"]), int(told["seq"])))
    return found


def append(file: Path, anchors: Iterable[Anchor], key: bytes) -> Sequence[str]:
    """Sign and add lines to a file, and to the log; a line that finds no room on the disk leaves nothing behind."""
    signing = signed.signing_key(key)
    lines = [signed.signed_line(anchor, signing) for anchor in anchors]
    add_lines(file, lines)
    for line in lines:
        log.info("anchor %s", line)
    return lines


def add_lines(file: Path, lines: Sequence[str]) -> None:
    """Add lines to a file for good: all of them, or none where the disk has no room."""
    if lines:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = "".join(line + "\n" for line in lines).encode()
        with file.open("ab", buffering=0) as stream:
            before = stream.tell()
            try:
                if stream.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(stream.fileno())
            except OSError:
                os.truncate(file, before)
                raise
