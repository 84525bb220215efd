"""Reads of pools."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import Organization, Pool
from workforce.values import PoolView


def pool_of(session: Session, pool_id: str) -> PoolView | None:
    """A pool of the scope's vendor."""
    row = session.get(Pool, pool_id)
    return pool_view(row) if row else None


def pools(session: Session, *, after: str | None = None, limit: int = 50) -> tuple[list[PoolView], str | None]:
    """The pools that the scope sees, by id."""
    limit = min(limit, 200)
    statement = select(Pool).order_by(Pool.id).limit(limit + 1)
    if after:
        statement = statement.where(Pool.id > after)
    rows = session.scalars(statement).all()
    return [pool_view(row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def open_pool(session: Session, pool_id: str) -> tuple[PoolView, str] | None:
    """A pool that takes applications, with its vendor's name, for whoever has the address of its page."""
    row = session.execute(
        select(Pool, Organization.name)
        .join(Organization, Organization.id == Pool.org_id)
        .where(Pool.id == pool_id, Pool.is_open)
    ).first()
    return (pool_view(row[0]), row[1]) if row else None


def pool_view(row: Pool) -> PoolView:
    return PoolView(row.id, row.org_id, row.name, row.about, row.is_open, row.created_at)
