"""Tables of fairness: what happened to groups of people, by how hard what they met was."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Identified, Shared


class FairnessCell(Identified, Shared, Base):
    """Of one group of a project's people in one third by difficulty: how many, and to how many something happened."""

    __tablename__ = "fairness_cell"
    __table_args__ = (
        UniqueConstraint("org_id", "project_id", "outcome", "kind", "name", "third", name="uq_fairness_cell"),
        CheckConstraint("outcome IN ('passed', 'paused', 'rejected', 'paid_less')", name="outcome_is_known"),
        CheckConstraint("kind IN ('locale', 'country', 'page')", name="kind_is_known"),
    )
    outcome: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(35))  # the locale, the country, or the language of their pages
    third: Mapped[int]  # 0: who met the easiest; 1 too where nothing is known of it
    hits: Mapped[int]
    n: Mapped[int]  # people; answers, of rejections
    people: Mapped[int]
    counted_at: Mapped[datetime]
