"""Tables of rules about people: their versions, how they acted, and how they would have."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Shared, within


class GateRule(Identified, Shared, Base):
    """One version of a lane's rule: what it looks at, the limit, the evidence it needs, what follows, who wrote it."""

    __tablename__ = "gate_rule"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "lane_id", "name", "version", name="uq_gate_name_version"),
        CheckConstraint("minimum_checks >= 8", name="never_on_a_handful"),
        CheckConstraint("metric IN ('accuracy_upper', 'accuracy_lower', 'drift')", name="metric_is_known"),
        CheckConstraint("action IN ('warn', 'recheck', 'pause')", name="action_is_known"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(16), default="accuracy")
    version: Mapped[int]
    metric: Mapped[str] = mapped_column(String(16), default="accuracy_upper")
    action: Mapped[str] = mapped_column(String(8), default="pause")
    limit: Mapped[float] = mapped_column(Float)
    certainty: Mapped[float] = mapped_column(Float, default=0.9)
    release: Mapped[float | None] = mapped_column(Float)  # the belief that ends it; None: the usual one
    minimum_checks: Mapped[int] = mapped_column(default=20)
    pause_days: Mapped[int] = mapped_column(default=7)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(Id)
    created_org_id: Mapped[str | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Id)


class GateFiring(Identified, Shared, Base):
    """A rule acted on a person: on what figures, and when and why it let go."""

    __tablename__ = "gate_firing"
    __table_args__ = (
        Index("ix_gate_firing_person", "lane_id", "annotator_id", "name", "fired_at"),
        Index("ix_gate_firing_receipt", "receipt_id"),
        within("gate_rule", "rule_id"),
        CheckConstraint("action = 'recheck' OR receipt_id IS NOT NULL", name="person_was_told"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="end_has_reason"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    rule_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    action: Mapped[str] = mapped_column(String(8))
    checks: Mapped[int]  # graded answers at that moment
    figures: Mapped[dict[str, Any]]
    receipt_id: Mapped[str | None] = mapped_column(Id)
    fired_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(10))  # recovered, time, lifted, rule


class Backtest(Identified, Shared, Base):
    """A proposed rule replayed over what happened: what was asked, how far it is, what it found."""

    __tablename__ = "backtest"
    __table_args__ = (Index("ix_backtest_lane", "lane_id", "asked_at"),)
    lane_id: Mapped[str] = mapped_column(Id)
    rule: Mapped[dict[str, Any]]  # name, metric, action, limit, certainty, release, minimum_checks, pause_days
    wide: Mapped[bool] = mapped_column(default=False)  # over all lanes of the project, not this one alone
    people: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None] = mapped_column(Id)
    finished_at: Mapped[datetime | None]
