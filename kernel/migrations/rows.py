"""Rows that migrations change."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

from kernel.config import settings_or_end
from kernel.crypto import Sealed, use_keys
from kernel.tenancy import Power


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
