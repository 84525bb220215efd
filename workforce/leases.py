"""Leases of work and of reviews end with the right to them: acts ask for it, whoever hands them out puts it in."""

from typing import Protocol

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port


class EndLeases(Protocol):
    """Ends what a person holds, in one lane or in all of their vendor's; returns how many leases that were."""

    def __call__(
        self, session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None
    ) -> int: ...


class EndReviews(Protocol):
    """Ends the reviews that an account holds for an organization; returns how many that were."""

    def __call__(self, session: Session, actor: Actor, account_id: str, org_id: str, *, cause: str) -> int: ...


def _nothing_to_end(
    session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None
) -> int:
    return 0


def _no_review_to_end(session: Session, actor: Actor, account_id: str, org_id: str, *, cause: str) -> int:
    return 0


_leases: Port[EndLeases] = Port("end of leases", _nothing_to_end)


_reviews: Port[EndReviews] = Port("end of reviews", _no_review_to_end)


def use_leases(end: EndLeases) -> None:
    """Let this function end leases from now on."""
    _leases.put(end)


def end_leases(session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None) -> int:
    """End what a person holds at once, in this transaction; what they have typed is still taken, as late."""
    return _leases.get()(session, actor, annotator_id, cause=cause, lane_id=lane_id)


def use_reviews(end: EndReviews) -> None:
    """Let this function end reviews from now on."""
    _reviews.put(end)


def end_reviews(session: Session, actor: Actor, account_id: str, org_id: str, *, cause: str) -> int:
    """Give back what an account has in hand to review for an organization, in this transaction."""
    return _reviews.get()(session, actor, account_id, org_id, cause=cause)
