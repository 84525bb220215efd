"""Planting: known units put into the queue of reviews, so that reviewers are measured like everybody else."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from calibration.models import Consensus, Judgment
from kernel import ids
from kernel.db import now_of
from marketplace.models import Lane, Review
from marketplace.queries.proposals import never_reviewed
from marketplace.rules.planting import how_many, planted

AMONG = 40
OTHERS = 20


def plant_reviews(session: Session, lane: Lane, asked_for: Sequence[str], *, why: str = "sample") -> int:
    """With some of the reviews that were just asked for, one of a unit whose label is as good as certain.

    It waits among them for the cause `why`, and nothing in it, nor in what a reviewer can do with it, tells it from
    them. Returns how many.
    """
    draw = ids.repeatable(f"plant:{lane.id}:{':'.join(sorted(asked_for))}")
    wanted = how_many(len(asked_for), draw)
    units = never_reviewed(session, lane, AMONG) if wanted else []
    chosen = draw.sample(units, min(wanted, len(units)))
    rows: list[dict[str, Any]] = []
    for unit in chosen:
        given = session.execute(
            select(Judgment.id, Judgment.answer)
            .where(Judgment.org_id == lane.org_id, Judgment.unit_id == unit.unit_id)
            .order_by(Judgment.answered_at, Judgment.id)
        )
        shown = planted(unit.label, {row.id: row.answer for row in given}, _others(session, lane, unit.category), draw)
        rows.append(
            {
                "id": ids.new_id(), "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id,
                "project_id": lane.project_id, "lane_id": lane.id, "unit_id": unit.unit_id, "why": why,
                "state": "open", "round": 1, "judgment_ids": [], "note": "", "asked_at": now_of(session),
                "planted": shown.to_json(),
            }
        )  # fmt: skip
    if rows:
        session.execute(insert(Review), rows)
    return len(rows)


def _others(session: Session, lane: Lane, category: str) -> list[dict[str, Any]]:
    """Labels of the lane's units that are of another class."""
    rows = session.execute(
        select(Consensus.label)
        .where(Consensus.lane_id == lane.id, Consensus.category.is_not(None), Consensus.category != category)
        .order_by(Consensus.confidence.desc(), Consensus.id)
        .limit(OTHERS)
    )
    return [row.label for row in rows]
