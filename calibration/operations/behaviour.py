"""Behaviour: looking for signals in how people work, and what a person of the vendor decides about them.

Looking runs in the system's name and opens reviews, which change nothing for anybody. What follows is decided by a
person, with a reason; a pause needs two families of signals, and comes with a receipt that can be appealed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.models import BehaviourLook, BehaviourReview, Consensus, Judgment, Track, TrackDay
from calibration.operations.qualifications import hold_pause
from calibration.policy import BEHAVIOUR_DECIDE, GRADE_RUN, lane_resource
from calibration.queries.behaviour import rates_of
from calibration.queries.people import account_of
from calibration.rules import signals
from calibration.rules.intervals import wilson
from calibration.rules.signals import Sign
from calibration.values import BehaviourOutcome, LaneFacts
from i18n import _, ngettext
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.policy import Actor, Resource
from workforce.leases import end_leases
from workforce.operations.receipts import issue_receipt

BACK = timedelta(days=30)
ROWS_MOST = 20_000
EVIDENCE_MOST = 50
PROVEN_CHECKS = 40
PAUSE = timedelta(days=7)
RULE = "behaviour_review"
REASON = (10, 1000)
HEIGHTENED_UNITS = 50
CHUNK = 500  # parameters of one IN list


@dataclass(slots=True)
class _Work:
    """What the people of a lane did of late, person by person, the oldest first."""

    by_person: dict[str, list[Judgment]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[str, str] = field(default_factory=dict)  # unit -> category of its consensus


def lanes_at_work(session: Session, actor: Actor) -> list[str]:
    """Lanes in which somebody has worked since yesterday. System scope."""
    require(session, actor, GRADE_RUN)
    yesterday = (now_of(session) - timedelta(days=1)).date()
    return list(session.scalars(select(TrackDay.lane_id).where(TrackDay.day >= yesterday).distinct()))


def look_at_lane(session: Session, actor: Actor, lane_id: str) -> int:
    """Open a review for each signal among a lane's people; returns how many. Looking again opens nothing twice."""
    require(session, actor, GRADE_RUN)
    lane = lane_of(session, lane_id)
    work = _work_of(session, lane_id)
    proven = _proven(session, lane)
    earlier = _earlier(session, lane_id)
    known = {(row.signal, _people_of(row)) for row in earlier}
    opened = 0
    for signal, find in _FINDERS.items():
        found = find(work)
        honest = proven | _cleared(earlier, signal)
        flagged = honest & {person for people in found for person in people}
        _keep_look(session, lane, signal, len(flagged), len(honest))
        if signals.is_unfair(len(flagged), len(honest), *_elsewhere(session, lane, signal)):
            continue
        measured = _measured(len(flagged), len(honest))
        for people, (sign, evidence) in sorted(found.items()):
            if (signal, people) not in known:
                _open(session, actor, work, signal, people, sign, evidence, measured)
                opened += 1
    return opened


def decide_review(session: Session, actor: Actor, review_id: str, *, outcome: str, note: str) -> BehaviourOutcome:
    """What a person of the vendor makes of a signal: nothing, more checks for a while, or a pause with a receipt."""
    row = session.scalars(
        select(BehaviourReview).where(BehaviourReview.id == review_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise not_found()
    lane = lane_of(session, row.lane_id)
    require(session, actor, BEHAVIOUR_DECIDE, _resource(session, actor, lane, row))
    if row.decided_at is not None:
        raise Conflict("behaviour.decided", _("Somebody has decided about this already."))
    if outcome not in set(BehaviourOutcome):
        raise Invalid("behaviour.outcome", _("Say what follows."), {"outcome": _("Choose one.")})
    chosen, told = BehaviourOutcome(outcome), note.strip()
    if chosen is not BehaviourOutcome.NOTHING:
        _ensure_reason(told)
    if chosen is BehaviourOutcome.PAUSE:
        row.receipt_id = _pause(session, actor, lane, row, told)
    elif chosen is BehaviourOutcome.MORE_CHECKS:
        _heighten(session, row)
    row.outcome, row.note = chosen.value, told
    row.decided_at, row.decided_by = now_of(session), actor.account_id
    session.flush()
    audit.record(session, actor, "behaviour.decided", "behaviour_review", row.id, org_id=row.vendor_org_id,
                 details={"outcome": chosen.value, "signal": row.signal, "receipt": row.receipt_id})  # fmt: skip
    return chosen


def _resource(session: Session, actor: Actor, lane: LaneFacts, row: BehaviourReview) -> Resource:
    of_lane = lane_resource(session, actor, lane)
    return Resource(
        kind="behaviour_review", id=row.id, org_id=of_lane.org_id, vendor_org_id=of_lane.vendor_org_id,
        grant_rights=of_lane.grant_rights, author_account_id=account_of(session, row.annotator_id),
    )  # fmt: skip


def _work_of(session: Session, lane_id: str) -> _Work:
    work = _Work()
    rows = session.scalars(
        select(Judgment)
        .where(Judgment.lane_id == lane_id, Judgment.answered_at >= now_of(session) - BACK)
        .order_by(Judgment.answered_at.desc(), Judgment.id)
        .limit(ROWS_MOST)
    ).all()
    for row in reversed(rows):
        work.by_person[row.annotator_id].append(row)
    units = sorted({row.unit_id for row in rows})
    for start in range(0, len(units), CHUNK):
        labels = session.execute(
            select(Consensus.unit_id, Consensus.category).where(
                Consensus.unit_id.in_(units[start : start + CHUNK]), Consensus.lane_id == lane_id,
                Consensus.category.is_not(None),
            )
        )  # fmt: skip
        work.labels |= {row.unit_id: str(row.category) for row in labels}
    return work


_People = tuple[str, ...]
_Found = dict[_People, tuple[Sign, list[str]]]


def _speed(work: _Work) -> _Found:
    pace = signals.pace_of([float(row.seconds) for rows in work.by_person.values() for row in rows])
    found: _Found = {}
    for person, rows in work.by_person.items():
        sign = signals.too_fast([float(row.seconds) for row in rows], pace)
        if sign is not None:
            found[(person,)] = sign, [row.id for row in rows[-signals.LAST :]]
    return found


def _timing(work: _Work) -> _Found:
    times = {person: [float(row.seconds) for row in rows] for person, rows in work.by_person.items()}
    spreads = {person: spread for person, each in times.items() if (spread := signals.spread_of(each)) is not None}
    found: _Found = {}
    for person in spreads:
        sign = signals.too_regular(times[person], [spread for other, spread in spreads.items() if other != person])
        if sign is not None:
            found[(person,)] = sign, [row.id for row in work.by_person[person][-signals.LAST :]]
    return found


def _monotony(work: _Work) -> _Found:
    found: _Found = {}
    given = _by_unit(work)
    for person, rows in work.by_person.items():
        answers = [row.category for row in rows if row.category is not None]
        labels = Counter(_truth_without(work, row.unit_id, given.get(row.unit_id, {}), (person,)) for row in rows)
        known = {name: count for name, count in labels.items() if name is not None}
        shares = {name: count / sum(known.values()) for name, count in known.items()}
        sign = signals.monotony(answers, shares) if len(answers) == len(rows) and shares else None
        if sign is not None:
            found[(person,)] = sign, _run(rows)
    return found


def _run(rows: Sequence[Judgment]) -> list[str]:
    name, length = signals.longest_run([row.category or "" for row in rows])
    for start in range(len(rows) - length + 1):
        if all(row.category == name for row in rows[start : start + length]):
            return [row.id for row in rows[start : start + length]]
    return []


def _copying(work: _Work) -> _Found:
    """Pairs of people with the same wrong answers, against the majority of the others on each unit."""
    by_unit = _by_unit(work)
    common: dict[tuple[str, str], list[tuple[Judgment, Judgment, str]]] = defaultdict(list)
    for unit_id, given in by_unit.items():
        for pair in combinations(sorted(given), 2):
            truth = _truth_without(work, unit_id, given, pair)
            if truth is not None:
                common[pair].append((given[pair[0]], given[pair[1]], truth))
    enough = {pair: rows for pair, rows in common.items() if len(rows) >= signals.COMMON_LEAST}
    labels = sorted({row.category for given in by_unit.values() for row in given.values() if row.category})
    wrong = signals.wrong_answers(_against_labels(work, by_unit), labels)
    found: _Found = {}
    for both, shared in enough.items():
        first, second = [str(a.category) for a, _b, _t in shared], [str(b.category) for _a, b, _t in shared]
        sign = signals.same_mistakes(first, second, [truth for _a, _b, truth in shared], wrong, pairs=len(enough))
        if sign is not None:
            found[both] = sign, [a.id for a, b, truth in shared if a.category == b.category != truth]
    return found


def _by_unit(work: _Work) -> Mapping[str, dict[str, Judgment]]:
    """The answers of a closed set by unit and person."""
    found: dict[str, dict[str, Judgment]] = defaultdict(dict)
    for person, rows in work.by_person.items():
        for row in rows:
            if row.category is not None:
                found[row.unit_id][person] = row
    return found


def _truth_without(work: _Work, unit_id: str, given: Mapping[str, Judgment], people: _People) -> str | None:
    """What most of the others say, or with nobody else on the unit its label as inferred; None where they are even."""
    others = Counter(row.category for person, row in given.items() if person not in people).most_common(2)
    if not others:
        return work.labels.get(unit_id)
    return others[0][0] if len(others) == 1 or others[0][1] > others[1][1] else None


def _against_labels(work: _Work, by_unit: Mapping[str, Mapping[str, Judgment]]) -> list[tuple[str, str]]:
    return [
        (work.labels[unit_id], str(row.category))
        for unit_id, given in by_unit.items()
        if unit_id in work.labels
        for row in given.values()
    ]


_FINDERS: Mapping[str, Callable[[_Work], _Found]] = {
    "speed": _speed, "timing": _timing, "monotony": _monotony, "copying": _copying,
}  # fmt: skip


def _proven(session: Session, lane: LaneFacts) -> set[str]:
    """People whose accuracy is proven over many checks: whoever of them is flagged is flagged wrongly."""
    rows = session.execute(
        select(Track.annotator_id, Track.a, Track.b).where(Track.lane_id == lane.id, Track.checked >= PROVEN_CHECKS)
    )
    return {row.annotator_id for row in rows if row.a / (row.a + row.b) >= lane.quality_target}


def _measured(flagged: int, proven: int) -> dict[str, Any]:
    interval = wilson(flagged, proven)
    return {"people": proven, "flagged": flagged, "low": round(interval.lower, 4), "high": round(interval.upper, 4)}


def _keep_look(session: Session, lane: LaneFacts, signal: str, flagged: int, people: int) -> None:
    """Kept whether or not somebody is flagged: a lane where a signal flags nobody is what others are compared with."""
    session.merge(
        BehaviourLook(
            org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id, lane_id=lane.id,
            signal=signal, people=people, flagged=flagged, at=now_of(session),
        )
    )  # fmt: skip
    session.flush()


def _elsewhere(session: Session, lane: LaneFacts, signal: str) -> tuple[float, float]:
    """Of the honest people in all other lanes of the vendor, how many this signal flags, and how many there are.

    Where none have been looked at yet a prior stands in for them, so that the vendor's first lane has a brake too.
    """
    flagged, people = session.execute(
        select(func.sum(BehaviourLook.flagged), func.sum(BehaviourLook.people)).where(
            BehaviourLook.vendor_org_id == lane.vendor_org_id, BehaviourLook.signal == signal,
            BehaviourLook.at >= now_of(session) - BACK, BehaviourLook.lane_id != lane.id,
        )
    ).one()  # fmt: skip
    return (float(flagged or 0), float(people)) if people else signals.PRIOR_HONEST


def _earlier(session: Session, lane_id: str) -> Sequence[BehaviourReview]:
    """Signals of the lane that wait, or that a person has weighed within the time that is looked back on."""
    return session.scalars(
        select(BehaviourReview)
        .where(BehaviourReview.lane_id == lane_id, BehaviourReview.opened_at >= now_of(session) - BACK)
        .order_by(BehaviourReview.id)
    ).all()


def _people_of(row: BehaviourReview) -> _People:
    return (row.annotator_id,) if row.other_id is None else (row.annotator_id, row.other_id)


def _cleared(earlier: Sequence[BehaviourReview], signal: str) -> set[str]:
    """People of whom a person has found that this signal meant nothing: flagged wrongly, as reviews have shown."""
    empty = (row for row in earlier if row.signal == signal and row.outcome == BehaviourOutcome.NOTHING)
    return {person for row in empty for person in _people_of(row)}


def _open(
    session: Session, actor: Actor, work: _Work, signal: str, people: _People, sign: Sign, evidence: Sequence[str],
    measured: Mapping[str, Any],
) -> None:  # fmt: skip
    one = work.by_person[people[0]][0]
    row = BehaviourReview(
        id=ids.new_id(), org_id=one.org_id, vendor_org_id=one.vendor_org_id, project_id=one.project_id,
        lane_id=one.lane_id, annotator_id=people[0], other_id=people[1] if len(people) > 1 else None, signal=signal,
        figures={"signs": [asdict(sign)], "proven": dict(measured)},
        evidence=[{"kind": "judgment", "id": each} for each in evidence[:EVIDENCE_MOST]], opened_at=now_of(session),
        note="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "behaviour.opened", "behaviour_review", row.id, org_id=row.vendor_org_id,
                 details={"signal": signal})  # fmt: skip


def _pause(session: Session, actor: Actor, lane: LaneFacts, row: BehaviourReview, reason: str) -> str:
    rates = rates_of(session, row)
    if not signals.may_pause(rates):
        message = ngettext(
            "A pause needs signals of %(num)s kind at least, and together odds of 19 to 1.",
            "A pause needs signals of %(num)s kinds at least, and together odds of 19 to 1.",
            signals.FAMILIES_LEAST,
        )
        raise Conflict("behaviour.one_signal", message, signals=sorted(rates))
    until = now_of(session) + PAUSE
    receipt_id = issue_receipt(
        session, actor, annotator_id=row.annotator_id, kind="lane_paused", rule=RULE, rule_version="1",
        what=_("Your work in %(lane)s is paused until %(until)s.", lane=lane.name, until=until),
        why=_("A person of your vendor has looked at how you worked, after several signals of different kinds. They"
              " wrote: %(reason)s", reason=reason),
        way_back=_("The pause ends by itself. If you think that this is wrong, appeal: a person who did not decide it"
                   " will look at it. What you have earned stays yours, and is paid."),
        evidence=row.evidence, cause_kind="behaviour_review", cause_id=row.id, lane_id=lane.id, until_at=until,
    )  # fmt: skip
    hold_pause(session, actor, lane, row.annotator_id, account_of(session, row.annotator_id), until, receipt_id)
    audit.record(session, actor, "lane.paused", "behaviour_review", row.id, org_id=row.vendor_org_id,
                 details={"lane": lane.id, "receipt": receipt_id})  # fmt: skip
    end_leases(session, actor, row.annotator_id, lane_id=lane.id, cause="behaviour")
    return receipt_id


def _heighten(session: Session, row: BehaviourReview) -> None:
    track = session.scalars(
        select(Track).where(Track.lane_id == row.lane_id, Track.annotator_id == row.annotator_id).with_for_update()
    ).one_or_none()
    if track is not None:
        track.heightened_to = max(track.heightened_to, track.judged + HEIGHTENED_UNITS)


def _ensure_reason(note: str) -> None:
    least, most = REASON
    if not least <= len(note) <= most:
        message = _("Say what you saw, in %(least)s to %(most)s characters.", least=least, most=most)
        raise Invalid("behaviour.reason", message, {"note": message})
