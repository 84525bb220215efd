"""What SQLite keeps as text: times and JSON, made into it and out of it as cheaply as can be."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from kernel.errors import Misuse


@lru_cache(maxsize=1024)
def sqlite_time(value: datetime | None) -> str | None:
    """A time as SQLite keeps it; a transaction writes the same few very often."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise Misuse("a time without a zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=4096)
def time_of_sqlite(kept: str | None) -> datetime | None:
    """The time that SQLite keeps as this text; what was written together has the same."""
    return None if kept is None else datetime.fromisoformat(kept).replace(tzinfo=UTC)


_decode = json.JSONDecoder().raw_decode


def json_of_sqlite(kept: str) -> Any:
    """What SQLite keeps as this text, without the search for blanks around it that we never write."""
    try:
        value, end = _decode(kept)
    except ValueError:  # such blanks stand before it, or it is none
        return json.loads(kept)
    return value if end == len(kept) else json.loads(kept)
