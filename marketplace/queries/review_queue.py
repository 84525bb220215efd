"""The queue of reviews: what a reviewer holds, and what was asked for first. Asked of every unit, so made once."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from kernel.db import now_of
from kernel.policy import Actor
from kernel.walls import constant
from marketplace.models import Assignment, Lane, Review, Unit
from marketplace.queries.eligibility import readable_by


def asked_by(session: Session, actor: Actor) -> dict[str, Any]:
    """What the statements of the queue compare with."""
    readable = readable_by(session, actor)
    return {
        "p_org": actor.org_id, "p_account": actor.account_id, "p_now": now_of(session),
        "p_anywhere": sorted(readable.anywhere),
        "p_there": [(name, project) for name, found in readable.in_projects.items() for project in found],
    }  # fmt: skip


def _is_readable() -> ColumnElement[bool]:
    """Whether what a review's lane and its unit ask is met at this moment."""
    is_shut = exists().where(Unit.id == Review.unit_id, ~_is_open(Unit.classification))
    return and_(exists().where(Lane.id == Review.lane_id, _is_open(Lane.classification)), ~is_shut)


def _is_open(column: Any) -> ColumnElement[bool]:
    return or_(
        column.is_(None),
        column.in_(bindparam("p_anywhere", expanding=True)),
        tuple_(column, Review.project_id).in_(bindparam("p_there", expanding=True)),
    )


def is_vendors_side(actor: Actor) -> bool:
    """On which side of a review the actor stands; the indexes begin with it."""
    return actor.org_kind == "vendor"


def _is_mine(is_vendors: bool) -> ColumnElement[bool]:
    return (Review.vendor_org_id if is_vendors else Review.org_id) == bindparam("p_org")


@cache
def held_by(is_vendors: bool) -> Select[Review]:
    """What the actor holds and may go on reading."""
    wanted = select(Review).where(_is_mine(is_vendors), Review.state == "leased", _is_readable())
    wanted = wanted.where(Review.reviewer_id == bindparam("p_account"), Review.lease_until > bindparam("p_now"))
    return constant(wanted.limit(1))


@cache
def oldest(is_vendors: bool, of_lane: bool, *, was_leased: bool) -> Select[Review]:
    """The review that was asked for first, out of an index in that very order, so that a long queue costs no more."""
    own = exists().where(Assignment.unit_id == Review.unit_id, Assignment.account_id == bindparam("p_account"))
    earlier = aliased(Review)
    seen = exists().where(
        earlier.org_id == Review.org_id, earlier.unit_id == Review.unit_id, earlier.state == "done",
        earlier.reviewer_id == bindparam("p_account"),
    )  # fmt: skip
    # Whether somebody's own verdict was right is for somebody else to say.
    wanted = select(Review).where(_is_mine(is_vendors), _is_readable(), ~own, or_(Review.why != "second", ~seen))
    if of_lane:
        wanted = wanted.where(Review.lane_id == bindparam("p_lane"))
    if was_leased:
        wanted = wanted.where(Review.state == "leased", Review.lease_until <= bindparam("p_now"))
    else:
        wanted = wanted.where(Review.state == "open")
    return constant(wanted.order_by(Review.asked_at).limit(1).with_for_update(skip_locked=True))
