"""Reads of roles that are offered."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.crypto import digest
from kernel.db import now_of
from kernel.paging import Paging
from kernel.policy import Role
from workforce.models import RoleOffer
from workforce.values import OfferState, OfferView

MOST_ROWS = 200
_NEWEST = Paging("role_offers", RoleOffer.offered_at, RoleOffer.id, newest_first=True)


def open_offers(
    session: Session, org_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[OfferView], str | None]:
    """The offers of an organization that can still be accepted, newest first."""
    limit, now = min(limit, MOST_ROWS), now_of(session)
    statement = (
        select(RoleOffer)
        .where(
            RoleOffer.org_id == org_id, RoleOffer.accepted_at.is_(None), RoleOffer.withdrawn_at.is_(None),
            RoleOffer.expires_at > now, *_NEWEST.after(after),
        )
        .order_by(*_NEWEST.order())
        .limit(limit + 1)
    )  # fmt: skip
    rows, next_after = _NEWEST.cut(session.scalars(statement).all(), limit)
    return [offer_view(row, now) for row in rows], next_after


def offer_by_secret(session: Session, secret: str) -> OfferView | None:
    """The offer that a mailed address belongs to, however it stands."""
    row = session.scalars(select(RoleOffer).where(RoleOffer.secret_hash == digest(secret))).one_or_none()
    return offer_view(row, now_of(session)) if row else None


def offer_view(row: RoleOffer, now: datetime) -> OfferView:
    return OfferView(row.id, row.org_id, row.email, Role(row.role), state_of(row, now), row.offered_at, row.expires_at)


def state_of(row: RoleOffer, now: datetime) -> OfferState:
    """How an offer stands."""
    if row.accepted_at is not None:
        return OfferState.ACCEPTED
    if row.withdrawn_at is not None:
        return OfferState.WITHDRAWN
    return OfferState.WAITING if row.expires_at > now else OfferState.EXPIRED
