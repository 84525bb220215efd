"""The table by which people are found whose names are sealed."""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id


class NamePart(Base):
    """The beginning of a word of somebody's name, as a keyed digest: by it they are found, and not called."""

    __tablename__ = "name_part"
    __table_args__ = (Index("ix_name_part_account", "account_id"),)
    part: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"), primary_key=True)
