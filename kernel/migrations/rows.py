"""Rows that migrations change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

from kernel.config import settings_or_end
from kernel.crypto import Sealed, use_keys
from kernel.tenancy import Power

PORTION = 1_000


@contextmanager
def every_row() -> Iterator[None]:
    """A migration that changes rows does it within this: to the owner of the tables row security may show none."""
    has_walls = op.get_bind().dialect.name == "postgresql"
    if has_walls:
        op.execute(f"SET LOCAL ROLE {Power.SYSTEM.value}")
    yield
    if has_walls:
        op.execute("RESET ROLE")


def use_configured_keys() -> None:
    """A migration that seals or opens rows calls this first: whoever migrates may not have started anything else."""
    if Sealed.ring is None:
        use_keys(settings_or_end().field_keys)


def in_portions(table: sa.TableClause) -> Iterator[Sequence[Any]]:
    """All rows of a table by id, so that no more than a portion of them is in memory; keys are ready to be used."""
    in_order, after = sa.select(table).order_by(table.c.id).limit(PORTION), ""
    while rows := op.get_bind().execute(in_order.where(table.c.id > after)).all():
        use_configured_keys()
        yield rows
        after = rows[-1].id
