"""Tables of truth inference: runs over a lane, and the label that they gave each unit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Shared, within


class InferenceRun(Identified, Shared, Base):
    """One run of truth inference over a lane: method, parameters, what went in."""

    __tablename__ = "inference_run"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_inference_of_lane", "lane_id", "at"),
        Index("ix_inference_of_project", "project_id", "at"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    method: Mapped[str] = mapped_column(String(40))
    parameters: Mapped[dict[str, Any]]
    judgments: Mapped[int]
    units: Mapped[int]
    iterations: Mapped[int]
    converged: Mapped[bool]
    skills: Mapped[dict[str, Any]]  # annotator -> estimated accuracy
    agreement: Mapped[dict[str, Any]]  # alpha with interval, percent
    at: Mapped[datetime]


class Consensus(Identified, Shared, Base):
    """The label inferred for a unit by a run, with its posterior; the one whose answers were read last counts."""

    __tablename__ = "consensus"
    __table_args__ = (
        UniqueConstraint("org_id", "unit_id", name="uq_consensus_unit"),
        Index("ix_consensus_of_lane", "lane_id", "confidence"),
        Index("ix_consensus_agreed", "lane_id", "agreed", "unit_id"),
        within("inference_run", "run_id"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    unit_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    run_id: Mapped[str] = mapped_column(Id)
    label: Mapped[dict[str, Any]]
    category: Mapped[str | None] = mapped_column(String(120))
    majority_category: Mapped[str | None] = mapped_column(String(120))
    confidence: Mapped[float] = mapped_column(Float)
    agreed: Mapped[float | None] = mapped_column(Float)  # share of pairs of its answers that agree; None: no pair
    judgments: Mapped[int]
    at: Mapped[datetime]  # when its answers were read
