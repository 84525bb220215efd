"""Tables of people on their way in: invitations and the rosters that they come from."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Owned, within


class Invitation(Identified, Owned, Base):
    """An address that a vendor asks into a pool, once; of the mailed address only the hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "pool_id", "email_key", name="uq_invitation_once"),
        Index("ix_invitation_pool", "org_id", "pool_id", "id"),
        within("pool", "pool_id"),
    )
    pool_id: Mapped[str] = mapped_column(Id)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254))
    name: Mapped[str | None] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(35))
    note: Mapped[str | None] = mapped_column(Text)
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    invited_by: Mapped[str | None] = mapped_column(Id)
    sent_at: Mapped[datetime | None]
    sent_times: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    annotator_id: Mapped[str | None] = mapped_column(Id)
    revoked_at: Mapped[datetime | None]


class Roster(Identified, Owned, Base):
    """A file of people to be invited into a pool: read and shown first, sent by a job when somebody says so."""

    __tablename__ = "roster"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("pool", "pool_id"),
    )
    pool_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(120))  # of the file, as it is shown
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)
    sent_at: Mapped[datetime | None]
    job_id: Mapped[str | None] = mapped_column(Id)
    dropped_at: Mapped[datetime | None]


class RosterLine(Identified, Owned, Base):
    """A line of a roster, with what is wrong with it and what will happen, or has happened."""

    __tablename__ = "roster_line"
    __table_args__ = (
        UniqueConstraint("org_id", "roster_id", "number", name="uq_roster_line_number"),
        within("roster", "roster_id"),
    )
    roster_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]  # in the file
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))  # None: no address
    name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(35))
    note: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(12))
    faults: Mapped[list[Any]]  # [[column, deferred message], …]
