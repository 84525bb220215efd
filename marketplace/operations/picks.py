"""The statements of a take: picks of a slot that cost the same at any size, and what they lock and move."""

from typing import Any

from sqlalchemy import Integer, Select, Update, bindparam, exists, or_, select, tuple_, update

from kernel.hot import Hot, table_of
from labeling.models import Item, opened_content
from marketplace.models import Assignment, LanePerson, Review, Slot, Unit

BAND_MOST = 50

_SLOT, _ASSIGNMENT, _PERSON = table_of(Slot), table_of(Assignment), table_of(LanePerson)
_ITEM, _UNIT, _REVIEW = table_of(Item), table_of(Unit), table_of(Review)
PLACE = Hot(
    select(_PERSON.c.id, _PERSON.c.cursor, _PERSON.c.route_epoch, _PERSON.c.taken).where(
        _PERSON.c.lane_id == bindparam("p_lane"), _PERSON.c.annotator_id == bindparam("p_annotator")
    )
)
MOVE = Hot(
    update(_PERSON)
    .where(_PERSON.c.id == bindparam("p_id"))
    .values(cursor=bindparam("p_cursor"), route_epoch=bindparam("p_epoch"), taken=bindparam("p_taken"))
)
_IN_LANE = _SLOT.c.lane_id == bindparam("p_lane")
_slot_key = tuple_(_SLOT.c.unit_id, _SLOT.c.slot_no)
_WITHIN_REACH = _SLOT.c.class_rank <= bindparam("p_reach", type_=Integer)
# Who was handed a unit has met it, and so has who reviewed it: they have read what everybody answered.
_MET = or_(
    exists().where(_ASSIGNMENT.c.unit_id == _SLOT.c.unit_id, _ASSIGNMENT.c.account_id == bindparam("p_account")),
    exists().where(
        _REVIEW.c.org_id == _SLOT.c.org_id,
        _REVIEW.c.unit_id == _SLOT.c.unit_id,
        _REVIEW.c.reviewer_id == bindparam("p_account"),
    ),
)


def _leasing(chosen: Select[Any], state: str) -> Hot[Update]:
    """Lease the chosen slot if it is still in this state; on PostgreSQL one that nobody else is about to take."""
    first = chosen.limit(1).with_for_update(skip_locked=True).scalar_subquery()
    return Hot(
        update(_SLOT)
        .where(
            _slot_key == first,
            _SLOT.c.state == state,
            _WITHIN_REACH,
            _SLOT.c.slot_no * bindparam("p_wanted", type_=Integer) > 0,
        )
        .values(state="leased", lease_until=bindparam("p_until"), back_at=None, assignment_id=bindparam("p_assignment"))
        .returning(_SLOT.c.unit_id, _SLOT.c.slot_no, _SLOT.c.route_key)
    )


# The same move for a slot that this transaction has locked or leased already, so that it cannot fail.
MOVE_SLOT = Hot(
    update(_SLOT)
    .where(
        _SLOT.c.unit_id == bindparam("p_unit"), _SLOT.c.slot_no == bindparam("p_slot"),
        _SLOT.c.state == bindparam("p_before"),
    )
    .values(
        state=bindparam("p_state"), lease_until=bindparam("p_until"), back_at=None,
        assignment_id=bindparam("p_assignment"),
    )
)  # fmt: skip
# What is due latest goes first: a unit that the planner placed at this very point, before those that a vendor assigned.
KEPT = _leasing(
    select(_SLOT.c.unit_id, _SLOT.c.slot_no)
    .where(
        _SLOT.c.kept_for == bindparam("p_annotator"),
        _IN_LANE,
        _SLOT.c.state == "kept",
        _SLOT.c.serve_from <= bindparam("p_taken"),
        _WITHIN_REACH,
        ~_MET,  # they may have got the same unit out of the band of what others gave back
    )
    .order_by(_SLOT.c.serve_from.desc()),
    "kept",
)
_BAND = (
    select(_SLOT.c.unit_id, _SLOT.c.slot_no)
    .where(_IN_LANE, _SLOT.c.back_at.is_not(None))
    .order_by(_SLOT.c.back_at)
    .limit(BAND_MOST)
)
RETURNED = _leasing(
    select(_SLOT.c.unit_id, _SLOT.c.slot_no)
    .where(_slot_key.in_(_BAND), _SLOT.c.state == "free", _WITHIN_REACH, ~_MET)
    .order_by(_SLOT.c.back_at),
    "free",
)
_FIRST = (
    select(_SLOT.c.unit_id, _SLOT.c.slot_no)
    .where(_IN_LANE, _SLOT.c.state == "free")
    .order_by(_SLOT.c.route_key)
    .limit(BAND_MOST)
)
OVERLOOKED = _leasing(
    select(_SLOT.c.unit_id, _SLOT.c.slot_no)
    .where(_slot_key.in_(_FIRST), _SLOT.c.state == "free", _WITHIN_REACH, ~_MET)
    .order_by(_SLOT.c.route_key),
    "free",
)
FREE = _leasing(
    select(_SLOT.c.unit_id, _SLOT.c.slot_no)
    .where(_IN_LANE, _SLOT.c.state == "free", _SLOT.c.route_key > bindparam("p_cursor"), _WITHIN_REACH, ~_MET)
    .order_by(_SLOT.c.route_key),
    "free",
)
AHEAD = Hot(
    select(
        _SLOT.c.unit_id, _SLOT.c.slot_no, _SLOT.c.serve_from, _ITEM.c.id, opened_content(_ITEM), _UNIT.c.classification
    )
    .select_from(_SLOT.join(_UNIT, _UNIT.c.id == _SLOT.c.unit_id).join(_ITEM, _ITEM.c.id == _UNIT.c.item_id))
    .where(
        _SLOT.c.kept_for == bindparam("p_annotator"), _IN_LANE, _SLOT.c.state == "kept",
        _SLOT.c.serve_from <= bindparam("p_taken"), _WITHIN_REACH, ~_MET,
    )
    .order_by(_SLOT.c.serve_from.desc())
    .limit(bindparam("p_most", type_=Integer))
    .with_for_update(of=_SLOT, skip_locked=True)
)  # fmt: skip
CONTENT = Hot(
    select(_ITEM.c.id, opened_content(_ITEM), _UNIT.c.classification)
    .select_from(_UNIT.join(_ITEM, _ITEM.c.id == _UNIT.c.item_id))
    .where(_UNIT.c.id == bindparam("p_unit"))
)
