"""Taking a unit out of the work for good: nobody answers or reviews it any more, and what was answered is paid."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from calibration.models import GoldKey
from calibration.operations.gold import suspend_key
from i18n import _
from kernel import audit
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.policy import Actor
from marketplace.models import Assignment, ProblemReport, Review, Slot, Unit
from marketplace.operations.returning import end_leases_of_unit
from marketplace.operations.settling import hold_units
from marketplace.policy import client_unit_resource
from marketplace.values.actions import Action

LONGEST_REASON = 2_000
UNDER_WAY = ("open", "full", "review")


def cancel_unit(session: Session, actor: Actor, unit_id: str, *, reason: str) -> None:
    """Take one unit of the actor's organization out of the work, in a scope that reads gold.

    What somebody has in hand is taken back; what they had typed is still taken, as late, and paid. Reviews that wait
    are asked for no more, and known answers to it grade nobody. A label that is settled stays: releases and invoices
    rest on it.
    """
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, unit.project_id)
    require(session, actor, Action.UNIT_CANCEL, client_unit_resource(unit, rights))
    told = reason.strip()
    if not told or len(told) > LONGEST_REASON or "\0" in told:
        fault = _("Say why in at most %(most)s letters.", most=LONGEST_REASON)
        raise Invalid("unit.cancel_reason", fault, {"reason": fault})
    if not take_out(session, actor, unit, reason=told):
        raise _not_under_way(unit)
    suspend_keys(session, actor, [unit.item_id])


def _not_under_way(unit: Unit) -> Conflict:
    if unit.state == "settled":
        message = _("This unit is settled and stays: its label is part of what is released and invoiced.")
        return Conflict("unit.settled", message)
    return Conflict("unit.cancelled", _("This unit was taken out already."))


def take_out(session: Session, actor: Actor, unit: Unit, *, reason: str = "", cause: str = "") -> bool:
    """The same without asking for permission or for known answers; False where the unit is not under way."""
    # Held in the order of whoever answers, reviews or settles: what is on its way is waited for, and nobody gives the
    # unit another place or asks for a review of it once it is looked at.
    held = select(Assignment.id).where(Assignment.unit_id == unit.id, Assignment.state.in_(("leased", "expired")))
    session.scalars(held.order_by(Assignment.id).with_for_update()).all()
    waiting = (Review.unit_id == unit.id, Review.org_id == unit.org_id, Review.state != "done")
    session.scalars(select(Review.id).where(*waiting).order_by(Review.id).with_for_update()).all()
    hold_units(session, [unit.id])
    _close_slots(session, unit.id)
    returned = end_leases_of_unit(session, actor, unit.id, cause="cancelled")
    _close_slots(session, unit.id)
    session.execute(delete(Review).where(*waiting), execution_options={"synchronize_session": False})
    session.refresh(unit)
    if unit.state not in UNDER_WAY:
        return False
    unit.state = "cancelled"
    session.execute(
        update(ProblemReport)
        .where(ProblemReport.unit_id == unit.id, ProblemReport.closed_at.is_(None))
        .values(closed_at=now_of(session), closed_by=actor.account_id, answer="cancelled"),
        execution_options={"synchronize_session": False},
    )
    session.flush()
    audit.record(
        session, actor, "unit.cancelled", "unit", unit.id, org_id=unit.org_id, words=reason,
        details={"returned": returned, "cause": cause},
    )  # fmt: skip
    return True


def suspend_keys(session: Session, actor: Actor, item_ids: Sequence[str]) -> None:
    """Known answers to these items grade nobody any more, and what they gave is taken back."""
    keys = select(GoldKey.id).where(GoldKey.status == "active", GoldKey.item_id.in_(item_ids)).order_by(GoldKey.id)
    for key_id in session.scalars(keys).all():
        suspend_key(session, actor, key_id)


def _close_slots(session: Session, unit_id: str) -> None:
    session.execute(
        update(Slot)
        .where(Slot.unit_id == unit_id, Slot.state.in_(("free", "kept")))
        .values(state="closed", kept_for=None, back_at=None),
        execution_options={"synchronize_session": False},
    )
