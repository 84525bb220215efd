"""Invariants of work: leases that settle, slots that hold one person, answers that stay."""

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from admin.invariants.rule import rows_of
from calibration.models import Attempt, Judgment
from calibration.queries.attempts import LIVE
from kernel.db import now_of
from marketplace.models import Assignment, Slot, Unit


def answered_over_overlap(session: Session) -> int:
    """Units with more accepted answers than they allow."""
    answered = (
        select(Assignment.unit_id, func.count().label("answers"))
        .where(Assignment.state == "answered")
        .group_by(Assignment.unit_id)
        .subquery()
    )
    return rows_of(
        session, select(Unit.id).join(answered, answered.c.unit_id == Unit.id).where(answered.c.answers > Unit.overlap)
    )


def miscounted_units(session: Session) -> int:
    """Units whose count of answers is not that of their filled slots."""
    filled = (
        select(Slot.unit_id, func.sum(case((Slot.state == "answered", 1), else_=0)).label("slots"))
        .group_by(Slot.unit_id)
        .subquery()
    )
    slots = func.coalesce(filled.c.slots, 0)
    return rows_of(
        session, select(Unit.id).outerjoin(filled, filled.c.unit_id == Unit.id).where(Unit.answered != slots)
    )


def held_twice(session: Session) -> int:
    """Slots that two people hold, or that are held by somebody whom the slot does not know."""
    known = exists().where(
        Slot.unit_id == Assignment.unit_id, Slot.slot_no == Assignment.slot_no, Slot.assignment_id == Assignment.id
    )
    return rows_of(
        session,
        select(Assignment.id).where(
            Assignment.state == "leased", Assignment.lease_until > now_of(session), ~known
        ),
    )  # fmt: skip


def judged_twice(session: Session) -> int:
    """People with two judgments, or two assignments, on one unit."""
    judgments = (
        select(Judgment.unit_id, Judgment.account_id)
        .group_by(Judgment.unit_id, Judgment.account_id)
        .having(func.count() > 1)
    )
    return rows_of(session, judgments)


def answers_without_judgment(session: Session) -> int:
    """Assignments that say they were answered, where the answer is not."""
    kept = exists().where(Judgment.org_id == Assignment.org_id, Judgment.id == Assignment.judgment_id)
    return rows_of(session, select(Assignment.id).where(Assignment.state.in_(("answered", "late")), ~kept))


def stray_judgments(session: Session) -> int:
    """Judgments that their assignment does not know, or that are of another unit or person."""
    same = and_(
        Assignment.org_id == Judgment.org_id,
        Assignment.id == Judgment.assignment_id,
        Assignment.judgment_id == Judgment.id,
        Assignment.unit_id == Judgment.unit_id,
        Assignment.account_id == Judgment.account_id,
    )
    return rows_of(session, select(Judgment.id).outerjoin(Assignment, same).where(Assignment.id.is_(None)))


def leased_to_nobody(session: Session) -> int:
    """Slots that are out with an assignment which is over, so that nobody will ever bring them back."""
    alive = exists().where(
        Assignment.id == Slot.assignment_id,
        Assignment.unit_id == Slot.unit_id,
        Assignment.slot_no == Slot.slot_no,
        Assignment.state == "leased",
    )
    stuck = or_(~alive, Slot.lease_until.is_(None))
    return rows_of(session, select(Slot.unit_id, Slot.slot_no).where(Slot.state == "leased", stuck))


def hoards(session: Session) -> int:
    """People who hold two units at once."""
    return rows_of(
        session,
        select(Assignment.annotator_id)
        .where(Assignment.state == "leased", Assignment.lease_until > now_of(session))
        .group_by(Assignment.annotator_id)
        .having(func.count() > 1),
    )


def tests_at_once(session: Session) -> int:
    """People who make two tests at once."""
    return rows_of(
        session,
        select(Attempt.account_id).where(Attempt.state.in_(LIVE)).group_by(Attempt.account_id).having(func.count() > 1),
    )


def answered_before_lease(session: Session) -> int:
    """Judgments from before the unit was handed out, or under other versions than it was handed out with."""
    wrong = or_(
        Judgment.answered_at < Assignment.leased_at,
        Assignment.lease_until < Assignment.leased_at,
        Judgment.ontology_id != Assignment.ontology_id,
        Judgment.guideline_id != Assignment.guideline_id,
    )
    return rows_of(
        session, select(Judgment.id).join(Assignment, Assignment.id == Judgment.assignment_id).where(wrong)
    )  # fmt: skip
