"""Files that jobs make, for a day."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed
from kernel.db import Base, Id, Identified, Owned


class MadeFile(Identified, Owned, Base):
    """A list that somebody asked for as a file. It lies sealed by a key of its own, which stands sealed here."""

    __tablename__ = "made_file"
    __table_args__ = (
        UniqueConstraint("org_id", "account_id", "under_way", name="uq_made_file_under_way"),
        Index("ix_made_file_account", "account_id", "asked_at"),
        Index("ix_made_file_until", "until_at"),
        CheckConstraint("state IN ('waiting', 'ready', 'refused', 'failed')", name="state_is_known"),
    )
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    membership_id: Mapped[str | None] = mapped_column(Id, ForeignKey("membership.id"))  # the place they asked from
    kind: Mapped[str] = mapped_column(String(20))
    asked_sealed: Mapped[str] = mapped_column(Text)
    under_way: Mapped[str | None] = mapped_column(String(64))  # the hash of what was asked, while it is being made
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    until_at: Mapped[datetime]  # when the row goes, and the file with it
    job_id: Mapped[str] = mapped_column(Id)
    rows: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))  # of what is in it
    stored_name: Mapped[str | None] = mapped_column(String(40))
    key_sealed: Mapped[str | None] = mapped_column(Text)

    asked = Sealed("asked_sealed")  # JSON
    key = Sealed("key_sealed")
