"""Counting fairness: to whom of a project's people what happened, by group and difficulty. System scope."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import Attempt, AttemptQuestion, FairnessCell, GateFiring, GoldKey, Grade, Track
from calibration.policy import GRADE_RUN
from calibration.rules.drawing import terciles
from calibration.rules.fairness import under_the_middle
from calibration.values import GateAction
from kernel import ids
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor
from payouts.queries.earnings import earned_in
from workforce.models import Account, Annotator, DecisionReceipt

MEASURED_FROM = 20
"""Answers after which somebody counts as having worked in a lane."""
OVERTURNED = "overturned"

_Who = tuple[str, str]  # lane and annotator


@dataclass(slots=True)
class _Happened:
    """Of one outcome: of how much it is a share, and how much of it there was."""

    n: int
    hits: int


def projects_at_work(session: Session, actor: Actor) -> list[str]:
    """Projects in which somebody was examined or has worked."""
    require(session, actor, GRADE_RUN)
    examined = session.scalars(select(Attempt.project_id).distinct())
    return sorted({*examined, *session.scalars(select(Track.project_id).distinct())})


def count_fairness(session: Session, actor: Actor, project_id: str) -> int:
    """Count a project anew; returns how many cells there are. What an appeal has undone did not happen."""
    require(session, actor, GRADE_RUN)
    happened = {
        "passed": _passed(session, project_id), "paused": _paused(session, project_id),
        "rejected": _rejected(session, project_id), "paid_less": _paid_less(session, project_id),
    }  # fmt: skip
    everybody = {who for each in happened.values() for who in each}
    met = _difficulty(session, project_id)
    thirds = terciles({"\n".join(who): met.get(who) for who in everybody})
    groups = _groups(session, everybody)
    cells: dict[tuple[str, str, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for outcome, of_people in happened.items():
        for who, each in of_people.items():
            for kind, name in groups[who]:
                cell = cells[outcome, kind, name, thirds["\n".join(who)]]
                cell[0] += each.hits
                cell[1] += each.n
                cell[2] += 1
    session.execute(
        delete(FairnessCell).where(FairnessCell.project_id == project_id),
        execution_options={"synchronize_session": False},
    )
    lane = next((found for who in everybody if (found := find_lane(session, who[0])) is not None), None)
    if cells and lane is not None:
        rows = [
            {
                "id": ids.new_id(), "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id,
                "project_id": project_id, "outcome": outcome, "kind": kind, "name": name, "third": third,
                "hits": hits, "n": n, "people": people, "counted_at": now_of(session),
            }
            for (outcome, kind, name, third), (hits, n, people) in sorted(cells.items())
        ]  # fmt: skip
        session.execute(insert(FairnessCell), rows)
    return len(cells)


def _passed(session: Session, project_id: str) -> dict[_Who, _Happened]:
    """The first go of everybody at a test."""
    rows = session.execute(
        select(Attempt.lane_id, Attempt.annotator_id, Attempt.state).where(
            Attempt.project_id == project_id, Attempt.number == 1, Attempt.state.in_(("passed", "failed"))
        )
    )
    return {(row[0], row[1]): _Happened(1, int(row.state == "passed")) for row in rows}


def _paused(session: Session, project_id: str) -> dict[_Who, _Happened]:
    """Whoever has worked, and whether a rule has paused them."""
    rows = session.execute(
        select(GateFiring.lane_id, GateFiring.annotator_id)
        .outerjoin(DecisionReceipt, DecisionReceipt.id == GateFiring.receipt_id)
        .where(
            GateFiring.project_id == project_id, GateFiring.action == GateAction.PAUSE,
            func.coalesce(DecisionReceipt.state, "") != OVERTURNED,
        )
    )  # fmt: skip
    paused = {(row[0], row[1]) for row in rows}
    worked = session.execute(
        select(Track.lane_id, Track.annotator_id).where(Track.project_id == project_id, Track.judged >= MEASURED_FROM)
    )
    return {who: _Happened(1, int(who in paused)) for who in {(row[0], row[1]) for row in worked} | paused}


def _rejected(session: Session, project_id: str) -> dict[_Who, _Happened]:
    """Everybody's answers, and how many of them were rejected."""
    judged = session.execute(
        select(Track.lane_id, Track.annotator_id, Track.judged).where(Track.project_id == project_id, Track.judged > 0)
    )
    found = {(row[0], row[1]): _Happened(int(row[2]), 0) for row in judged}
    lanes = {lane for lane, _annotator in found}
    rows = session.execute(
        select(DecisionReceipt.lane_id, DecisionReceipt.annotator_id, func.count())
        .where(
            DecisionReceipt.lane_id.in_(lanes), DecisionReceipt.kind == "work_rejected",
            DecisionReceipt.state != OVERTURNED,
        )
        .group_by(DecisionReceipt.lane_id, DecisionReceipt.annotator_id)
    )  # fmt: skip
    for lane_id, annotator_id, count in rows:
        each = found.get((str(lane_id), annotator_id))
        if each is not None:
            each.hits = min(each.n, int(count))
    return found


def _paid_less(session: Session, project_id: str) -> dict[_Who, _Happened]:
    """Whoever has worked, and whether an hour of theirs earned less than that of half of all, in the same currency.

    Pay that was rejected is none; time that was rejected counts. Rates differ by language on purpose or not: the gap
    between groups tells.
    """
    worked = session.execute(
        select(Track.lane_id, Track.annotator_id, Track.seconds).where(
            Track.project_id == project_id, Track.judged >= MEASURED_FROM, Track.seconds > 0
        )
    )
    hours = {(row[0], row[1]): row[2] / 3600 for row in worked}
    by_currency: dict[str, dict[str, float]] = defaultdict(dict)
    for lane_id, annotator_id, currency, micros in earned_in(session, project_id):
        if (lane_id, annotator_id) in hours:
            by_currency[currency][f"{lane_id}\n{annotator_id}"] = micros / hours[lane_id, annotator_id]
    found: dict[_Who, _Happened] = {}
    for hourly in by_currency.values():
        for who, is_under in under_the_middle(hourly).items():
            lane_id, annotator_id = who.split("\n")
            found[lane_id, annotator_id] = _Happened(1, int(is_under))
    return found


def _difficulty(session: Session, project_id: str) -> dict[_Who, float | None]:
    """How hard the measured questions were that each person met, in the exam and as checks, on the scale of all."""
    counted = func.sum(GoldKey.difficulty), func.count()
    exams = (
        select(Attempt.lane_id, Attempt.annotator_id, *counted)
        .join(AttemptQuestion, AttemptQuestion.attempt_id == Attempt.id)
        .join(GoldKey, (GoldKey.org_id == AttemptQuestion.org_id) & (GoldKey.item_id == AttemptQuestion.item_id))
        .where(
            Attempt.project_id == project_id, AttemptQuestion.stage == "exam", AttemptQuestion.score.is_not(None),
            GoldKey.difficulty.is_not(None),
        )
        .group_by(Attempt.lane_id, Attempt.annotator_id)
    )  # fmt: skip
    lanes = select(Track.lane_id).where(Track.project_id == project_id)
    checks = (
        select(Grade.lane_id, Grade.annotator_id, *counted)
        .join(GoldKey, (GoldKey.org_id == Grade.org_id) & (GoldKey.item_id == Grade.item_id))
        .where(Grade.lane_id.in_(lanes), Grade.is_void.is_(False), GoldKey.difficulty.is_not(None))
        .group_by(Grade.lane_id, Grade.annotator_id)
    )
    sums: dict[_Who, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for lane_id, annotator_id, total, count in (*session.execute(exams), *session.execute(checks)):
        sums[lane_id, annotator_id][0] += float(total)
        sums[lane_id, annotator_id][1] += count
    return {who: total / count for who, (total, count) in sums.items()}


def _groups(session: Session, everybody: Iterable[_Who]) -> dict[_Who, list[tuple[str, str]]]:
    """Each person's language in the lane, the country they live in and the language of their pages, where known."""
    known = set(everybody)
    locales = {lane: facts.locale for lane in {who[0] for who in known} if (facts := find_lane(session, lane))}
    people = sorted({who[1] for who in known})
    homes: dict[str, tuple[str | None, str | None]] = {}
    for start in range(0, len(people), 500):
        chunk = people[start : start + 500]
        rows = session.execute(
            select(Annotator.id, Annotator.country, Account.locale)
            .outerjoin(Account, Account.id == Annotator.account_id)
            .where(Annotator.id.in_(chunk))
        )
        homes |= {row.id: (row.country, row.locale) for row in rows}
    found: dict[_Who, list[tuple[str, str]]] = {}
    for who in known:
        country, language = homes.get(who[1], (None, None))
        named = [("locale", locales.get(who[0])), ("country", country), ("page", language)]
        found[who] = [(kind, name) for kind, name in named if name]
    return found
