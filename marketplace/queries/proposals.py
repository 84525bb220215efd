"""Reads of gold from settled units: which are sure enough, and what was proposed. Only in a scope that reads gold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from calibration.models import Consensus, Dispute, GoldKey, GoldProposal, Judgment, Track
from kernel.paging import Paging
from labeling.models import Item
from marketplace.models import Assignment, Lane, ProblemReport, Review, Unit
from marketplace.rules.proposals import CONFIDENCE_LEAST, PEOPLE_LEAST, PROVEN_CHECKS, PROVEN_LEAST

LOOKED_AT = 400
_BY_ID = Paging("proposal", GoldProposal.id)


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with what its unit holds."""

    id: str
    lane_id: str
    locale: str
    unit_id: str
    item_id: str
    label: dict[str, Any]
    category: str
    confidence: float
    people: int
    proven: int
    answers: int
    third: int
    content: dict[str, Any]
    proposed_at: datetime


def proposals_of(
    session: Session, project_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[ProposalView], str | None]:
    """The proposals of a project that wait, page by page."""
    most = min(limit, 200)
    rows, next_after = _BY_ID.cut(
        session.execute(
            select(GoldProposal, Item.content, Lane.locale)
            .join(Item, (Item.org_id == GoldProposal.org_id) & (Item.id == GoldProposal.item_id))
            .join(Lane, Lane.id == GoldProposal.lane_id)
            .where(GoldProposal.project_id == project_id, GoldProposal.state == "open", *_BY_ID.after(after))
            .order_by(*_BY_ID.order())
            .limit(most + 1)
        ).all(),
        most,
    )
    found = [
        ProposalView(
            row.id, row.lane_id, locale, row.unit_id, row.item_id, row.label, row.category, row.confidence, row.people,
            row.proven, row.answers, row.third, content, row.proposed_at,
        )
        for row, content, locale in rows
    ]  # fmt: skip
    return found, next_after


def waiting_in(session: Session, lane_id: str) -> int:
    """How many proposals of a lane wait."""
    found = select(func.count()).where(GoldProposal.lane_id == lane_id, GoldProposal.state == "open")
    return session.scalar(found.select_from(GoldProposal)) or 0


@dataclass(frozen=True, slots=True)
class Sure:
    """A settled unit whose label is sure, with who is behind it."""

    unit_id: str
    item_id: str
    label: dict[str, Any]
    category: str
    confidence: float
    answers: int
    people: int
    proven: int
    seconds: float


def sure_units(session: Session, lane: Lane) -> list[Sure]:
    """Settled units of a lane that nobody doubted and that were never gold nor proposed; at most some hundreds."""
    return _as_sure(session.execute(_sure(lane).limit(LOOKED_AT)))


def _as_sure(rows: Iterable[Any]) -> list[Sure]:
    return [
        Sure(row.id, row.item_id, row.label, row.category, row.confidence, row.answers, row.people, row.proven,
             float(row.seconds))
        for row in rows
        if row.label == row.inferred
    ]  # fmt: skip


def never_reviewed(session: Session, lane: Lane, limit: int) -> list[Sure]:
    """Sure units that nobody has reviewed, in no order that says anything."""
    seen = select(Review.id).where(Review.org_id == Unit.org_id, Review.unit_id == Unit.id)
    rows = session.execute(_sure(lane).where(~seen.exists()).limit(limit))
    return _as_sure(rows)


def still_sure(session: Session, unit_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of proposed units those that are still settled and undoubted, with their label."""
    rows = session.execute(select(Unit.id, Unit.label).where(Unit.id.in_(unit_ids), *_undoubted()))
    return {row.id: row.label for row in rows}


def who_met(session: Session, item_ids: Sequence[str]) -> list[tuple[str, str]]:
    """(account, item) of everybody who had one of these items before them: to answer, to skip, to report or review."""
    found: set[tuple[str, str]] = set()
    for table, account in ((Assignment, Assignment.account_id), (ProblemReport, ProblemReport.account_id),
                           (Review, Review.reviewer_id)):  # fmt: skip
        rows = session.execute(
            select(account, Unit.item_id)
            .select_from(table)
            .join(Unit, (Unit.org_id == table.org_id) & (Unit.id == table.unit_id))
            .where(Unit.item_id.in_(item_ids), account.is_not(None))
            .distinct()
        )
        found |= {(str(row[0]), row[1]) for row in rows}
    return sorted(found)


def _sure(lane: Lane) -> Select[Any]:
    counted = (Judgment.unit_id == Unit.id, Judgment.org_id == Unit.org_id, Judgment.is_late.is_(False))
    same = (*counted, Judgment.category == Consensus.category)
    answers = select(func.count()).select_from(Judgment).where(*counted).scalar_subquery()
    seconds = select(func.avg(Judgment.seconds)).where(*counted).scalar_subquery()
    people = select(func.count(func.distinct(Judgment.account_id))).where(*same).scalar_subquery()
    proven = (
        select(func.count(func.distinct(Judgment.account_id)))
        .join(Track, (Track.lane_id == Judgment.lane_id) & (Track.annotator_id == Judgment.annotator_id))
        .where(*same, Track.checked >= PROVEN_CHECKS, Track.a >= lane.quality_target * (Track.a + Track.b))
        .scalar_subquery()
    )
    return (
        select(
            Unit.id, Unit.item_id, Unit.label, Consensus.label.label("inferred"), Consensus.category,
            Consensus.confidence, answers.label("answers"), people.label("people"), proven.label("proven"),
            seconds.label("seconds"),
        )
        .join(Consensus, (Consensus.org_id == Unit.org_id) & (Consensus.unit_id == Unit.id))
        .where(
            Consensus.lane_id == lane.id, Consensus.confidence >= CONFIDENCE_LEAST,
            Consensus.judgments >= PEOPLE_LEAST, Consensus.category.is_not(None), people >= PEOPLE_LEAST,
            proven >= PROVEN_LEAST, *_undoubted(), ~_is_there(GoldKey), ~_is_there(GoldProposal),
        )
        .order_by(Consensus.id)
    )  # fmt: skip


def _undoubted() -> tuple[ColumnElement[bool], ...]:
    """Settled, reported by nobody, contested by nobody, and by every reviewer who looked found right."""
    reported = select(ProblemReport.id).where(ProblemReport.org_id == Unit.org_id, ProblemReport.unit_id == Unit.id)
    reviewed = select(Review.id).where(
        Review.org_id == Unit.org_id, Review.unit_id == Unit.id,
        Review.planted.is_(None), (Review.state != "done") | (Review.verdict != "accept"),
    )  # fmt: skip
    return Unit.state == "settled", ~reported.exists(), ~reviewed.exists(), ~_is_there(Dispute)


def _is_there(table: type[GoldKey | GoldProposal | Dispute]) -> ColumnElement[bool]:
    return select(table.id).where(table.org_id == Unit.org_id, table.item_id == Unit.item_id).exists()
