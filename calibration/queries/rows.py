"""The rows behind a lane's figures: weak labels, answers compared with gold, and decisions about people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from calibration.models import Consensus, Grade
from calibration.queries.people import pseudonyms
from calibration.queries.weeks import monday_of
from i18n import Message
from kernel.paging import Paging
from workforce.models import Annotator, DecisionReceipt

MOST_ROWS = 200
WEAK_BELOW = 0.9
_WEAKEST = Paging("weak", Consensus.confidence, Consensus.unit_id)
_SPLIT = Paging("split", Consensus.agreed, Consensus.unit_id)
_CHECKS = Paging("checks", Grade.at, Grade.id, newest_first=True)
_Later, _Earlier = aliased(Grade), aliased(Grade)
_DECISIONS = Paging("lane-decisions", DecisionReceipt.decided_at, DecisionReceipt.id, newest_first=True)


@dataclass(frozen=True, slots=True)
class WeakRow:
    """A unit whose label is not sure. How many answered it is not told: known units are answered more often."""

    unit_id: str
    category: str | None
    confidence: float
    at: datetime


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A unit whose answers differ: which label won, and which share of the pairs of its answers agrees."""

    unit_id: str
    category: str | None
    agreed: float
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckRow:
    """An answer that was compared with gold: what was right, what was given."""

    id: str
    item_id: str
    truth: str | None
    answer: str | None
    score: float
    pseudonym: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision about a person in a lane, with the state it is in."""

    receipt_id: str
    kind: str
    pseudonym: str
    what: Message
    state: str
    decided_at: datetime


def weak_units(
    session: Session, lane_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[WeakRow], str | None]:
    """The units of a lane whose labels are weak, the weakest first. Known units are sure, and so never among them."""
    limit = min(limit, MOST_ROWS)
    found = session.scalars(
        select(Consensus)
        .where(Consensus.lane_id == lane_id, Consensus.confidence < WEAK_BELOW, *_WEAKEST.after(after))
        .order_by(*_WEAKEST.order())
        .limit(limit + 1)
    ).all()
    rows, next_after = _WEAKEST.cut(found, limit)
    return [WeakRow(row.unit_id, row.category, row.confidence, row.at) for row in rows], next_after


def split_units(
    session: Session, lane_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[SplitRow], str | None]:
    """The units of a lane that people answered differently, those they agree on least first."""
    limit = min(limit, MOST_ROWS)
    found = session.scalars(
        select(Consensus)
        .where(Consensus.lane_id == lane_id, Consensus.agreed < 1.0, *_SPLIT.after(after))
        .order_by(*_SPLIT.order())
        .limit(limit + 1)
    ).all()
    rows, next_after = _SPLIT.cut(found, limit)
    return [SplitRow(row.unit_id, row.category, row.agreed or 0.0, row.at) for row in rows], next_after


def checks_of(
    session: Session, lane_id: str, *, truth: str | None = None, answer: str | None = None, week: date | None = None,
    after: str | None = None, limit: int = 50,
) -> tuple[list[CheckRow], str | None]:  # fmt: skip
    """What was compared with gold in a lane: of one cell of its matrix, or of the week of a day, where they are named.

    The newest grade of an answer counts, in the week in which it was first compared, as in the lane's weeks.
    """
    limit = min(limit, MOST_ROWS)
    is_replaced = (
        select(_Later.id).where(_Later.judgment_id == Grade.judgment_id, _Later.key_version > Grade.key_version)
    ).exists()
    wanted = [Grade.lane_id == lane_id, Grade.is_void.is_(False), ~is_replaced]
    wanted += [Grade.truth_category == truth] if truth else []
    wanted += [Grade.category == answer] if answer else []
    if week is not None:
        begins = datetime.combine(monday_of(week), time(), UTC)
        first_at = select(func.min(_Earlier.at)).where(_Earlier.judgment_id == Grade.judgment_id).scalar_subquery()
        wanted += [Grade.at >= begins, first_at >= begins, first_at < begins + timedelta(weeks=1)]
    found = session.scalars(
        select(Grade).where(*wanted, *_CHECKS.after(after)).order_by(*_CHECKS.order()).limit(limit + 1)
    ).all()
    rows, next_after = _CHECKS.cut(found, limit)
    names = pseudonyms(session, {row.annotator_id for row in rows})
    return [
        CheckRow(
            row.id, row.item_id, row.truth_category, row.category, row.score, names.get(row.annotator_id, ""), row.at
        )
        for row in rows
    ], next_after  # fmt: skip


def decisions_of(
    session: Session, lane_id: str, kind: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[DecisionRow], str | None]:
    """The vendor's decisions of one kind about people in a lane, the newest first."""
    limit = min(limit, MOST_ROWS)
    found = session.execute(
        select(DecisionReceipt, Annotator.pseudonym)
        .join(Annotator, (Annotator.id == DecisionReceipt.annotator_id) & (Annotator.org_id == DecisionReceipt.org_id))
        .where(DecisionReceipt.lane_id == lane_id, DecisionReceipt.kind == kind, *_DECISIONS.after(after))
        .order_by(*_DECISIONS.order())
        .limit(limit + 1)
    ).all()
    rows, next_after = _DECISIONS.cut(found, limit)
    return [
        DecisionRow(row.id, row.kind, pseudonym, Message.from_json(row.what), row.state, row.decided_at)
        for row, pseudonym in rows
    ], next_after  # fmt: skip
