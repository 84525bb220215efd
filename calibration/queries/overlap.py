"""What more judgments of a unit would buy in a lane, simulated with the accuracies of its own people."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Track
from calibration.queries.lanes import is_told_exactly
from calibration.rules.overlap import OverlapRule, simulate
from calibration.values import LaneFacts
from labeling.queries.content import ontology_of
from labeling.tasktypes import registry

RULES = (
    OverlapRule(1, 1), OverlapRule(3, 3), OverlapRule(5, 5), OverlapRule(2, 5, 0.90), OverlapRule(2, 5, 0.95),
)  # fmt: skip
MEASURED_FROM = 20
PEOPLE_MOST = 60
UNITS = 1000
SEED = 20260101


@dataclass(frozen=True, slots=True)
class OverlapLine:
    """One way to ask for judgments, with what it costs and gives; `target` is None where their number is fixed."""

    least: int
    most: int
    target: float | None
    judgments: float
    accuracy: float


def overlap_plan(session: Session, lane: LaneFacts) -> tuple[OverlapLine, ...]:
    """For who owns the lane, as they decide it: empty while too few people are known, and for open answers."""
    if lane.ontology_id is None or not is_told_exactly(session, [lane.org_id]):
        return ()
    ontology = ontology_of(session, lane.ontology_id)
    classes = registry.get(ontology.task_type).categories(ontology)
    rows = session.execute(
        select(Track.a, Track.b, Track.checked)
        .where(Track.lane_id == lane.id, Track.checked >= MEASURED_FROM)
        .order_by(Track.judged.desc(), Track.annotator_id)
        .limit(PEOPLE_MOST)
    ).all()
    if classes is None or len(classes) < 2 or len(rows) < max(rule.most for rule in RULES):
        return ()
    accuracies = [row.a / (row.a + row.b) for row in rows]
    gold = round(sum(row.checked for row in rows) / len(rows))
    return tuple(_line(rule, accuracies, len(classes), gold) for rule in RULES)


def _line(rule: OverlapRule, accuracies: list[float], classes: int, gold: int) -> OverlapLine:
    is_fixed = rule.least == rule.most
    found = simulate(rule, accuracies, classes, seed=SEED, units=UNITS, gold=gold, vote=is_fixed)
    target = None if is_fixed else rule.target
    return OverlapLine(rule.least, rule.most, target, found.judgments, found.accuracy)
