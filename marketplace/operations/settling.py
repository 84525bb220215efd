"""Settling: full units get a consensus; weak ones and a random share go to review, the others are settled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from calibration.models import Consensus
from calibration.operations import inference
from calibration.queries import items_with_keys
from kernel import audit, ids
from kernel.db import insert_ignoring, now_of
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from marketplace.models import Lane, ProblemReport, Review, Unit
from marketplace.operations.planting import plant_reviews

CHUNK = 500


@dataclass(frozen=True)
class SettleSummary:
    """What a round of settling did."""

    settled: int
    to_review: int


def lanes_with_full_units(session: Session, actor: Actor, limit: int = 100) -> list[str]:
    """Lanes in which units wait for their consensus. System scope."""
    return list(
        session.scalars(
            select(Unit.lane_id).where(Unit.state == "full").group_by(Unit.lane_id).order_by(Unit.lane_id).limit(limit)
        )
    )


def settle_lane(session: Session, actor: Actor, lane_id: str) -> SettleSummary:
    """Infer the lane's labels and settle its full units; system scope, as the keys anchor the inference.

    A unit goes to review when its consensus is weaker than the lane's bound, when somebody reported it, or when the
    draw takes it into the random sample; the draw depends on the unit alone, so that running again changes nothing.
    """
    lane = session.get_one(Lane, lane_id)
    waiting = session.scalars(
        select(Unit.id).where(Unit.lane_id == lane_id, Unit.state == "full").order_by(Unit.id)
    ).all()
    if not waiting:
        return SettleSummary(0, 0)
    inference.infer_lane(session, actor, lane_id)
    settled = to_review = 0
    for chunk in _chunks(waiting):
        done, asked = _settle_chunk(session, actor, lane, chunk)
        settled, to_review = settled + done, to_review + asked
    audit.record(
        session, actor, "units.settled", "lane", lane_id, org_id=lane.org_id,
        details={"settled": settled, "to_review": to_review}, link=False,
    )  # fmt: skip
    return SettleSummary(settled, to_review)


def _settle_chunk(session: Session, actor: Actor, lane: Lane, unit_ids: Sequence[str]) -> tuple[int, int]:
    rows = session.execute(
        select(Unit.id, Unit.item_id, Consensus.label, Consensus.confidence)
        .join(Consensus, (Consensus.unit_id == Unit.id) & (Consensus.org_id == Unit.org_id))
        .where(Unit.id.in_(unit_ids))
    ).all()
    keyed = items_with_keys(session, [row.item_id for row in rows])
    reported = set(
        session.scalars(
            select(ProblemReport.unit_id).where(ProblemReport.unit_id.in_(unit_ids), ProblemReport.closed_at.is_(None))
        )
    )
    settled: list[tuple[str, Any]] = []
    reviews: list[tuple[str, str]] = []
    for row in rows:
        why = None if row.item_id in keyed else _why_review(lane, row.id, row.confidence, row.id in reported)
        if why is None:
            settled.append((row.id, row.label))
        else:
            reviews.append((row.id, why))
    _settle(session, settled, "consensus")
    ask_reviews(session, lane, reviews)
    plant_reviews(session, lane, [unit_id for unit_id, _why in reviews])
    return len(settled), len(reviews)


def _why_review(lane: Lane, unit_id: str, confidence: float, is_reported: bool) -> str | None:
    if is_reported:  # first of all: what a person saw in the unit is lost on a reviewer who is told of a weak consensus
        return "reported"
    if confidence < lane.weak_below:
        return "weak"
    return "sample" if ids.repeatable(f"review:{unit_id}").random() < lane.review_share else None


def settle_unit(session: Session, unit_id: str, label: dict[str, Any], source: str) -> None:
    """The unit has its final label."""
    _settle(session, [(unit_id, label)], source)


_U = table_of(Unit)
_SETTLE = Hot(
    update(_U)
    .where(_U.c.id == bindparam("p_id"), or_(_U.c.state == "full", _U.c.state == "review"))
    .values(
        state="settled", label=bindparam("p_label"), label_source=bindparam("p_source"), settled_at=bindparam("p_now")
    )
)  # fmt: skip


def _settle(session: Session, labels: Sequence[tuple[str, Any]], source: str) -> None:
    now = now_of(session)
    rows = [{"p_id": unit_id, "p_label": label, "p_source": source, "p_now": now} for unit_id, label in labels]
    if rows:
        _SETTLE.run_all(session, rows)


def ask_reviews(session: Session, lane: Lane, wanted: Iterable[tuple[str, str]]) -> None:
    """Open a review for each (unit, why); a unit that waits for one already is left as it is."""
    wanted = list(wanted)
    if not wanted:
        return
    unit_ids = [unit_id for unit_id, _ in wanted]
    counted = session.execute(
        select(Review.unit_id, func.max(Review.round))
        .where(Review.org_id == lane.org_id, Review.unit_id.in_(unit_ids))
        .group_by(Review.unit_id)
    )
    rounds: dict[str, int] = dict(counted.all())
    now = now_of(session)
    rows: list[dict[str, Any]] = [
        {
            "id": ids.new_id(), "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id,
            "project_id": lane.project_id, "lane_id": lane.id, "unit_id": unit_id, "why": why, "state": "open",
            "round": rounds.get(unit_id, 0) + 1, "judgment_ids": [], "note": "", "asked_at": now,
        }
        for unit_id, why in wanted
    ]  # fmt: skip
    insert_ignoring(session, Review, rows, ["org_id", "unit_id", "round"])
    session.execute(
        update(Unit).where(Unit.id.in_(unit_ids), Unit.state == "full").values(state="review"),
        execution_options={"synchronize_session": False},
    )


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
