"""Tables of gold that is made from settled units: what was proposed, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Owned, within


class GoldProposal(Identified, Owned, Base):
    """A settled unit whose label is sure enough to check people by. As secret as the keys that come of it."""

    __tablename__ = "gold_key_proposal"
    __table_args__ = (
        UniqueConstraint("org_id", "item_id", name="uq_gold_proposal_once"),
        Index("ix_gold_proposal_project", "org_id", "project_id", "state", "id"),
        Index("ix_gold_proposal_lane", "lane_id", "state"),
        within("item", "item_id"),
        CheckConstraint("state IN ('open', 'accepted', 'refused', 'gone')", name="state_is_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_time"),
    )
    project_id: Mapped[str] = mapped_column(Id)
    lane_id: Mapped[str] = mapped_column(Id)
    unit_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    label: Mapped[dict[str, Any]]
    category: Mapped[str] = mapped_column(String(120))
    confidence: Mapped[float] = mapped_column(Float)
    people: Mapped[int]  # who gave this label
    proven: Mapped[int]  # of them, people whose accuracy is proven
    answers: Mapped[int]  # all that counted
    third: Mapped[int]  # of the lane's candidates by difficulty: 0 the easiest, 2 the hardest
    state: Mapped[str] = mapped_column(String(10), default="open")
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
