"""How good a lane's labels and people are: accuracy with intervals, per class, agreement, and what gets confused."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.inference.temperature import LEAST_GOLD
from calibration.lanes import find_lane
from calibration.models import Consensus, InferenceRun, Judgment, Track, TrackDay
from calibration.rules.blunting import blunt_counts, blunt_table
from calibration.rules.intervals import Interval, Weighted, weighted_by_shares, wilson
from calibration.values import RunView
from kernel.db import now_of, scope_of

PAIRS_MOST = 10
REFIT_SHARE = 0.05
REFIT_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """How often a class was recognised when it was the truth."""

    name: str
    checked: int
    recall: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often one class was taken for another, as a count and a share of the first."""

    truth: str
    answer: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class LaneQuality:
    """A lane's quality as one reader may see it.

    Whoever owns the lane sees exact figures. Its vendor sees what may be told of the days that are over (see
    `calibration.rules.blunting`), so that no figure moves when one particular unit is checked.
    """

    lane_id: str
    judgments: int
    people: int
    checked: int | None
    accuracy: float | None
    interval: Interval | None
    classes: tuple[ClassQuality, ...]
    confusions: tuple[Confusion, ...]
    table: Mapping[str, Mapping[str, int]]  # truth -> answer -> count
    run: RunView | None
    units: int
    mean_confidence: float | None
    weak_units: int
    weighted: Weighted | None  # the accuracy, each class counted as often as it occurs at work
    fit: Mapping[str, float] | None = None  # how well stated confidence fits held-out keys, for the lane's owner
    unfit: Mapping[str, int] | None = (
        None  # where it cannot be told yet: keys in the smaller half, and how many it takes
    )

    @property
    def alpha(self) -> float | None:
        return None if self.run is None else self.run.agreement.get("alpha")


def quality_of_lane(session: Session, lane_id: str, *, weak_below: float = 0.9) -> LaneQuality:
    """What is known of a lane's quality; exact for its owner and the system, blunt for everybody else."""
    rows = session.execute(
        select(Track.judged, Track.checked, Track.right, Track.confusion).where(Track.lane_id == lane_id)
    ).all()
    lane = find_lane(session, lane_id)
    is_exact = lane is not None and is_told_exactly(session, [lane.org_id])
    judgments, units, confidence, weak = _counts(session, lane_id, weak_below)
    if is_exact:
        checked, right = sum(row.checked for row in rows), sum(row.right for row in rows)
        confusion = _summed([row.confusion for row in rows])
    else:
        checked, right, confusion = told_of_lane(session, lane_id)
    run = newest_run(session, lane_id)
    told = run.parameters if run and is_exact else {}
    return LaneQuality(
        lane_id=lane_id,
        judgments=judgments,
        people=len(rows),
        checked=checked or None,
        accuracy=right / checked if checked else None,
        interval=wilson(right, checked) if checked else None,
        classes=_classes(confusion),
        confusions=_confusions(confusion),
        table=confusion,
        run=run,
        units=units,
        mean_confidence=confidence,
        weak_units=weak,
        weighted=_weighted(session, lane_id, confusion),
        fit={name: told[name] for name in ("ece", "brier", "temperature", "gold")} if "ece" in told else None,
        unfit=_unfit(told),
    )


def _unfit(told: Mapping[str, Any]) -> dict[str, int] | None:
    """Why the fit of stated confidence is not told: too few known labels in one of the two halves."""
    if "ece" in told or "smaller_half" not in told:
        return None
    return {"smaller_half": int(told["smaller_half"]), "least": LEAST_GOLD}


def is_told_exactly(session: Session, owners: Iterable[str]) -> bool:
    """Whether the reader owns all of these lanes, or is the system: only they are told what was checked and when."""
    scope = scope_of(session)
    return scope.is_system or all(owner == scope.org_id for owner in owners)


def told_of_lane(session: Session, lane_id: str) -> tuple[int, float, dict[str, dict[str, int]]]:
    """What people who do not own a lane may know of it: checks, right ones and confusion, as of yesterday's end."""
    today = now_of(session).astimezone(UTC).date()
    last = (
        select(TrackDay.annotator_id, func.max(TrackDay.day).label("day"))
        .where(TrackDay.lane_id == lane_id, TrackDay.day < today, TrackDay.graded_at.is_not(None))
        .group_by(TrackDay.annotator_id)
        .subquery()
    )
    rows = session.execute(
        select(TrackDay.checked, TrackDay.right, TrackDay.confusion)
        .join(last, (last.c.annotator_id == TrackDay.annotator_id) & (last.c.day == TrackDay.day))
        .where(TrackDay.lane_id == lane_id)
    ).all()
    counts = blunt_counts(sum(row.checked for row in rows), sum(row.right for row in rows))
    return *counts, blunt_table(_summed([row.confusion for row in rows]))


def newest_run(session: Session, lane_id: str) -> RunView | None:
    """The newest inference over a lane."""
    row = session.scalars(
        select(InferenceRun).where(InferenceRun.lane_id == lane_id).order_by(InferenceRun.at.desc()).limit(1)
    ).first()
    return None if row is None else run_view(row)


def last_temperature(session: Session, project_id: str, among: int = 50) -> float | None:
    """The temperature that was last fitted on keys in any lane of a project: what a lane with too few of them takes."""
    found = session.scalars(
        select(InferenceRun.parameters)
        .where(InferenceRun.project_id == project_id)
        .order_by(InferenceRun.at.desc(), InferenceRun.id)
        .limit(among)
    )
    return next((float(told["temperature"]) for told in found if told.get("temperature_fitted")), None)


def is_refit_due(session: Session, lane_id: str) -> bool:
    """Whether a lane's people have to be estimated anew: never done, a day old, or a twentieth more judgments."""
    run = newest_run(session, lane_id)
    if run is None or run.at <= now_of(session) - REFIT_AFTER:
        return True
    wanted = math.ceil(run.judgments * REFIT_SHARE)
    newer = select(Judgment.id).where(
        Judgment.lane_id == lane_id, Judgment.answered_at >= run.at, Judgment.is_late.is_(False)
    )
    found = session.scalar(select(func.count()).select_from(newer.limit(wanted).subquery()))
    return (found or 0) >= wanted


@dataclass(frozen=True, slots=True)
class LaneAgreement:
    """How well the people of one lane of a project agree, as of its newest inference."""

    lane_id: str
    locale: str
    alpha: float
    low: float | None
    high: float | None
    units: int


def agreement_across(session: Session, project_id: str) -> tuple[LaneAgreement, ...]:
    """The lanes of a project that this reader sees, by locale; those without two answers to a unit are left out."""
    newest = (
        select(InferenceRun.lane_id, func.max(InferenceRun.at).label("at"))
        .where(InferenceRun.project_id == project_id)
        .group_by(InferenceRun.lane_id)
        .subquery()
    )
    runs = session.execute(
        select(InferenceRun.lane_id, InferenceRun.agreement).join(
            newest, (newest.c.lane_id == InferenceRun.lane_id) & (newest.c.at == InferenceRun.at)
        )
    )
    found = {}
    for lane_id, told in runs:
        lane = find_lane(session, lane_id)
        if lane is not None and told.get("alpha") is not None:
            found[lane_id] = LaneAgreement(
                lane_id, lane.locale, told["alpha"], told.get("low"), told.get("high"), told["units"]
            )
    return tuple(sorted(found.values(), key=lambda each: (each.locale, each.lane_id)))


def run_view(row: InferenceRun) -> RunView:
    return RunView(
        id=row.id,
        lane_id=row.lane_id,
        method=row.method,
        parameters=row.parameters,
        judgments=row.judgments,
        units=row.units,
        iterations=row.iterations,
        converged=row.converged,
        skills=row.skills,
        agreement=row.agreement,
        at=row.at,
    )


@dataclass(frozen=True, slots=True)
class ConsensusView:
    """The label inferred for a unit."""

    unit_id: str
    item_id: str
    label: Mapping[str, Any]
    category: str | None
    majority_category: str | None
    confidence: float
    judgments: int
    at: datetime


def consensus_of(session: Session, lane_id: str, *, after: str | None = None, limit: int = 200) -> list[ConsensusView]:
    """The inferred labels of a lane, by unit id, page by page."""
    statement = select(Consensus).where(Consensus.lane_id == lane_id).order_by(Consensus.unit_id).limit(min(limit, 200))
    if after is not None:
        statement = statement.where(Consensus.unit_id > after)
    return [
        ConsensusView(
            unit_id=row.unit_id,
            item_id=row.item_id,
            label=row.label,
            category=row.category,
            majority_category=row.majority_category,
            confidence=row.confidence,
            judgments=row.judgments,
            at=row.at,
        )
        for row in session.scalars(statement)
    ]


def _counts(session: Session, lane_id: str, weak_below: float) -> tuple[int, int, float | None, int]:
    judgments = session.scalar(select(func.sum(Track.judged)).where(Track.lane_id == lane_id))
    units, confidence = session.execute(
        select(func.count(), func.avg(Consensus.confidence)).where(Consensus.lane_id == lane_id)
    ).one()
    weak = session.scalar(
        select(func.count()).select_from(Consensus).where(
            Consensus.lane_id == lane_id, Consensus.confidence < weak_below
        )
    )  # fmt: skip
    return int(judgments or 0), int(units), None if confidence is None else float(confidence), int(weak or 0)


def _weighted(session: Session, lane_id: str, confusion: Mapping[str, Mapping[str, int]]) -> Weighted | None:
    """By the shares of the classes among the labels inferred."""
    given = session.execute(
        select(Consensus.category, func.count())
        .where(Consensus.lane_id == lane_id, Consensus.category.is_not(None))
        .group_by(Consensus.category)
    ).all()
    total = sum(count for _name, count in given)
    shares = {str(name): count / total for name, count in given}
    checks = {truth: (row.get(truth, 0), sum(row.values())) for truth, row in confusion.items()}
    return weighted_by_shares(checks, shares)


def _summed(tables: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for table in tables:
        for truth, answers in table.items():
            row = total.setdefault(truth, {})
            for answer, count in answers.items():
                row[answer] = row.get(answer, 0) + count
    return total


def _classes(confusion: dict[str, dict[str, int]]) -> tuple[ClassQuality, ...]:
    found = []
    for truth, answers in sorted(confusion.items()):
        checked, right = sum(answers.values()), answers.get(truth, 0)
        if checked:
            found.append(ClassQuality(truth, checked, right / checked, wilson(right, checked)))
    return tuple(found)


def _confusions(confusion: dict[str, dict[str, int]]) -> tuple[Confusion, ...]:
    pairs = [
        Confusion(truth, answer, count, count / sum(answers.values()))
        for truth, answers in confusion.items()
        for answer, count in answers.items()
        if answer != truth and count
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.count, pair.truth, pair.answer))[:PAIRS_MOST])
