"""Answers: submitting one is a guarded update of one assignment; what comes late is kept and paid all the same."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, select, update
from sqlalchemy.orm import Session

from calibration.operations import judgments
from calibration.values import NewJudgment
from i18n import _
from kernel import audit
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict, Invalid, Misuse
from kernel.guard import not_found, require
from kernel.policy import Actor
from labeling.models import Item
from labeling.queries.content import ontology_of
from labeling.tasktypes import registry
from marketplace.models import Assignment, Lane, Project, Slot, Unit
from marketplace.policy import assignment_resource
from marketplace.rules.work import seconds_between
from marketplace.values.work import Submitted
from payouts.operations import earnings

DRAFT_MOST = 64_000


def submit_answer(
    session: Session, actor: Actor, assignment_id: str, payload: Mapping[str, Any], *, epoch: int | None = None,
    key: str | None = None,
) -> Submitted:  # fmt: skip
    """Take an answer. Raises Invalid with the faulty fields; the same answer or key again changes nothing.

    While the slot is still the person's own, the answer counts for the unit's overlap, also when the lease has just
    run out. Otherwise it is kept as a late judgment beside the overlap, and paid.
    """
    assignment, lane, unit, content, project_name = _load(session, assignment_id)
    require(session, actor, "answer:submit", assignment_resource(assignment))
    if assignment.judgment_id is not None:
        return _again(assignment, key)
    if epoch is not None and epoch > assignment.epoch:
        raise Conflict("assignment.epoch", _("This page is older than what you hold. Load it again."))
    ontology = ontology_of(session, assignment.ontology_id)
    kind = registry.get(lane.task_type)
    answer = kind.parse(payload, ontology, kind.parse_content(content))
    counts = _settle_slot(session, assignment)
    recorded = judgments.record(
        session, actor,
        NewJudgment(
            org_id=assignment.org_id, vendor_org_id=assignment.vendor_org_id or "", project_id=assignment.project_id,
            lane_id=lane.id, unit_id=unit.id, item_id=assignment.item_id, assignment_id=assignment.id,
            annotator_id=assignment.annotator_id, account_id=assignment.account_id,
            ontology_id=assignment.ontology_id, guideline_id=assignment.guideline_id, answer=kind.canonical(answer),
            category=kind.category(answer), seconds=seconds_between(assignment.leased_at, now_of(session)),
            is_late=not counts, labels=kind.categories(ontology), outlook=unit.outlook,
        ),
    )  # fmt: skip
    _close(session, assignment, recorded.judgment_id, key, counts)
    if counts:
        _count(session, unit, recorded.outlook)
    earnings.accrue(
        session, actor, vendor_org_id=assignment.vendor_org_id or "", annotator_id=assignment.annotator_id,
        account_id=assignment.account_id, lane_id=lane.id, project_id=assignment.project_id,
        judgment_id=recorded.judgment_id, micros=assignment.rate_micros, currency=assignment.currency,
        memo={"project": project_name, "locale": lane.locale},
        due_at=now_of(session) + timedelta(hours=lane.hold_hours),
    )  # fmt: skip
    audit.record(
        session, actor, "answer.submitted", "assignment", assignment.id, org_id=assignment.org_id,
        details={"late": not counts}, link=False,
    )  # fmt: skip
    return Submitted(assignment.id, recorded.judgment_id, not counts, assignment.rate_micros, assignment.currency)


def _load(session: Session, assignment_id: str) -> tuple[Assignment, Lane, Unit, dict[str, Any], str]:
    row = session.execute(
        select(Assignment, Lane, Unit, Item.content, Project.name)
        .join(Lane, Lane.id == Assignment.lane_id)
        .join(Unit, Unit.id == Assignment.unit_id)
        .join(Item, Item.id == Assignment.item_id)
        .join(Project, Project.id == Assignment.project_id)
        .where(Assignment.id == assignment_id)
        .with_for_update(of=Assignment)
    ).one_or_none()
    if row is None:
        raise not_found()
    return row[0], row[1], row[2], row[3], row[4]


def _again(assignment: Assignment, key: str | None) -> Submitted:
    """The answer that stands. A page sent twice says the same; another key means another answer, which is refused."""
    if key is not None and assignment.submit_key not in (None, digest(key)):
        raise Conflict("assignment.answered", _("You have answered this unit already; that answer stands."))
    return Submitted(
        assignment.id, assignment.judgment_id or "", assignment.state == "late", assignment.rate_micros,
        assignment.currency,
    )  # fmt: skip


def _settle_slot(session: Session, assignment: Assignment) -> bool:
    """Fill the slot if it is still this assignment's; False when it has gone to somebody else, or was closed."""
    if assignment.state not in ("leased", "expired"):
        if assignment.state == "returned":
            return False
        raise Conflict("assignment.over", _("You gave this unit back; it cannot be answered any more."))
    filled = session.execute(
        update(Slot)
        .where(
            Slot.unit_id == assignment.unit_id,
            Slot.slot_no == assignment.slot_no,
            Slot.assignment_id == assignment.id,
            Slot.state.in_(("leased", "free")),
        )
        .values(state="answered", back_at=None, lease_until=None),
        execution_options={"synchronize_session": False},
    )
    return bool(filled.rowcount == 1)  # type: ignore[attr-defined]


def _close(session: Session, assignment: Assignment, judgment_id: str, key: str | None, counts: bool) -> None:
    changed = session.execute(
        update(Assignment)
        .where(Assignment.id == assignment.id, Assignment.judgment_id.is_(None), Assignment.state == assignment.state)
        .values(
            state="answered" if counts else "late", judgment_id=judgment_id, ended_at=now_of(session),
            submit_key=digest(key) if key else None, draft=None, draft_at=None,
        ),
        execution_options={"synchronize_session": False},
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Misuse("an assignment was answered twice at once in spite of its lock")


def _count(session: Session, unit: Unit, outlook: Mapping[str, Any]) -> None:
    """One more place of the unit is filled. The bound in the table refuses one too many."""
    session.execute(
        update(Unit)
        .where(Unit.id == unit.id)
        .values(
            answered=Unit.answered + 1,
            outlook=dict(outlook),
            state=case((and_(Unit.state == "open", Unit.answered + 1 >= Unit.overlap), "full"), else_=Unit.state),
        ),
        execution_options={"synchronize_session": False},
    )


def save_draft(session: Session, actor: Actor, assignment_id: str, payload: Mapping[str, Any]) -> None:
    """Keep what was typed so far; it is lost neither with the page nor with the lease."""
    assignment = session.scalars(select(Assignment).where(Assignment.id == assignment_id)).one_or_none()
    if assignment is None:
        raise not_found()
    require(session, actor, "answer:submit", assignment_resource(assignment))
    if assignment.judgment_id is not None:
        raise Conflict("assignment.answered", _("You have answered this unit already; that answer stands."))
    if len(str(payload)) > DRAFT_MOST:
        raise Invalid("draft.size", _("This is longer than a draft can be."))
    assignment.draft, assignment.draft_at = dict(payload), now_of(session)
