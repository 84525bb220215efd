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
    mfa_kind: Mapped[str | None] = mapped_column(String(12))  # totp, recovery, passkey
    passkey_at: Mapped[datetime | None]  # when a passkey was last shown
    proven_at: Mapped[datetime | None]  # when the person last proved who they are, as strongly as they can
    waits: Mapped[bool] = mapped_column(default=False)  # for the second factor; until then it opens nothing
    network: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(120))  # of the last proof, as the country
    country: Mapped[str | None] = mapped_column(String(2))
    epoch: Mapped[int]
    revoked_at: Mapped[datetime | None]


class PasskeyChallenge(Identified, Base):
    """Random bytes that a browser's passkey is to sign: for the browser that asked, once, and not for long."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (Index("ix_passkey_challenge_expires", "expires_at"),)
    holder: Mapped[str] = mapped_column(String(64))  # the session that asked, or a random name before signing in
    purpose: Mapped[str] = mapped_column(String(12))  # make, use
    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
