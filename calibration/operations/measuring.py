"""Measuring questions as answers come in: how hard they are, how sharply they part people, where languages differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.inference.items import Dif, Estimated, Response, compare_groups
from calibration.lanes import find_lane
from calibration.models import Attempt, AttemptQuestion, GoldKey, Grade, Judgment
from calibration.operations.scoring import Scorer
from calibration.policy import GRADE_RUN
from calibration.values import LaneFacts
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor

RESPONSES_MOST = 200_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A key as it is measured: by its link where it has one, so that languages meet, and its own answers."""

    key: GoldKey
    name: str
    locale: str


def projects_to_measure(session: Session, actor: Actor) -> list[str]:
    """The projects that somebody was examined in."""
    require(session, actor, GRADE_RUN)
    return sorted(session.scalars(select(Attempt.project_id).distinct()))


def measure_project(session: Session, actor: Actor, project_id: str) -> int:
    """Estimate the questions of a project anew from every answer, and keep the figures; returns how many it told."""
    require(session, actor, GRADE_RUN)
    lanes = _lanes(session, project_id)
    asked = _asked(session, lanes)
    responses = _responses(session, lanes, asked)
    if not responses:
        return 0
    found, differences = compare_groups(responses, guess=_guessing(session, lanes, asked))
    return sum(_keep(session, each, found, differences) for each in asked.values())


def _lanes(session: Session, project_id: str) -> dict[str, LaneFacts]:
    """The lanes of a project that somebody was examined in: what was never asked has nothing to tell."""
    lane_ids = session.scalars(select(Attempt.lane_id).where(Attempt.project_id == project_id).distinct())
    found = {lane_id: find_lane(session, lane_id) for lane_id in lane_ids}
    return {lane_id: lane for lane_id, lane in found.items() if lane is not None and lane.ontology_id is not None}


def _asked(session: Session, lanes: Mapping[str, LaneFacts]) -> dict[str, _Asked]:
    """The keys of these lanes by item; what was put aside for being wrong is left out."""
    rows = session.scalars(
        select(GoldKey).where(
            GoldKey.lane_id.in_(list(lanes)), GoldKey.status != "suspended", GoldKey.voided.is_(False)
        )
    )
    return {row.item_id: _Asked(row, row.link or row.item_id, lanes[row.lane_id].locale) for row in rows}


def _responses(session: Session, lanes: Mapping[str, LaneFacts], asked: Mapping[str, _Asked]) -> list[Response]:
    """One answer of each person to each question: in an exam, or checked in live work."""
    scorer = Scorer(session)
    exams = session.execute(
        select(Attempt.account_id, AttemptQuestion.item_id, AttemptQuestion.score, Attempt.lane_id)
        .join(Attempt, Attempt.id == AttemptQuestion.attempt_id)
        .where(Attempt.lane_id.in_(list(lanes)), AttemptQuestion.stage == "exam", AttemptQuestion.score.is_not(None))
        .order_by(AttemptQuestion.answered_at.desc())
        .limit(RESPONSES_MOST)
    )
    live = session.execute(
        select(Judgment.account_id, Grade.item_id, Grade.score, Grade.lane_id)
        .join(Judgment, Judgment.id == Grade.judgment_id)
        .where(Grade.lane_id.in_(list(lanes)), Grade.is_void.is_(False))
        .order_by(Grade.at.desc())
        .limit(RESPONSES_MOST)
    )
    found: dict[tuple[str, str], Response] = {}
    for account_id, item_id, score, lane_id in (*exams, *live):
        key = asked.get(item_id)
        if key is not None:
            task_type, _ontology = scorer.schema(lanes[lane_id].ontology_id or "")
            right = task_type.counts_as_right(round(1.0 - (score or 0.0), 9))
            # Somebody who works in two languages is two people here: each language has its own form.
            person = f"{account_id}\n{key.locale}"
            found.setdefault((person, key.name), Response(person, key.locale, key.name, right))
    return list(found.values())


def _guessing(session: Session, lanes: Mapping[str, LaneFacts], asked: Mapping[str, _Asked]) -> dict[str, float]:
    """The share of lucky answers to each question: one in as many as may be given; none where they are not closed."""
    scorer = Scorer(session)
    found = {}
    for each in asked.values():
        task_type, ontology = scorer.schema(lanes[each.key.lane_id].ontology_id or "")
        answers = task_type.categories(ontology)
        found[each.name] = 1.0 / len(answers) if answers else 0.0
    return found


def _keep(session: Session, asked: _Asked, found: Estimated, differences: Sequence[Dif]) -> bool:
    figures = found.items.get(f"{asked.name}\n{asked.locale}") or found.items.get(asked.name)
    if figures is None:
        return False
    key = asked.key
    key.answers = figures.answers
    key.difficulty = round(figures.difficulty, 3) if figures.is_published else None
    key.discrimination = round(figures.discrimination, 3) if figures.is_published else None
    key.measured = {
        "error": round(figures.error, 3),
        "right": figures.right,
        "rest": None if figures.rest is None else round(figures.rest, 3),
        "miskeyed": figures.looks_miskeyed,
        "differs": [
            {
                "reference": each.reference, "focal": each.focal, "delta": round(each.delta, 2),
                "odds": round(each.odds, 3), "chi2": round(each.chi2, 2), "flagged": each.is_flagged,
            }
            for each in differences if each.item == asked.name
        ],
    }  # fmt: skip
    key.measured_at = now_of(session)
    return figures.is_published
