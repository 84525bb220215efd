"""Qualifications: what opens a lane to a person, and how that is taken back."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.models import Attempt, Qualification
from calibration.policy import QUALIFICATION_WAIVE, lane_resource
from calibration.queries.people import Person, person_of, view_of
from calibration.queries.tests import CHECK
from calibration.values import LaneFacts, QualificationView
from i18n import _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.policy import Actor, system_actor
from kernel.walls import constant
from workforce.leases import end_leases
from workforce.models import DecisionReceipt
from workforce.operations.receipts import end_receipt, issue_receipt
from workforce.queries.rows import hold_person
from workforce.values import ReceiptKind, ReceiptState

REASON_MOST = 500


def waive(session: Session, actor: Actor, lane_id: str, annotator_id: str, reason: str) -> QualificationView:
    """Open a lane to a person without its test, for a reason that is kept with it."""
    lane, person = _lane_and_person(session, actor, lane_id, annotator_id)
    row = open_lane(
        session, lane, annotator_id, person.account_id, basis="waiver", attempt_id=None, reason=_ensure_reason(reason),
        by=actor.account_id,
    )  # fmt: skip
    audit.record(
        session, actor, "qualification.waived", "qualification", row.id, org_id=lane.vendor_org_id,
        details={"lane": lane_id, "annotator": annotator_id},
    )  # fmt: skip
    return view_of(row, now_of(session))


def revoke(session: Session, actor: Actor, lane_id: str, annotator_id: str, reason: str) -> str:
    """Close a lane to a person again; returns the receipt that tells them why and what they can do."""
    lane, person = _lane_and_person(session, actor, lane_id, annotator_id)
    kept = _ensure_reason(reason)
    row = _held(session, lane_id, annotator_id)
    if row is None or row.revoked_at is not None:
        raise Conflict("qualification.none", _("This person has no qualification here that could be taken back."))
    row.revoked_at = now_of(session)
    receipt_id = issue_receipt(
        session,
        actor,
        annotator_id=person.annotator_id,
        kind="removed",
        rule="qualification_revoked",
        rule_version="1",
        what=_("You no longer work in %(lane)s.", lane=lane.name),
        why=_("Your vendor gave this reason: %(reason)s", reason=kept),
        way_back=_("If you think that this is wrong, appeal: a person who did not decide it will look at it."),
        cause_kind="qualification",
        cause_id=_cause(row, row.revoked_at),
        lane_id=lane_id,
    )
    audit.record(
        session, actor, "qualification.revoked", "qualification", row.id, org_id=lane.vendor_org_id,
        details={"lane": lane_id, "annotator": annotator_id, "receipt": receipt_id},
    )  # fmt: skip
    end_leases(session, actor, person.annotator_id, lane_id=lane_id, cause="qualification")
    return receipt_id


def restore(session: Session, actor: Actor, lane_id: str, annotator_id: str) -> QualificationView:
    """Undo a revocation that was overturned."""
    lane, _person = _lane_and_person(session, actor, lane_id, annotator_id)
    row = _held(session, lane_id, annotator_id)
    if row is None:
        raise not_found()
    row.revoked_at = None
    audit.record(session, actor, "qualification.restored", "qualification", row.id, org_id=lane.vendor_org_id)
    return view_of(row, now_of(session))


def lift_removal(session: Session, actor: Actor, receipt: DecisionReceipt) -> bool:
    """Open a lane that this very decision closed. False where it was opened since, and perhaps closed by another."""
    row = _held(session, receipt.lane_id or "", receipt.annotator_id)
    if row is None or row.revoked_at is None or _cause(row, row.revoked_at) != receipt.cause_id:
        return False
    restore(session, actor, row.lane_id, row.annotator_id)
    return True


def put_removal_back(session: Session, actor: Actor, receipt: DecisionReceipt) -> bool:
    """Close a lane again by a decision that was on hold and is right. False where the lane was closed meanwhile."""
    row = _held(session, receipt.lane_id or "", receipt.annotator_id)
    if row is None or row.revoked_at is not None or _cause(row, receipt.decided_at) != receipt.cause_id:
        return False
    lane, person = _lane_and_person(session, actor, row.lane_id, row.annotator_id)
    row.revoked_at = receipt.decided_at
    audit.record(
        session, actor, "qualification.revoked", "qualification", row.id, org_id=lane.vendor_org_id,
        details={"lane": row.lane_id, "annotator": row.annotator_id, "receipt": receipt.id},
    )  # fmt: skip
    end_leases(session, actor, person.annotator_id, lane_id=row.lane_id, cause="qualification")
    return True


def _cause(row: Qualification, at: datetime) -> str:
    return f"{row.id}:{at:%Y%m%d%H%M%S}"


def open_lane(
    session: Session, lane: LaneFacts, annotator_id: str, account_id: str, *, basis: str, attempt_id: str | None,
    reason: str, by: str | None, until_at: datetime | None = None,
) -> Qualification:  # fmt: skip
    """Make or renew the one qualification of a person in a lane. A pause that a gate put there stays."""
    row = _held(session, lane.id, annotator_id)
    if row is None:
        row = Qualification(
            id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
            lane_id=lane.id, annotator_id=annotator_id, account_id=account_id, paused_until=None,
            pause_receipt_id=None,
        )  # fmt: skip
        session.add(row)
    row.basis, row.attempt_id, row.reason, row.granted_by = basis, attempt_id, reason, by
    row.since_at, row.until_at, row.revoked_at = now_of(session), until_at, None
    session.flush()
    if basis != "none":
        _end_closing_receipts(session, row)
    return row


def _end_closing_receipts(session: Session, row: Qualification) -> None:
    """Who may work in a lane is held by no earlier removal from it, and by no test of it that they failed."""
    exams = select(Attempt.id).where(
        Attempt.account_id == row.account_id, Attempt.lane_id == row.lane_id, Attempt.purpose != CHECK
    )
    rows = session.scalars(
        select(DecisionReceipt.id).where(
            DecisionReceipt.annotator_id == row.annotator_id, DecisionReceipt.lane_id == row.lane_id,
            DecisionReceipt.state.in_((ReceiptState.IN_FORCE, ReceiptState.APPEALED)),
            DecisionReceipt.ended_at.is_(None),
            ((DecisionReceipt.kind == ReceiptKind.REMOVED) & (DecisionReceipt.cause_kind == "qualification"))
            | ((DecisionReceipt.kind == ReceiptKind.TEST_FAILED) & DecisionReceipt.cause_id.in_(exams)),
        )
    ).all()  # fmt: skip
    for receipt_id in rows:
        end_receipt(session, system_actor("lane opened", row.vendor_org_id), receipt_id)


def hold_pause(
    session: Session, actor: Actor, lane: LaneFacts, annotator_id: str, account_id: str, until: datetime,
    receipt_id: str,
) -> None:  # fmt: skip
    """Pause a person in a lane, with the receipt that says why; raises Conflict where they are paused already.

    The caller has permission, and ends the leases.
    """
    row = _held(session, lane.id, annotator_id)
    if row is not None and row.paused_until is not None and row.paused_until > now_of(session):
        raise Conflict("qualification.paused", _("This person is paused here already."))
    if row is None:  # it holds the pause, and opens nothing
        row = open_lane(session, lane, annotator_id, account_id, basis="none", attempt_id=None, reason="", by=None)
        row.until_at = now_of(session)
    end_earlier_pause(session, row, receipt_id)
    row.paused_until, row.pause_receipt_id = until, receipt_id


def end_earlier_pause(session: Session, row: Qualification, receipt_id: str) -> None:
    """The pause before the one that comes now is over, even if nobody has noted it yet."""
    if row.pause_receipt_id is not None and row.pause_receipt_id != receipt_id:
        end_receipt(session, system_actor("pause over", row.vendor_org_id), row.pause_receipt_id)


def _lane_and_person(session: Session, actor: Actor, lane_id: str, annotator_id: str) -> tuple[LaneFacts, Person]:
    lane = lane_of(session, lane_id)
    require(session, actor, QUALIFICATION_WAIVE, lane_resource(session, actor, lane))
    person = person_of(session, annotator_id)
    if person is None or person.org_id != lane.vendor_org_id:
        raise not_found()
    return lane, person


_HELD = constant(
    select(Qualification)
    .where(Qualification.lane_id == bindparam("p_lane"), Qualification.annotator_id == bindparam("p_person"))
    .with_for_update()
)


def _held(session: Session, lane_id: str, annotator_id: str) -> Qualification | None:
    hold_person(session, annotator_id)
    return session.scalars(_HELD, {"p_lane": lane_id, "p_person": annotator_id}).one_or_none()


def _ensure_reason(reason: str) -> str:
    kept = reason.strip()
    if not 3 <= len(kept) <= REASON_MOST:
        message = _("Give a reason of up to %(most)s characters.", most=REASON_MOST)
        raise Invalid("qualification.reason", message, fields={"reason": message})
    return kept
