"""Settling: full units get a consensus; weak ones and a random share go to review, the others are settled.

Where a lane's overlap is adaptive, a unit whose label is not sure enough asks for one more answer first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from calibration.models import Consensus
from calibration.operations import refitting
from calibration.operations.refitting import Transactions
from calibration.queries import items_with_keys
from calibration.queries.lanes import is_refit_due
from kernel import audit, ids
from kernel.db import insert_ignoring, now_of
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from marketplace.models import Lane, ProblemReport, Review, Slot, Unit
from marketplace.operations.corrections import note_changes
from marketplace.operations.planting import plant_reviews
from marketplace.rules.assurance import Assurance, overlap_rule
from workforce.values import rank_of

CHUNK = 500


@dataclass(frozen=True)
class SettleSummary:
    """What a round of settling did."""

    settled: int
    to_review: int
    asked_more: int = 0


def lanes_with_full_units(session: Session, actor: Actor, limit: int = 100) -> list[str]:
    """Lanes in which units wait for their consensus. System scope."""
    return list(
        session.scalars(
            select(Unit.lane_id).where(Unit.state == "full").group_by(Unit.lane_id).order_by(Unit.lane_id).limit(limit)
        )
    )


def settle_lane(work: Transactions, lane_id: str) -> SettleSummary:
    """Infer the lane's labels and settle its full units; system scope, as the keys anchor the inference.

    People are estimated anew where that is due; between two runs each unit's label comes of its answers and of what
    the last run found of those who gave them. Nothing is thought about in a transaction that writes, and each portion
    is one of its own. A unit goes to review when its consensus is weaker than the lane's bound, when somebody reported
    it, or when the draw takes it into the random sample; the draw depends on the unit alone, so that running again
    changes nothing.
    """
    with work.reading() as session:
        waiting = session.scalars(
            select(Unit.id).where(Unit.lane_id == lane_id, Unit.state == "full").order_by(Unit.id)
        ).all()
        is_due = bool(waiting) and is_refit_due(session, lane_id)
    if is_due:
        refitting.refit(work, lane_id)
    done = [(0, 0, 0)]
    for number, portion in enumerate(_chunks(waiting), start=1):
        if not is_due:
            refitting.update_units(work, lane_id, portion)
        with work.transaction() as session:
            done.append(_settle_portion(session, work.actor, lane_id, portion))
            work.advance(session, min(number * CHUNK, len(waiting)), len(waiting))
    return SettleSummary(*(sum(column) for column in zip(*done, strict=True)))


def _settle_portion(session: Session, actor: Actor, lane_id: str, unit_ids: Sequence[str]) -> tuple[int, int, int]:
    lane = session.get_one(Lane, lane_id)
    settled, to_review, more = _settle_chunk(session, lane, unit_ids)
    if settled or to_review or more:
        audit.record(
            session, actor, "units.settled", "lane", lane_id, org_id=lane.org_id,
            details={"settled": settled, "to_review": to_review, "asked_more": more}, link=False,
        )  # fmt: skip
    return settled, to_review, more


def _settle_chunk(session: Session, lane: Lane, unit_ids: Sequence[str]) -> tuple[int, int, int]:
    """Settle those of a list that are full still: another round may have been faster since the list was made."""
    rule = overlap_rule(Assurance(lane.overlap_least, lane.overlap_target), lane.overlap)
    if rule is not None:
        _hold_slots(session, unit_ids)
    rows = session.execute(
        select(Unit.id, Unit.item_id, Unit.answered, Consensus.label, Consensus.confidence)
        .join(Consensus, (Consensus.unit_id == Unit.id) & (Consensus.org_id == Unit.org_id))
        .where(Unit.id.in_(unit_ids), Unit.state == "full")
        .order_by(Unit.id)
        .with_for_update(of=Unit)
    ).all()
    keyed = items_with_keys(session, [row.item_id for row in rows])
    reported = set(
        session.scalars(
            select(ProblemReport.unit_id).where(ProblemReport.unit_id.in_(unit_ids), ProblemReport.closed_at.is_(None))
        )
    )
    settled: list[tuple[str, Any]] = []
    reviews: list[tuple[str, str]] = []
    unsure: list[str] = []
    for row in rows:
        is_known = row.item_id in keyed or row.id in reported
        if rule is not None and not is_known and not rule.is_enough(row.answered, row.confidence):
            unsure.append(row.id)
            continue
        why = None if row.item_id in keyed else _why_review(lane, row.id, row.confidence, row.id in reported)
        if why is None:
            settled.append((row.id, row.label))
        else:
            reviews.append((row.id, why))
    _settle(session, settled, "consensus")
    ask_reviews(session, lane, reviews)
    plant_reviews(session, lane, [unit_id for unit_id, _why in reviews])
    more = ask_more(session, lane.id, unsure, of=("full",), most=lane.overlap)
    return len(settled), len(reviews), len(more)


def ask_more(
    session: Session, lane_id: str, unit_ids: Sequence[str], *, of: Collection[str], most: int | None = None,
    is_back: bool = False,
) -> list[str]:  # fmt: skip
    """Give one more place to each of these units that is in one of the states `of` and has fewer than `most`.

    The place lies in the lane's random order, or in the band of what has come back. Returns the units that got one.
    """
    if not unit_ids:
        return []
    _hold_slots(session, unit_ids)
    wanted = select(Unit).where(Unit.id.in_(unit_ids), Unit.state.in_(of))
    if most is not None:
        wanted = wanted.where(Unit.overlap < most)
    units = session.scalars(
        wanted.order_by(Unit.id).with_for_update(), execution_options={"populate_existing": True}
    ).all()
    given = [unit.id for unit in units]
    if not given:
        return []
    session.execute(
        update(Slot).where(Slot.unit_id.in_(given)).values(overlap=Slot.overlap + 1),
        execution_options={"synchronize_session": False},
    )
    for unit in units:
        unit.overlap, unit.state = unit.overlap + 1, "open"
    session.flush()
    session.add_all(_place_of(unit, now_of(session) if is_back else None) for unit in units)
    if not is_back:
        begin_again(session, [lane_id])
    session.flush()
    return given


def _hold_slots(session: Session, unit_ids: Sequence[str]) -> None:
    """Lock the places of units before the units, as an answer does, lest the two wait for each other."""
    held = select(Slot.unit_id).where(Slot.unit_id.in_(unit_ids)).order_by(Slot.unit_id, Slot.slot_no)
    session.execute(held.with_for_update()).all()


def hold_units(session: Session, unit_ids: Sequence[str]) -> None:
    """Lock units with their places, so that nobody takes or answers one meanwhile."""
    _hold_slots(session, unit_ids)
    session.execute(select(Unit.id).where(Unit.id.in_(unit_ids)).order_by(Unit.id).with_for_update()).all()


def _place_of(unit: Unit, back_at: datetime | None) -> Slot:
    return Slot(
        unit_id=unit.id, slot_no=unit.overlap, org_id=unit.org_id, vendor_org_id=unit.vendor_org_id,
        project_id=unit.project_id, overlap=unit.overlap, lane_id=unit.lane_id, route_key=ids.new_route_key(),
        state="free", back_at=back_at, serve_from=0,
        class_rank=rank_of(unit.classification) if unit.classification else 0,
    )  # fmt: skip


def begin_again(session: Session, lane_ids: Iterable[str]) -> None:
    """New slots lie anywhere in the order, so that whoever has come far in it looks again from the start."""
    session.execute(update(Lane).where(Lane.id.in_(sorted(lane_ids))).values(route_epoch=Lane.route_epoch + 1))


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
        note_changes(session, dict(labels), source)
        _SETTLE.run_all(session, rows)


def ask_reviews(session: Session, lane: Lane, wanted: Iterable[tuple[str, str]], *, of: str = "full") -> None:
    """Open a review for each (unit, why), of units in state `of`; one that waits already is left as it is."""
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
        update(Unit).where(Unit.id.in_(unit_ids), Unit.state == of).values(state="review"),
        execution_options={"synchronize_session": False},
    )


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
