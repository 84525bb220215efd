"""Reads of how long content is kept, and of what holds it back."""

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from calibration.models import Attempt, Dispute
from marketplace.models import Assignment, Lane, Project, Review
from marketplace.values.keeping import Hold, Kept
from payouts.models import Earning
from workforce.models import Appeal, DecisionReceipt


def kept_of(project: Project, held_by: tuple[Hold, ...] = ()) -> Kept:
    """How long this project's content is kept."""
    return Kept(project.kept_days, project.content_until, project.content_removed_at, held_by)


def keeping_of(session: Session, project_id: str) -> Kept:
    """The same by its id, with what holds it back; in the system's scope, for appeals and pay are the vendor's. The
    caller has asked whether the reader may see the project."""
    project = session.get_one(Project, project_id)
    holds = _holds()
    found = session.execute(select(*holds.values()).select_from(Project).where(Project.id == project_id)).one()
    return kept_of(project, tuple(hold for hold, is_held in zip(holds, found, strict=True) if is_held))


def nothing_waits() -> ColumnElement[bool]:
    """Whether nobody needs the content of a project any more: to answer, to review, in an exam, to be judged.

    Pay that is accepted and not yet paid out holds nothing back: its work is decided on, and somebody who never says
    where to pay would keep a client's data for ever. Reviews that nobody holds and lessons do not either.
    """
    return and_(*(~each for each in _holds().values()))


def _holds() -> dict[Hold, ColumnElement[bool]]:
    return {
        Hold.WORK: exists().where(Assignment.project_id == Project.id, Assignment.state == "leased"),
        Hold.REVIEW: exists().where(Review.project_id == Project.id, Review.state == "leased"),
        Hold.EXAM: exists().where(Attempt.project_id == Project.id, Attempt.state == "exam"),
        Hold.OBJECTION: exists().where(Dispute.project_id == Project.id, Dispute.decided_at.is_(None)),
        Hold.PAY: exists().where(Earning.project_id == Project.id, Earning.state == "pending"),
        Hold.APPEAL: exists().where(
            Lane.project_id == Project.id, DecisionReceipt.lane_id == Lane.id, Appeal.receipt_id == DecisionReceipt.id,
            Appeal.decided_at.is_(None),
        ),
    }  # fmt: skip
