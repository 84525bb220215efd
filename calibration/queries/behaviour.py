"""Signals in behaviour as a vendor's people see them: the queue, one with its evidence, how sure they are together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from calibration.models import BehaviourReview, Judgment
from calibration.queries.people import pseudonyms
from calibration.rules import signals
from calibration.rules.signals import Sign
from calibration.values import BehaviourOutcome
from kernel.db import now_of
from kernel.paging import Paging

TOGETHER = timedelta(days=90)
MOST_ROWS = 200
_OLDEST = Paging("signals", BehaviourReview.opened_at, BehaviourReview.id)
_DECIDED = Paging("signals-decided", BehaviourReview.decided_at, BehaviourReview.id, newest_first=True)


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A line of the queue."""

    id: str
    lane_id: str
    signal: str
    pseudonym: str
    other: str | None
    signs: tuple[Sign, ...]
    proven: Mapping[str, Any]  # people with proven accuracy, how many of them are flagged, and the interval
    opened_at: datetime
    outcome: BehaviourOutcome | None
    note: str
    decided_at: datetime | None
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """One of the answers that a signal rests on. Whether any of them was a check is nobody's business here."""

    judgment_id: str
    category: str | None
    seconds: int
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class SignalCase:
    """A signal with its evidence, the person's others, and whether they would do for a pause."""

    row: SignalRow
    evidence: tuple[Given, ...]
    beside: tuple[SignalRow, ...]
    odds: float
    may_pause: bool


def signal_list(
    session: Session, *, is_open: bool, after: str | None = None, limit: int = 25
) -> tuple[list[SignalRow], str | None]:
    """Signals that wait, the oldest first, or those that were decided, the latest first."""
    limit, of = min(limit, MOST_ROWS), BehaviourReview
    paging = _OLDEST if is_open else _DECIDED
    state = of.decided_at.is_(None) if is_open else of.decided_at.is_not(None)
    statement = select(of).where(state, *paging.after(after)).order_by(*paging.order()).limit(limit + 1)
    rows, next_after = paging.cut(session.scalars(statement).all(), limit)
    return _shown(session, rows), next_after


def find_signal(session: Session, review_id: str) -> BehaviourReview | None:
    """The row of a signal that this scope sees."""
    return session.scalars(select(BehaviourReview).where(BehaviourReview.id == review_id)).one_or_none()


def signal_case(session: Session, row: BehaviourReview) -> SignalCase:
    """A signal with all that its decider should have before them."""
    wanted = [str(each["id"]) for each in row.evidence if each["kind"] == "judgment"]
    given = session.execute(
        select(Judgment.id, Judgment.category, Judgment.seconds, Judgment.answered_at)
        .where(Judgment.id.in_(wanted))
        .order_by(Judgment.answered_at, Judgment.id)
    )
    rates = rates_of(session, row)
    beside = [each for each in _of_person(session, row) if each.id != row.id]
    return SignalCase(
        _shown(session, [row])[0], tuple(Given(*each) for each in given), tuple(_shown(session, beside)),
        signals.odds(list(rates.values())), signals.may_pause(rates),
    )  # fmt: skip


def rates_of(session: Session, row: BehaviourReview) -> dict[str, float]:
    """How often honest people are flagged, by each kind of signal about this person that was not found empty."""
    rates: dict[str, float] = {}
    for each in _of_person(session, row):
        if each.outcome == BehaviourOutcome.NOTHING:
            continue
        proven = each.figures.get("proven", {})
        nominal = max((sign["false_positives"] for sign in each.figures.get("signs", ())), default=1.0)
        found = signals.rate(nominal, proven.get("flagged", 0), proven.get("people", 0))
        family = signals.FAMILIES.get(each.signal, each.signal)
        rates[family] = min(found, rates.get(family, 1.0))
    return rates


def _of_person(session: Session, row: BehaviourReview) -> Sequence[BehaviourReview]:
    return session.scalars(
        select(BehaviourReview)
        .where(
            BehaviourReview.lane_id == row.lane_id,
            or_(BehaviourReview.annotator_id == row.annotator_id, BehaviourReview.other_id == row.annotator_id),
            BehaviourReview.opened_at >= now_of(session) - TOGETHER,
        )
        .order_by(BehaviourReview.opened_at, BehaviourReview.id)
    ).all()


def _shown(session: Session, rows: Sequence[BehaviourReview]) -> list[SignalRow]:
    people = {each for row in rows for each in (row.annotator_id, row.other_id) if each}
    names = pseudonyms(session, people)
    return [
        SignalRow(
            id=row.id, lane_id=row.lane_id, signal=row.signal, pseudonym=names.get(row.annotator_id, ""),
            other=names.get(row.other_id) if row.other_id else None,
            signs=tuple(Sign(**sign) for sign in row.figures.get("signs", ())),
            proven=row.figures.get("proven", {}), opened_at=row.opened_at,
            outcome=BehaviourOutcome(row.outcome) if row.outcome else None, note=row.note,
            decided_at=row.decided_at, receipt_id=row.receipt_id,
        )
        for row in rows
    ]  # fmt: skip
