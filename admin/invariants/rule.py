"""What an invariant is: its number, its rule in words, and the queries that count what breaks it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from i18n import Message

Count = Callable[[Session], int | Mapping[str, int]]  # rows in breach; by where they stand, if that is not one place


@dataclass(frozen=True)
class Invariant:
    """One rule. `proofs` are the codes of the ledger's own checks that belong to it."""

    id: str
    rule: Message
    counts: tuple[Count, ...]
    proofs: tuple[str, ...] = ()
    verifies_log: bool = False


def rows_of(session: Session, breaches: Select[*tuple[Any, ...]]) -> int:
    """How many rows a query finds."""
    return session.scalar(select(func.count()).select_from(breaches.subquery())) or 0
