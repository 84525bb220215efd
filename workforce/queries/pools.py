"""Reads of pools."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.paging import Paging
from workforce.models import Organization, Pool
from workforce.values import PoolView

_BY_ID = Paging("pools", Pool.id)


def pool_of(session: Session, pool_id: str) -> PoolView | None:
    """A pool of the scope's vendor."""
    row = session.get(Pool, pool_id)
    return pool_view(row) if row else None


def pools(session: Session, *, after: str | None = None, limit: int = 50) -> tuple[list[PoolView], str | None]:
    """The pools that the scope sees, by id."""
    limit = min(limit, 200)
    statement = select(Pool).where(*_BY_ID.after(after)).order_by(*_BY_ID.order()).limit(limit + 1)
    rows, next_after = _BY_ID.cut(session.scalars(statement).all(), limit)
    return [pool_view(row) for row in rows], next_after


def open_pool(session: Session, pool_id: str) -> tuple[PoolView, str] | None:
    """A pool that takes applications, with its vendor's name, for whoever has the address of its page."""
    row = session.execute(
        select(Pool, Organization.name)
        .join(Organization, Organization.id == Pool.org_id)
        .where(Pool.id == pool_id, Pool.is_open)
    ).first()
    return (pool_view(row[0]), row[1]) if row else None


def pool_view(row: Pool) -> PoolView:
    return PoolView(
        row.id,
        row.org_id,
        row.name,
        row.about,
        row.is_open,
        row.created_at,
        row.check_micros,
        row.check_currency,
        tuple(row.steps),
    )
