"""What is known of a person: what they may do in a lane, how good they are, and what they are shown of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Result, bindparam, func, select
from sqlalchemy.orm import Session

from calibration.models import GateRule, Qualification, Track
from calibration.queries.gates import as_rule
from calibration.rules import gates, tracking
from calibration.rules.intervals import Interval, wilson
from calibration.values import DriftSignal, GateAction, QualificationView
from kernel.db import now_of
from kernel.hot import Hot, table_of
from workforce.models import Annotator, DecisionReceipt

DEFAULT_FLOOR = 0.8


@dataclass(frozen=True, slots=True)
class Person:
    """An annotator as calibration needs to know them."""

    annotator_id: str
    account_id: str
    org_id: str
    status: str


@dataclass(frozen=True, slots=True)
class TrackView:
    """One person's record in one lane. Not for the person's own eyes: see `ShownQuality`."""

    lane_id: str
    annotator_id: str
    judged: int
    checked: int
    right: float
    accuracy: float
    interval: Interval
    signal: DriftSignal
    peers: int
    peers_same: float
    seconds: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ShownQuality:
    """What a person sees of their quality in a lane: counts of work, and a figure that is coarse and a day old.

    `accuracy`, `low` and `high` are None until enough answers were checked; `checks` is rounded down to tens.
    """

    lane_id: str
    annotator_id: str
    judged: int
    seconds: int
    accuracy: float | None
    low: float | None
    high: float | None
    checks: int | None
    as_of: datetime | None
    qualification: QualificationView | None


def qualification_of(session: Session, lane_id: str, annotator_id: str, now: datetime) -> QualificationView | None:
    """What opens (or closes) this lane to this person at this moment, or None where there is nothing."""
    return qualifications_of(session, annotator_id, [lane_id], now).get(lane_id)


def qualifications_of(
    session: Session, annotator_id: str, lane_ids: Iterable[str], now: datetime
) -> dict[str, QualificationView]:
    """The same for many lanes at once, by lane."""
    rows = session.scalars(
        select(Qualification).where(
            Qualification.annotator_id == annotator_id, Qualification.lane_id.in_(list(lane_ids))
        )
    )
    return {row.lane_id: view_of(row, now) for row in rows}


def view_of(row: Qualification, now: datetime) -> QualificationView:
    """The row with its state at `now`."""
    return QualificationView(
        lane_id=row.lane_id,
        annotator_id=row.annotator_id,
        basis=row.basis,
        since_at=row.since_at,
        until_at=row.until_at,
        paused_until=row.paused_until,
        pause_receipt_id=row.pause_receipt_id,
        state=_state(row, now),
    )


def _state(row: Qualification, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.paused_until is not None and row.paused_until > now:
        return "paused"
    if row.until_at is not None and row.until_at <= now:
        return "expired"
    return "open"


def track_of(session: Session, lane_id: str, annotator_id: str) -> TrackView | None:
    """What is known of a person in a lane, or None before anything is."""
    row = _row(session, lane_id, annotator_id)
    return None if row is None else track_view(row)


def accuracy_of(session: Session, lane_id: str, annotator_id: str) -> float:
    """The accuracy to weigh a person's answer by; the prior's where nothing is known. One statement."""
    found = session.execute(
        select(Track.a, Track.b).where(Track.lane_id == lane_id, Track.annotator_id == annotator_id)
    ).one_or_none()
    start = tracking.start_track()
    return start.accuracy if found is None else found.a / (found.a + found.b)


def track_view(row: Track) -> TrackView:
    """A row as people with the right to it read it."""
    state = tracking.Track(a=row.a, b=row.b, n=row.checked, right=row.right, cusum=row.cusum)
    return TrackView(
        lane_id=row.lane_id,
        annotator_id=row.annotator_id,
        judged=row.judged,
        checked=row.checked,
        right=row.right,
        accuracy=state.accuracy,
        interval=tracking.interval(state),
        signal=state.signal,
        peers=row.peers,
        peers_same=row.peers_same,
        seconds=row.seconds,
        updated_at=row.updated_at,
    )


def gold_rate_of(session: Session, lane_id: str, annotator_id: str) -> float:
    """The share of checked units this person's next work should hold. For the planner, which nobody sees at work."""
    row = _row(session, lane_id, annotator_id)
    if row is None:
        return tracking.gold_rate(tracking.start_track(), DEFAULT_FLOOR, 0)
    pausing = [
        as_rule(rule)
        for rule in session.scalars(
            select(GateRule).where(GateRule.lane_id == lane_id, GateRule.is_active, GateRule.action == GateAction.PAUSE)
        )
    ]
    state = tracking.Track(a=row.a, b=row.b, n=row.checked, right=row.right, cusum=row.cusum)
    is_long_away = now_of(session) - row.updated_at > tracking.LONG_ABSENCE
    is_asked_for = row.judged < row.heightened_to
    heightened = is_long_away or is_asked_for or state.signal is not DriftSignal.NONE
    checked, judged = session.execute(
        select(func.sum(Track.checked), func.sum(Track.judged)).where(Track.lane_id == lane_id)
    ).one()
    over = tracking.is_over_budget(int(checked or 0), int(judged or 0))
    return tracking.gold_rate(
        state, max((rule.limit for rule in pausing), default=DEFAULT_FLOOR), row.judged, heightened=heightened,
        over_budget=over, awaited=any(gates.awaits_evidence(rule, state) for rule in pausing),
    )  # fmt: skip


def quality_of_person(session: Session, annotator_id: str, *, limit: int = 200) -> list[ShownQuality]:
    """What a person sees of their own quality, lane by lane, the most recent work first."""
    rows = session.scalars(
        select(Track)
        .where(Track.annotator_id == annotator_id)
        .order_by(Track.judged.desc(), Track.lane_id)
        .limit(limit)
    ).all()
    opened = qualifications_of(session, annotator_id, [row.lane_id for row in rows], now_of(session))
    return [_shown(row, opened.get(row.lane_id)) for row in rows]


@dataclass(frozen=True, slots=True)
class PoolQuality:
    """What may be told of the people of a pool in one lane together: the sum of what is told of each of them."""

    lane_id: str
    people: int
    answers: int
    accuracy: float
    interval: Interval


def quality_of_pool(session: Session, pool_id: str, *, limit: int) -> list[PoolQuality]:
    """How good the people of a pool are by lane, each counting by their checks, the most checked lanes first."""
    checks = Track.shown["checks"].as_float()
    rows = session.execute(
        select(
            Track.lane_id, func.count().label("people"), func.sum(Track.judged).label("answers"),
            func.sum(checks).label("checks"), func.sum(checks * Track.shown["accuracy"].as_float()).label("right"),
        )
        .join(Annotator, (Annotator.id == Track.annotator_id) & (Annotator.org_id == Track.vendor_org_id))
        .where(Annotator.pool_id == pool_id, Track.shown_at.is_not(None), checks > 0)
        .group_by(Track.lane_id)
        .order_by(func.sum(checks).desc(), Track.lane_id)
        .limit(limit)
    )  # fmt: skip
    return [
        PoolQuality(
            row.lane_id, row.people, int(row.answers), row.right / row.checks, wilson(row.right, round(row.checks))
        )
        for row in rows
    ]


def shown_in_lane(session: Session, lane_id: str, *, limit: int = 200) -> list[ShownQuality]:
    """The same snapshots for everybody in a lane, the busiest first: what a vendor sees of its people."""
    rows = session.scalars(
        select(Track).where(Track.lane_id == lane_id).order_by(Track.judged.desc(), Track.annotator_id).limit(limit)
    )
    return [_shown(row, None) for row in rows]


def surest_in_lane(session: Session, lane_id: str, least: float | None = None) -> list[ShownQuality]:
    """Of whom enough is known, by the lower end of their range, the highest first; `least` keeps to those not below.

    The lower end does not rank somebody first for three lucky answers.
    """
    rows = session.scalars(select(Track).where(Track.lane_id == lane_id, Track.shown_at.is_not(None)))
    known = [shown for row in rows if (shown := _shown(row, None)).low is not None]
    chosen = [each for each in known if least is None or (each.low or 0.0) >= least]
    return sorted(
        chosen, key=lambda each: (-(each.low or 0.0), -(each.accuracy or 0.0), -each.judged, each.annotator_id)
    )


def shown_of(session: Session, lane_id: str, annotator_ids: Iterable[str]) -> dict[str, ShownQuality]:
    """The same snapshots of these people, by person."""
    rows = session.scalars(select(Track).where(Track.lane_id == lane_id, Track.annotator_id.in_(list(annotator_ids))))
    return {row.annotator_id: _shown(row, None) for row in rows}


def _shown(row: Track, qualification: QualificationView | None) -> ShownQuality:
    shown = row.shown
    return ShownQuality(
        lane_id=row.lane_id,
        annotator_id=row.annotator_id,
        judged=row.judged,
        seconds=row.seconds,
        accuracy=shown.get("accuracy"),
        low=shown.get("low"),
        high=shown.get("high"),
        checks=shown.get("checks"),
        as_of=row.shown_at if shown else None,
        qualification=qualification,
    )


_PEOPLE = table_of(Annotator)
_PERSON = select(_PEOPLE.c.id, _PEOPLE.c.account_id, _PEOPLE.c.org_id, _PEOPLE.c.status)
_BY_ID = Hot(_PERSON.where(_PEOPLE.c.id == bindparam("p_person")))
_OF_ACCOUNT = Hot(_PERSON.where(_PEOPLE.c.account_id == bindparam("p_account"), _PEOPLE.c.org_id == bindparam("p_org")))


def person_of_account(session: Session, account_id: str | None, org_id: str | None) -> Person | None:
    """The working profile of an account with one vendor."""
    return _person(_OF_ACCOUNT.run(session, p_account=account_id, p_org=org_id))


def person_of(session: Session, annotator_id: str) -> Person | None:
    """The person behind an annotator's id."""
    return _person(_BY_ID.run(session, p_person=annotator_id))


def account_of(session: Session, annotator_id: str) -> str:
    """The account behind an annotator's id."""
    return session.scalars(select(Annotator.account_id).where(Annotator.id == annotator_id)).one()


def cause_of(session: Session, receipt_id: str) -> str | None:
    """What a decision was caused by."""
    return session.scalar(select(DecisionReceipt.cause_id).where(DecisionReceipt.id == receipt_id))


def receipt_by_cause(session: Session, kind: str, cause_id: str) -> str | None:
    """The receipt of a decision, found by its kind and cause."""
    return session.scalar(
        select(DecisionReceipt.id).where(DecisionReceipt.kind == kind, DecisionReceipt.cause_id == cause_id)
    )


def pseudonyms(session: Session, annotator_ids: Iterable[str]) -> dict[str, str]:
    """The names under which people appear to others."""
    rows = session.execute(select(Annotator.id, Annotator.pseudonym).where(Annotator.id.in_(list(annotator_ids))))
    return {row.id: row.pseudonym for row in rows}


def _person(found: Result[Any]) -> Person | None:
    row = found.one_or_none()
    return None if row is None else Person(row.id, row.account_id, row.org_id, row.status)


def _row(session: Session, lane_id: str, annotator_id: str) -> Track | None:
    return session.scalars(
        select(Track).where(Track.lane_id == lane_id, Track.annotator_id == annotator_id)
    ).one_or_none()
