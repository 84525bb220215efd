"""Doubting keys: one that proven people keep contradicting stops counting by itself, until a person has looked."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import Dispute, GoldKey, Grade, Judgment, Track
from calibration.operations.disputes import open_by_people
from calibration.operations.scoring import Scorer
from calibration.policy import GRADE_RUN
from calibration.rules.doubt import CHECKED_LEAST, Doubt, Proven, doubt
from calibration.values import DisputeSource, LaneFacts
from kernel.guard import require
from kernel.policy import Actor

PEOPLE_MOST = 5000  # whose accuracies a lane's median is taken of


def doubt_keys(session: Session, actor: Actor, judgment_ids: Iterable[str]) -> list[str]:
    """Look at the live keys that these judgments have just contradicted; returns the disputes opened. System scope."""
    require(session, actor, GRADE_RUN)
    contradicted = select(Grade.item_id).where(
        Grade.judgment_id.in_(list(judgment_ids)), Grade.score < 1.0, Grade.is_void.is_(False)
    )
    keys = session.scalars(
        select(GoldKey)
        .where(GoldKey.item_id.in_(contradicted), GoldKey.pool == "live", GoldKey.status == "active")
        .order_by(GoldKey.id)
        .with_for_update()
    ).all()
    medians: dict[str, float | None] = {}
    opened = []
    for key in keys:
        lane = find_lane(session, key.lane_id)
        if lane is None or lane.ontology_id is None:
            continue
        if lane.id not in medians:
            medians[lane.id] = _median(session, lane.id)
        found = _doubted(session, actor, key, lane, medians[lane.id])
        if found is not None:
            opened.append(found)
    return opened


def _median(session: Session, lane_id: str) -> float | None:
    rows = session.execute(
        select(Track.a, Track.b).where(Track.lane_id == lane_id, Track.checked >= CHECKED_LEAST).limit(PEOPLE_MOST)
    ).all()
    return median(a / (a + b) for a, b in rows) if rows else None


def _doubted(session: Session, actor: Actor, key: GoldKey, lane: LaneFacts, middle: float | None) -> str | None:
    if middle is None:
        return None
    assert lane.ontology_id is not None
    task_type, ontology = Scorer(session).schema(lane.ontology_id)
    rows = _answers(session, key, middle)
    proven = [
        Proven(grade.category, task_type.counts_as_right(round(1.0 - grade.score, 9)), accuracy)
        for grade, _answer, accuracy in rows
    ]
    found = doubt(proven, key.category, len(ontology.classes) if key.category is not None else 0)
    if not found.is_serious:
        return None
    answer = _instead(found, [(grade, answer) for grade, answer, _accuracy in rows if grade.score < 1.0])
    return open_by_people(session, actor, key, lane, answer, _figures(found))


def _answers(session: Session, key: GoldKey, middle: float) -> list[tuple[Grade, dict[str, Any], float]]:
    """Graded answers of proven people to a key's item, without those that a person has weighed already."""
    weighed = session.scalar(
        select(func.max(Dispute.decided_at)).where(
            Dispute.item_id == key.item_id, Dispute.source == DisputeSource.PEOPLE.value
        )
    )
    statement = (
        select(Grade, Judgment.answer, Track.a, Track.b)
        .join(Judgment, (Judgment.org_id == Grade.org_id) & (Judgment.id == Grade.judgment_id))
        .join(Track, (Track.lane_id == Grade.lane_id) & (Track.annotator_id == Grade.annotator_id))
        .where(
            Grade.org_id == key.org_id,
            Grade.item_id == key.item_id,
            Grade.key_version == key.version,
            Grade.is_void.is_(False),
            Track.checked >= CHECKED_LEAST,
        )
        .order_by(Grade.at, Grade.id)
    )
    if weighed is not None:
        statement = statement.where(Judgment.answered_at > weighed)
    rows = [(grade, answer, a / (a + b)) for grade, answer, a, b in session.execute(statement)]
    return [row for row in rows if row[2] >= middle]


def _instead(found: Doubt, wrong: Sequence[tuple[Grade, dict[str, Any]]]) -> dict[str, Any]:
    """What proven people answer instead: the likeliest other class, or the answer that most of them gave."""
    if found.other is not None:
        return next(answer for grade, answer in wrong if grade.category == found.other)
    counted = Counter(json.dumps(answer, sort_keys=True) for _grade, answer in wrong)
    most: dict[str, Any] = json.loads(counted.most_common(1)[0][0])
    return most


def _figures(found: Doubt) -> dict[str, Any]:
    return {
        "answers": found.answers, "right": found.right, "expected": round(found.expected, 4),
        "probability": round(found.probability, 6), "sureness": round(found.sureness, 4),
    }  # fmt: skip
