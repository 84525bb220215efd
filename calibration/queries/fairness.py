"""How tests, rules and rejections fall on the languages of a project, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import Attempt, GateFiring, Track
from calibration.rules.fairness import GroupShare, compare
from calibration.values import GateAction
from kernel.db import scope_of
from workforce.models import DecisionReceipt

MEASURED_FROM = 20
"""Answers after which somebody counts as having worked in a lane."""


@dataclass(frozen=True, slots=True)
class Fairness:
    """Shares by locale: of people who passed the test at their first go, who were paused, of answers rejected.

    Rejections are the vendor's to know; None for everybody else.
    """

    passed: tuple[GroupShare, ...]
    paused: tuple[GroupShare, ...]
    rejected: tuple[GroupShare, ...] | None

    @property
    def stands_apart(self) -> bool:
        """Whether any locale differs from the others by more than chance explains."""
        return any(row.stands_apart for rows in (self.passed, self.paused, self.rejected or ()) for row in rows)


def fairness_of(session: Session, project_id: str, owner_id: str) -> Fairness:
    """The lanes of a project compared, each by its locale."""
    passed = _by_lane(session, Attempt, project_id, Attempt.number == 1, Attempt.state == "passed")
    ended = _by_lane(session, Attempt, project_id, Attempt.number == 1, Attempt.state.in_(("passed", "failed")))
    worked = _by_lane(session, Track, project_id, Track.judged >= MEASURED_FROM)
    paused = _by_lane(session, GateFiring, project_id, GateFiring.action == GateAction.PAUSE)
    judged = dict(
        session.execute(
            select(Track.lane_id, func.sum(Track.judged)).where(Track.project_id == project_id).group_by(Track.lane_id)
        ).all()
    )
    lanes = {*ended, *worked, *judged}
    rejected = None if scope_of(session).org_id == owner_id else _rejected(session, lanes)
    locales = {lane: facts.locale for lane in lanes if (facts := find_lane(session, lane)) is not None}
    return Fairness(
        tuple(compare(_grouped(locales, passed, ended))),
        tuple(compare(_grouped(locales, paused, worked))),
        None if rejected is None else tuple(compare(_grouped(locales, rejected, judged))),
    )


def _by_lane(
    session: Session, table: type[Attempt | GateFiring | Track], project_id: str, *which: object
) -> dict[str, int]:
    """How many people, by lane."""
    rows = session.execute(
        select(table.lane_id, func.count(func.distinct(table.annotator_id)))
        .where(table.project_id == project_id, *which)  # type: ignore[arg-type]
        .group_by(table.lane_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def _rejected(session: Session, lanes: set[str]) -> dict[str, int]:
    rows = session.execute(
        select(DecisionReceipt.lane_id, func.count())
        .where(DecisionReceipt.lane_id.in_(lanes), DecisionReceipt.kind == "work_rejected")
        .group_by(DecisionReceipt.lane_id)
    )
    return {row[0]: int(row[1]) for row in rows if row[0] is not None}


def _grouped(locales: Mapping[str, str], hits: Mapping[str, int], of: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """By locale, at most as many hits as there are people: somebody paused early may have answered little."""
    found: dict[str, tuple[int, int]] = {}
    for lane, locale in locales.items():
        hit, n = found.get(locale, (0, 0))
        total = max(int(of.get(lane, 0)), hits.get(lane, 0))
        found[locale] = (hit + hits.get(lane, 0), n + total)
    return {locale: pair for locale, pair in found.items() if pair[1]}
