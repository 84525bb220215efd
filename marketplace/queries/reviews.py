"""Reads of review: what waits, by lane and cause, and how good reviewers are."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.db import now_of, scope_of
from marketplace.models import Lane, Project, Review
from marketplace.rules.reviewers import ReviewerFigures, Verdict, figures
from workforce.models import Account, DecisionReceipt, Membership
from workforce.values import ReceiptKind, ReceiptState


@dataclass(frozen=True)
class ReviewCount:
    """How many reviews of a lane wait, and why."""

    lane_id: str
    project_name: str
    locale: str
    weak: int
    sample: int
    reported: int

    @property
    def total(self) -> int:
        return self.weak + self.sample + self.reported


def review_counts(session: Session) -> Sequence[ReviewCount]:
    """Waiting reviews by lane, most first; the index on open reviews bounds what is read."""
    rows = session.execute(
        select(Review.lane_id, Project.name, Lane.locale, Review.why, func.count())
        .join(Lane, Lane.id == Review.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .where(Review.state == "open")
        .group_by(Review.lane_id, Project.name, Lane.locale, Review.why)
    )
    found: dict[str, dict[str, int]] = {}
    heads: dict[str, tuple[str, str]] = {}
    for lane_id, name, locale, why, count in rows:
        found.setdefault(lane_id, {})[why] = count
        heads[lane_id] = (name, locale)
    counts = [
        ReviewCount(lane_id, *heads[lane_id], by_why.get("weak", 0), by_why.get("sample", 0), by_why.get("reported", 0))
        for lane_id, by_why in found.items()
    ]
    return sorted(counts, key=lambda row: -row.total)


@dataclass(frozen=True)
class ReviewerView:
    """A reviewer's figures with the name under which their own vendor knows them."""

    name: str
    figures: ReviewerFigures


REVIEWED_DAYS = 90


def reviewers_of(session: Session) -> Sequence[ReviewerView]:
    """The reviewers of a vendor over the last ninety days: their verdicts on appeal, and beside one another."""
    since = now_of(session) - timedelta(days=REVIEWED_DAYS)
    rows = session.execute(
        select(Review.unit_id, Review.round, Review.reviewer_id, Review.verdict, Review.label)
        .join(
            Membership, (Membership.account_id == Review.reviewer_id) & (Membership.org_id == scope_of(session).org_id)
        )
        .where(Review.vendor_org_id == scope_of(session).org_id, Review.state == "done", Review.done_at >= since)
    ).all()
    verdicts = [
        Verdict(row[0], row[1], row[2], row[3], None if row[4] is None else json.dumps(row[4], sort_keys=True))
        for row in rows
    ]
    rejected = _rejections(session, since)
    found = figures(
        Counter(each.reviewer_id for each in verdicts),
        Counter(who for who, _state in rejected),
        Counter(who for who, state in rejected if state == ReceiptState.OVERTURNED),
        verdicts,
    )
    names = {
        row.id: row.name
        for row in session.execute(
            select(Account.id, Account.name).where(Account.id.in_([each.reviewer_id for each in found]))
        )
    }
    return [ReviewerView(names[each.reviewer_id], each) for each in found if each.reviewer_id in names]


def _rejections(session: Session, since: datetime) -> list[tuple[str, str]]:
    """Who rejected an answer, and what became of that decision."""
    rows = session.execute(
        select(DecisionReceipt.decided_by, DecisionReceipt.state).where(
            DecisionReceipt.kind == ReceiptKind.WORK_REJECTED, DecisionReceipt.decided_at >= since,
            DecisionReceipt.decided_by.is_not(None),
        )
    )  # fmt: skip
    return [(who, state) for who, state in rows if who is not None]
