"""Reads of review: what waits, by lane and cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.models import Lane, Project, Review


@dataclass(frozen=True)
class ReviewCount:
    """How many reviews of a lane wait, and why."""

    lane_id: str
    project_name: str
    locale: str
    weak: int
    sample: int
    reported: int

    @property
    def total(self) -> int:
        return self.weak + self.sample + self.reported


def review_counts(session: Session) -> Sequence[ReviewCount]:
    """Waiting reviews by lane, most first; the index on open reviews bounds what is read."""
    rows = session.execute(
        select(Review.lane_id, Project.name, Lane.locale, Review.why, func.count())
        .join(Lane, Lane.id == Review.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .where(Review.state == "open")
        .group_by(Review.lane_id, Project.name, Lane.locale, Review.why)
    )
    found: dict[str, dict[str, int]] = {}
    heads: dict[str, tuple[str, str]] = {}
    for lane_id, name, locale, why, count in rows:
        found.setdefault(lane_id, {})[why] = count
        heads[lane_id] = (name, locale)
    counts = [
        ReviewCount(lane_id, *heads[lane_id], by_why.get("weak", 0), by_why.get("sample", 0), by_why.get("reported", 0))
        for lane_id, by_why in found.items()
    ]
    return sorted(counts, key=lambda row: -row.total)
