"""Tables of what is known of people: tracks, their days, and pairs of people who answered the same units."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Float, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Id, Identified, Shared


class Folded:
    """What the graded answers of one person in one lane add up to, one after the other."""

    checked: Mapped[int] = mapped_column(default=0)  # graded on gold
    right: Mapped[float] = mapped_column(Float, default=0.0)
    a: Mapped[float] = mapped_column(Float, default=8.0)  # Beta posterior with forgetting
    b: Mapped[float] = mapped_column(Float, default=2.0)
    cusum: Mapped[float] = mapped_column(Float, default=0.0)
    since_normal: Mapped[int] = mapped_column(default=0)  # checks since the chart last stood at zero
    alarms: Mapped[int] = mapped_column(default=0)  # how often the chart rose to its alarm
    confusion: Mapped[dict[str, Any]]  # truth -> answer -> count
    classes: Mapped[dict[str, Any]]  # truth -> {a, b, n, right, at}: a posterior of its own for each class


class Track(Folded, Identified, Shared, Base):
    """What is known of one person in one lane: a fold over grades and judgments, updated by the grading job."""

    __tablename__ = "track"
    __table_args__ = (
        UniqueConstraint("org_id", "lane_id", "annotator_id", name="uq_track_once"),
        Index("ix_track_annotator", "vendor_org_id", "annotator_id"),
        Index("ix_track_shown", "vendor_org_id", "shown_low", "annotator_id"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    judged: Mapped[int] = mapped_column(default=0)
    peers: Mapped[int] = mapped_column(default=0)  # comparisons with other people's answers to the same units
    peers_same: Mapped[float] = mapped_column(Float, default=0.0)
    peer_accuracy: Mapped[float | None] = mapped_column(Float)  # from these, chance taken out, as of the last inference
    seconds: Mapped[int] = mapped_column(default=0)
    shown: Mapped[dict[str, Any]]  # what the person sees; renewed at most once a day, after 20 checks
    shown_low: Mapped[float | None] = mapped_column(Float)  # its lower end, by which people are found
    shown_at: Mapped[datetime | None]
    heightened_to: Mapped[int] = mapped_column(default=0)  # checked more often up to this many judged
    alarms_seen: Mapped[int] = mapped_column(default=0)  # alarms after which the person's work was looked at again
    updated_at: Mapped[datetime]


class TrackDay(Folded, Shared, Base):
    """One day (UTC) of a track: what was answered on it, and what all grades up to its end add up to.

    On a day without grades `graded_at` is None and nothing is said of the fold: the day before still holds.
    """

    __tablename__ = "track_day"
    lane_id: Mapped[str] = mapped_column(Id, primary_key=True)
    annotator_id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    judged: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    graded_at: Mapped[datetime | None]


class PeerPair(Shared, Base):
    """Two people of a lane on the units that both have answered: how many, and how alike they were."""

    __tablename__ = "peer_pair"
    lane_id: Mapped[str] = mapped_column(Id, primary_key=True)
    first_id: Mapped[str] = mapped_column(Id, primary_key=True)  # the smaller of the two annotators' ids
    second_id: Mapped[str] = mapped_column(Id, primary_key=True)
    shared: Mapped[int] = mapped_column(default=0)
    same: Mapped[float] = mapped_column(Float, default=0.0)
