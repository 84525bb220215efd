"""Inference over a lane: reading its judgments, and writing runs, consensus and accuracy from peers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from calibration.inference.temperature import FALLBACK
from calibration.lanes import lane_of
from calibration.models import Consensus, InferenceRun, Judgment
from calibration.operations import peering
from calibration.operations.estimates import Collected, Estimate, Inferred, has_one_answer_each
from calibration.operations.scoring import Scorer
from calibration.policy import GRADE_RUN, INFERENCE_RUN, lane_resource
from calibration.queries.gold import anchors
from calibration.queries.lanes import last_temperature, run_view
from calibration.values import LaneFacts, RunView
from i18n import _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.guard import require
from kernel.policy import Actor
from labeling.models import Item

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = "dawid-skene"
_UPDATED = (
    "lane_id", "item_id", "run_id", "label", "category", "majority_category", "confidence", "agreed", "judgments", "at",
)  # fmt: skip


def ensure_may_infer(session: Session, actor: Actor, lane_id: str) -> None:
    """Ask before a run is put into the queue, where the system acts."""
    _lane(session, actor, lane_id)


def collect(session: Session, actor: Actor, lane_id: str, unit_ids: Sequence[str] | None = None) -> Collected:
    """The judgments of a lane, or of some of its units, that are not late, and the keys of these units.

    The transaction must be able to read gold (`Scope.system`, or the client's `with_gold`): known keys hold an
    estimate in place.
    """
    lane = _lane(session, actor, lane_id)
    assert lane.ontology_id is not None
    task_type, ontology = Scorer(session).schema(lane.ontology_id)
    is_closed = task_type.categories(ontology) is not None
    frame = _frame(session, lane_id, unit_ids, is_closed, with_answers=not has_one_answer_each(task_type, ontology))
    if frame.empty and unit_ids is None:
        raise Conflict("inference.no_judgments", _("There are no judgments in this lane yet."))
    known = anchors(session, lane_id)
    pairs = frame[["task", "item"]].drop_duplicates()
    truths = {task: known[item] for task, item in zip(pairs["task"], pairs["item"], strict=True) if item in known}
    # Between two runs the last one's temperature holds, so that none is looked for.
    fallback = (last_temperature(session, lane.project_id) if unit_ids is None else None) or FALLBACK
    return Collected(frame, truths, task_type, ontology, now_of(session), fallback)


def begin_run(session: Session, actor: Actor, lane_id: str, found: Estimate) -> RunView:
    """Write what a run found of the lane as a whole; the labels of its units follow, in portions."""
    run = _run(session, _lane(session, actor, lane_id), found)
    audit.record(
        session, actor, "inference.run", "inference_run", run.id, org_id=run.org_id,
        details={"lane": lane_id, "method": run.method, "units": run.units, "judgments": run.judgments},
    )  # fmt: skip
    return run_view(run)


def store_units(session: Session, actor: Actor, run: RunView, units: Iterable[Inferred], read_at: datetime) -> None:
    """Write the labels of units: those that a run found, or that came of later answers with its skills.

    A label that came of answers read later than `read_at` stays: whoever thought longest does not have the last word.
    """
    _upsert_consensus(session, _lane(session, actor, run.lane_id), run, units, read_at)


def end_run(session: Session, actor: Actor, lane_id: str) -> None:
    """Bring the accuracy of people from their peers up to this run."""
    _fit_peers(session, _lane(session, actor, lane_id))


def lanes_to_refit(session: Session, actor: Actor) -> list[str]:
    """Lanes with judgments that came after their newest run. System scope."""
    require(session, actor, GRADE_RUN)
    newest = (
        select(InferenceRun.lane_id, func.max(InferenceRun.at).label("at")).group_by(InferenceRun.lane_id).subquery()
    )
    later = exists().where(
        Judgment.lane_id == newest.c.lane_id, Judgment.answered_at > newest.c.at, Judgment.is_late.is_(False)
    )
    return list(session.scalars(select(newest.c.lane_id).where(later).order_by(newest.c.lane_id)))


def _lane(session: Session, actor: Actor, lane_id: str) -> LaneFacts:
    lane = lane_of(session, lane_id)
    require(session, actor, INFERENCE_RUN, lane_resource(session, actor, lane))
    if lane.ontology_id is None:
        raise Conflict("inference.no_schema", _("Publish a label schema for this lane first."))
    return lane


def _frame(
    session: Session, lane_id: str, unit_ids: Sequence[str] | None, is_closed: bool, *, with_answers: bool
) -> pd.DataFrame:
    import pandas as pd

    columns: list[Any] = [Judgment.unit_id, Judgment.annotator_id, Judgment.category, Judgment.item_id]
    columns += [Judgment.answer] if with_answers else []
    wanted = select(*columns).where(Judgment.lane_id == lane_id, Judgment.is_late.is_(False))
    if unit_ids is not None:
        wanted = wanted.where(Judgment.unit_id.in_(unit_ids))
    rows = session.execute(wanted.order_by(Judgment.answered_at, Judgment.id)).all()
    names = ["task", "worker", "label", "item", "answer"][: len(columns)]
    frame = pd.DataFrame.from_records([tuple(row) for row in rows], columns=names)
    if is_closed:
        return frame[frame["label"].notna()]
    contents = _contents(session, frame["item"].unique().tolist())
    return frame.assign(content=frame["item"].map(contents))


def _contents(session: Session, item_ids: list[str], size: int = 500) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(item_ids), size):
        rows = session.execute(select(Item.id, Item.content).where(Item.id.in_(item_ids[start : start + size])))
        found.update({row.id: row.content for row in rows})
    return found


def _run(session: Session, lane: LaneFacts, found: Estimate) -> InferenceRun:
    row = InferenceRun(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane.id, method=found.method, parameters=found.parameters,
        judgments=sum(unit.judgments for unit in found.units), units=len(found.units), iterations=found.iterations,
        converged=found.converged, skills={name: round(skill, 6) for name, skill in found.skills.items()},
        agreement=found.agreement, at=found.at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _upsert_consensus(
    session: Session, lane: LaneFacts, run: RunView, units: Iterable[Inferred], read_at: datetime
) -> None:
    rows = [
        {
            "id": ids.new_id(), "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id,
            "project_id": lane.project_id, "lane_id": lane.id, "unit_id": unit.unit_id, "item_id": unit.item_id,
            "run_id": run.id, "label": unit.label, "category": unit.category,
            "majority_category": unit.majority_category, "confidence": unit.confidence,
            "agreed": unit.agreed, "judgments": unit.judgments, "at": read_at,
        }
        for unit in units
    ]  # fmt: skip
    if rows:
        session.execute(_consensus_insert(session), rows)


def _consensus_insert(session: Session) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as dialect_insert
    else:
        from sqlalchemy.dialects.postgresql import insert as dialect_insert  # type: ignore[assignment]
    statement = dialect_insert(Consensus)
    changes = {name: statement.excluded[name] for name in _UPDATED}
    is_newer = Consensus.at <= statement.excluded.at
    return statement.on_conflict_do_update(index_elements=["org_id", "unit_id"], set_=changes, where=is_newer)


def _fit_peers(session: Session, lane: LaneFacts) -> None:
    """Accuracy from peers, as of this run."""
    task_type, ontology = Scorer(session).schema(lane.ontology_id or "")
    classes = task_type.categories(ontology)
    chance = 1.0 / len(classes) if classes else 1.0 - task_type.chance_distance(ontology)
    peering.fit_peers(session, lane.id, min(chance, 0.99))
