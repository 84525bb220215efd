"""Tables of what changes after work was settled: lots that are done again, and labels that were corrected."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, column
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Shared, within


class LotRework(Identified, Shared, Base):
    """A rejected lot of one lane that is done again: by one more answer to each unit, or by a look at each."""

    __tablename__ = "lot_rework"
    __table_args__ = (
        Index("ix_lot_rework_lane", "lane_id", "asked_at"),
        within("lane", "lane_id"),
        CheckConstraint("kind IN ('answers', 'review')", name="kind_is_known"),
        CheckConstraint("state IN ('ordered', 'working', 'done')", name="state_is_known"),
        CheckConstraint("reason <> ''", name="has_reason"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    round: Mapped[int]  # of its lot
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)  # not settled again; counted by a job
    lot_since: Mapped[datetime | None]  # when the release was ordered after which its lot begins
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None] = mapped_column(Id)
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class LabelChange(Identified, Shared, Base):
    """A label of a settled unit that was settled anew and otherwise: what it was, from when to when. An event."""

    __tablename__ = "label_change"
    __table_args__ = (
        Index("ix_label_change_project", "project_id", "at", "id"),
        Index(
            "ix_label_change_untold",
            "org_id",
            "at",
            sqlite_where=column("told_at").is_(None),
            postgresql_where=column("told_at").is_(None),
        ),
        within("unit", "unit_id"),
        CheckConstraint("cause IN ('consensus', 'review', 'objection')", name="cause_is_known"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    unit_id: Mapped[str] = mapped_column(Id)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    cause: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime]  # when the label before was settled
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # when the client was written to about it
