"""Tables of the web's own: sessions, kept by the server and known by the hash of their cookie."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified


class AuthSession(Identified, Base):
    """One signed-in browser; ended by sign-out, time, suspension or the person."""

    __tablename__ = "auth_session"
    __table_args__ = (Index("ix_auth_session_account", "account_id", "revoked_at"),)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(Id)
    membership_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    absolute_until: Mapped[datetime]
    mfa_at: Mapped[datetime | None]
    mfa_kind: Mapped[str | None] = mapped_column(String(12))  # totp, recovery
    proven_at: Mapped[datetime | None]  # when the person last proved who they are, as strongly as they can
    waits: Mapped[bool] = mapped_column(default=False)  # for the second factor; until then it opens nothing
    network: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(120))  # of the last proof, as the country
    country: Mapped[str | None] = mapped_column(String(2))
    epoch: Mapped[int]
    revoked_at: Mapped[datetime | None]
