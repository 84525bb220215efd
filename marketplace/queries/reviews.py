"""Reads of review: what waits, by lane and cause, and how good reviewers are."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from kernel.db import now_of, scope_of
from marketplace.models import Lane, Project, Review
from marketplace.queries.facts import BY_LANE
from marketplace.rules.planting import Planted
from marketplace.rules.reviewers import Known, Measured, ReviewerFigures, Verdict, figures, on_known
from workforce.models import Account, DecisionReceipt, Membership
from workforce.values import ReceiptKind, ReceiptState

MOST_ROWS = 200
_WHY = ("weak", "sample", "reported", "rework", "second", "again")


@dataclass(frozen=True)
class ReviewCount:
    """How many reviews of a lane wait, and why."""

    lane_id: str
    project_name: str
    locale: str
    weak: int
    sample: int
    reported: int
    rework: int  # of rejected lots that are done again,
    second: int  # and the sample of those that were
    again: int  # answered by somebody while their error rate had risen

    @property
    def total(self) -> int:
        return self.weak + self.sample + self.reported + self.rework + self.second + self.again


def review_counts(
    session: Session, *, after: str | None = None, limit: int = 50
) -> tuple[list[ReviewCount], str | None]:
    """Waiting reviews by lane, in the order of projects and languages; the index on open reviews bounds the reading."""
    limit = min(limit, MOST_ROWS)
    waits = exists().where(Review.lane_id == Lane.id, Review.state == "open")
    statement = (
        select(Project.name, Lane.locale, Lane.id)
        .join(Project, Project.id == Lane.project_id)
        .where(waits, *BY_LANE.after(after))
        .order_by(*BY_LANE.order())
        .limit(limit + 1)
    )
    lanes, next_after = BY_LANE.cut(session.execute(statement).all(), limit)
    found: dict[str, dict[str, int]] = {}
    for lane_id, why, count in session.execute(
        select(Review.lane_id, Review.why, func.count())
        .where(Review.state == "open", Review.lane_id.in_([lane.id for lane in lanes]))
        .group_by(Review.lane_id, Review.why)
    ):
        found.setdefault(lane_id, {})[why] = count
    counts = [
        ReviewCount(lane.id, lane.name, lane.locale, *(found.get(lane.id, {}).get(why, 0) for why in _WHY))
        for lane in lanes
    ]
    return counts, next_after


@dataclass(frozen=True)
class ReviewerView:
    """A reviewer's figures with the name under which their own vendor knows them."""

    name: str
    figures: ReviewerFigures


REVIEWED_DAYS = 90


def reviewers_of(session: Session) -> Sequence[ReviewerView]:
    """An organization's reviewers over the last ninety days: on known units, on appeal, and beside one another."""
    since = now_of(session) - timedelta(days=REVIEWED_DAYS)
    rows = session.execute(
        select(Review.unit_id, Review.round, Review.reviewer_id, Review.verdict, Review.label, Review.planted)
        .join(
            Membership, (Membership.account_id == Review.reviewer_id) & (Membership.org_id == scope_of(session).org_id)
        )
        .where(_of_side(session), Review.state == "done", Review.done_at >= since)
    ).all()
    verdicts = [
        Verdict(row[0], row[1], row[2], row[3], None if row[4] is None else json.dumps(row[4], sort_keys=True))
        for row in rows
        if row.planted is None
    ]
    rejected = _rejections(session, since)
    found = figures(
        Counter(row.reviewer_id for row in rows),
        Counter(who for who, _state in rejected),
        Counter(who for who, state in rejected if state == ReceiptState.OVERTURNED),
        verdicts,
        _known(session, since),
    )
    names = {
        row.id: row.name
        for row in session.execute(
            select(Account.id, Account.name).where(Account.id.in_([each.reviewer_id for each in found]))
        )
    }
    return [ReviewerView(names[each.reviewer_id], each) for each in found if each.reviewer_id in names]


OWN_LEAST = 10
"""Known units after which a reviewer is told their own figures: with fewer, the figure would tell which they were."""


@dataclass(frozen=True)
class OwnFigures:
    """What known units say of oneself; None of what rests on too few."""

    caught: Measured | None
    alarmed: Measured | None


def own_figures(session: Session, account_id: str) -> OwnFigures:
    """A reviewer's own figures on known units, as of the end of yesterday."""
    since = now_of(session) - timedelta(days=REVIEWED_DAYS)
    caught, alarmed = on_known(_known(session, since, account_id))
    return OwnFigures(caught if caught.n >= OWN_LEAST else None, alarmed if alarmed.n >= OWN_LEAST else None)


def _known(session: Session, since: datetime, account_id: str | None = None) -> list[Known]:
    """Verdicts on known units up to the end of yesterday, lest a figure that moves tell which unit moved it."""
    today = now_of(session).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = select(Review.reviewer_id, Review.verdict, Review.planted).where(
        _of_side(session), Review.state == "done", Review.done_at >= since, Review.done_at < today,
        Review.planted.is_not(None), Review.reviewer_id.is_not(None),
    )  # fmt: skip
    if account_id is not None:
        wanted = wanted.where(Review.reviewer_id == account_id)
    return [
        Known(row.reviewer_id, Planted.from_json(row.planted).is_right, row.verdict == "accept")
        for row in session.execute(wanted)
    ]


def _of_side(session: Session) -> ColumnElement[bool]:
    """Reviews of one's own organization's work, whichever side of it that is."""
    org_id = scope_of(session).org_id
    return or_(Review.vendor_org_id == org_id, Review.org_id == org_id)


def _rejections(session: Session, since: datetime) -> list[tuple[str, str]]:
    """Who rejected an answer, and what became of that decision."""
    rows = session.execute(
        select(DecisionReceipt.decided_by, DecisionReceipt.state).where(
            DecisionReceipt.kind == ReceiptKind.WORK_REJECTED, DecisionReceipt.decided_at >= since,
            DecisionReceipt.decided_by.is_not(None),
        )
    )  # fmt: skip
    return [(who, state) for who, state in rows if who is not None]
