"""Sealed texts found again by a keyed digest of each. Without the key it tells which texts are alike, and no more.

The keys of indexes are derived from the field keys, one for each purpose: who turns field keys over turns the indexes
over with them. Written is the digest of the first key; looked for are those of all of them.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import String, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from kernel.crypto import index_keys, mac_of, signed_with
from kernel.errors import Misuse


class Index(str):
    """A keyed digest, after the id of its key: `k1|…`. It is compared with others of its purpose, and nothing else."""

    __slots__ = ()


class Indexed(TypeDecorator[Index]):
    """A column of digests. What is no digest is refused, so that nothing readable is ever written into it."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        if value is not None and not isinstance(value, Index):
            raise Misuse("a readable text where its index belongs")
        return value

    def process_result_value(self, value: str | None, dialect: Any) -> Index | None:
        return None if value is None else Index(value)


def index_of(text: str, purpose: str) -> Index:
    """What is written of a text: its digest by the first key."""
    return every_index_of(text, purpose)[0]


def every_index_of(text: str, purpose: str) -> list[Index]:
    """What a text is looked for by: its digest by each of the keys, of which the first one writes."""
    return [Index(f"{key_id}|{signed_with(key, text)}") for key_id, key in index_keys(purpose)]


def every_number_of(text: str, purpose: str) -> list[int]:
    """The same in eight bytes, for texts of which there are many; two of them are alike once in 10¹⁹ pairs."""
    return [int.from_bytes(mac_of(key, text)[:8], "big", signed=True) for _id, key in index_keys(purpose)]


def hold(session: Session, texts: Iterable[str]) -> None:
    """Let nobody else look for these texts to write them, before this transaction ends. While keys are turned over two
    processes may write the same text by different keys, and then meet at no constraint of the table."""
    keys = index_keys("hold")
    if len(keys) < 2 or session.get_bind().dialect.name != "postgresql":  # SQLite has one writer at a time
        return
    _id, key = min(keys)  # the same for every process, in whichever order it has them
    for number in sorted({int.from_bytes(mac_of(key, text)[:8], "big", signed=True) for text in texts}):
        session.execute(select(func.pg_advisory_xact_lock(number)))
