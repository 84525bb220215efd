"""Giving work back: skips, returns and leases that ran out; the slot comes back to its lane, the history stays."""

from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select, tuple_, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.db import insert_ignoring, now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.ids import new_id
from kernel.policy import Actor
from marketplace.models import Assignment, Lane, ProblemReport, Slot, Unit
from marketplace.policy import assignment_resource
from marketplace.rules.eligibility import open_classes
from marketplace.rules.work import ensure_transition, extended
from marketplace.values.work import ReportReason, SkipReason
from workforce.models import Annotator
from workforce.values import CLASSES, keeps_drafts_on_server_only

FOR_GOOD = frozenset({"standing:suspended", "standing:left"})  # who is paused comes back to what is kept for them


def own_assignment(session: Session, actor: Actor, assignment_id: str, action: str) -> Assignment:
    """The actor's assignment, locked for a change of state; raises NotFound for anybody else's."""
    found = session.scalars(
        select(Assignment).where(Assignment.id == assignment_id).with_for_update()
    ).one_or_none()  # fmt: skip
    if found is None:
        raise not_found()
    require(session, actor, action, assignment_resource(found))
    return found


def skip(session: Session, actor: Actor, assignment_id: str, *, reason: str, note: str = "") -> None:
    """Give a unit back for a reason; the person does not meet it again, and nothing is held against them."""
    if reason not in set(SkipReason):
        raise Invalid("skip.reason", _("Say why, with one of the reasons offered."), {"reason": _("Choose one.")})
    _give_back(session, actor, assignment_id, "skipped", reason, note)


def give_back(session: Session, actor: Actor, assignment_id: str) -> None:
    """Return a unit without a reason, at the end of a day's work."""
    _give_back(session, actor, assignment_id, "returned", None, "")


def _give_back(session: Session, actor: Actor, assignment_id: str, state: str, reason: str | None, note: str) -> None:
    assignment = own_assignment(session, actor, assignment_id, "assignment:skip")
    if assignment.state == state:
        return
    if assignment.state != "leased":
        raise Conflict("assignment.over", _("This unit is not in your hands any more."), state=assignment.state)
    ensure_transition(assignment.state, state)
    assignment.state, assignment.reason, assignment.note = state, reason, note[:2000] or None
    assignment.ended_at, assignment.draft, assignment.draft_at = now_of(session), None, None
    free_slots(session, [assignment.id])
    audit.record(
        session, actor, f"unit.{state}", "assignment", assignment.id, org_id=assignment.org_id,
        details={"reason": reason}, link=False,
    )  # fmt: skip


def report_problem(session: Session, actor: Actor, assignment_id: str, *, reason: str, note: str = "") -> None:
    """Tell what is wrong with a unit, and give it back if it is still in hand. Telling twice counts once."""
    assignment = own_assignment(session, actor, assignment_id, "assignment:skip")
    if reason not in set(ReportReason):
        raise Invalid(
            "report.reason", _("Say what is wrong, with one of the words offered."), {"reason": _("Choose one.")}
        )
    insert_ignoring(
        session, ProblemReport,
        [{
            "id": new_id(), "org_id": assignment.org_id, "vendor_org_id": assignment.vendor_org_id,
            "project_id": assignment.project_id, "unit_id": assignment.unit_id, "reason": reason,
            "annotator_id": assignment.annotator_id, "account_id": assignment.account_id,
            "note": note[:2000], "at": now_of(session),
        }],
        ["unit_id", "account_id"],
    )  # fmt: skip
    if assignment.state == "leased":
        _give_back(session, actor, assignment_id, "skipped", SkipReason.OTHER, note)


def extend_lease(session: Session, actor: Actor, assignment_id: str) -> Assignment:
    """The holder is still at it: the lease goes on, up to a hard end, under a new fencing number."""
    assignment = own_assignment(session, actor, assignment_id, "answer:submit")
    now = now_of(session)
    if assignment.state != "leased" or assignment.lease_until <= now:
        raise Conflict("assignment.expired", _("This unit is not in your hands any more. Your answer is still taken."))
    lane = session.get_one(Lane, assignment.lane_id)
    until = extended(assignment.leased_at, now, lane.lease_minutes)
    if until - assignment.lease_until > timedelta(seconds=60):
        assignment.lease_until, assignment.epoch = until, assignment.epoch + 1
        session.execute(
            update(Slot)
            .where(
                Slot.unit_id == assignment.unit_id,
                Slot.slot_no == assignment.slot_no,
                Slot.assignment_id == assignment.id,
                Slot.state == "leased",
            )
            .values(lease_until=until),
            execution_options={"synchronize_session": False},
        )
    return assignment


def expire_lane(session: Session, actor: Actor, lane_id: str, limit: int = 200) -> int:
    """Bring back slots of a lane whose lease has run out; returns how many. Validity itself needs no such tidying."""
    now = now_of(session)
    # The assignment is locked before its slot, as in every other act, and passed over if its holder is answering now.
    assignment_ids = list(
        session.scalars(
            select(Assignment.id)
            .join(Slot, Slot.assignment_id == Assignment.id)
            .where(
                Slot.lane_id == lane_id,
                Slot.state == "leased",
                Slot.lease_until <= now,
                Assignment.state == "leased",
            )
            .order_by(Slot.lease_until)
            .limit(limit)
            .with_for_update(of=Assignment, skip_locked=True)
        )
    )
    if not assignment_ids:
        return 0
    session.execute(
        update(Assignment)
        .where(Assignment.id.in_(assignment_ids), Assignment.state == "leased")
        .values(state="expired", ended_at=now),
        execution_options={"synchronize_session": False},
    )
    free_slots(session, assignment_ids)
    lane = session.get_one(Lane, lane_id)
    _drop_drafts(session, lane, assignment_ids)
    for assignment_id in assignment_ids:
        audit.record(session, actor, "unit.expired", "assignment", assignment_id, org_id=lane.org_id, link=False)
    return len(assignment_ids)


def _drop_drafts(session: Session, lane: Lane, assignment_ids: list[str]) -> None:
    """What was typed goes with the lease where the class of the lane or of the unit says so."""
    which: list[ColumnElement[bool]] = [Assignment.id.in_(assignment_ids), Assignment.draft_sealed.is_not(None)]
    if not keeps_drafts_on_server_only(lane.classification):
        kept = [name for name in CLASSES if not keeps_drafts_on_server_only(name)]
        theirs = select(Unit.id).where(Unit.id == Assignment.unit_id, Unit.classification.not_in(kept))
        which.append(theirs.exists())
    session.execute(
        update(Assignment).where(*which).values(draft_sealed=None, draft_at=None),
        execution_options={"synchronize_session": False},
    )


def end_leases(session: Session, actor: Actor, annotator_id: str, *, cause: str, lane_id: str | None = None) -> int:
    """End what a person holds, in one lane or in all, since the right to it has ended; returns how many leases.

    The places go to others at once. What the person had typed is still taken: as late, and paid.
    """
    # Whoever takes work locks this row first: a lease that is being made meanwhile is waited for, and ended as well.
    person = session.execute(
        select(Annotator.account_id, Annotator.clearance, Annotator.identity_verified_at)
        .where(Annotator.id == annotator_id)
        .with_for_update(key_share=True)  # two who have written a receipt of this person already would block each other
    ).one_or_none()
    if person is None:
        return 0
    theirs = [Assignment.account_id == person.account_id, Assignment.annotator_id == annotator_id]
    if cause == "clearance":  # which is no business of lanes that ask for less
        still = open_classes(person.clearance, has_identity=person.identity_verified_at is not None)
        theirs.append(
            or_(
                Assignment.lane_id.in_(select(Lane.id).where(Lane.classification.not_in(still))),
                exists().where(Unit.id == Assignment.unit_id, Unit.classification.not_in(still)),
            )
        )
    if lane_id is not None:
        theirs.append(Assignment.lane_id == lane_id)
    elif cause in FOR_GOOD:
        _free_kept(session, [Slot.kept_for == annotator_id])
    return _end(session, actor, theirs, cause)


def end_leases_of_project(session: Session, actor: Actor, project_id: str, *, cause: str) -> int:
    """End what anybody holds in the lanes of a project; returns how many leases."""
    lanes = select(Lane.id).where(Lane.project_id == project_id)
    _free_kept(session, [Slot.org_id == actor.org_id, Slot.lane_id.in_(lanes)])
    return _end(session, actor, [Assignment.org_id == actor.org_id, Assignment.lane_id.in_(lanes)], cause)


def end_leases_of_unit(session: Session, actor: Actor, unit_id: str, *, cause: str) -> int:
    """End what anybody holds of one unit; returns how many leases."""
    return _end(session, actor, [Assignment.unit_id == unit_id], cause)


def _free_kept(session: Session, which: list[ColumnElement[bool]]) -> None:
    """What is kept for somebody who does not come for it any more goes back to its lane."""
    session.execute(
        update(Slot).where(*which, Slot.state == "kept").values(state="free", kept_for=None, back_at=now_of(session)),
        execution_options={"synchronize_session": False},
    )


def _end(session: Session, actor: Actor, which: list[ColumnElement[bool]], cause: str) -> int:
    """End leases that run, and those that ran out while nobody else took the place, where an answer would count."""
    ended = session.execute(
        select(Assignment.id, Assignment.org_id, Assignment.state)
        .join(Slot, (Slot.unit_id == Assignment.unit_id) & (Slot.slot_no == Assignment.slot_no))
        .where(
            *which,
            Assignment.state.in_(("leased", "expired")),
            Slot.assignment_id == Assignment.id,
            Slot.state.in_(("leased", "free")),
        )
        .order_by(Assignment.id)
        .with_for_update(of=Assignment)
    ).all()
    if not ended:
        return 0
    for row in ended:
        ensure_transition(row.state, "returned")
    assignment_ids = [row.id for row in ended]
    session.execute(
        update(Assignment)
        .where(Assignment.id.in_(assignment_ids))
        .values(state="returned", ended_at=now_of(session), draft_sealed=None, draft_at=None),
        execution_options={"synchronize_session": False},
    )
    free_slots(session, assignment_ids)
    for row in ended:
        audit.record(
            session, actor, "unit.returned", "assignment", row.id, org_id=row.org_id, details={"cause": cause},
            link=False,
        )  # fmt: skip
    return len(ended)


def free_slots(session: Session, assignment_ids: list[str]) -> None:
    """The slots go to the band of what has come back; they still point at the last holder, whose answer counts."""
    slots = session.execute(
        select(Slot.unit_id, Slot.slot_no)
        .join(Assignment, (Assignment.unit_id == Slot.unit_id) & (Assignment.slot_no == Slot.slot_no))
        .where(Assignment.id.in_(assignment_ids), Slot.assignment_id == Assignment.id, Slot.state == "leased")
    ).all()
    if slots:
        session.execute(
            update(Slot)
            .where(tuple_(Slot.unit_id, Slot.slot_no).in_([tuple(slot) for slot in slots]), Slot.state == "leased")
            .values(state="free", back_at=now_of(session), lease_until=None, kept_for=None),
            execution_options={"synchronize_session": False},
        )
