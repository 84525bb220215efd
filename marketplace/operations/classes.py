"""The class of its own that a unit has, on the unit and on its places, by which it is handed out."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel.db import now_of
from kernel.jobs import REGISTRY, enqueue
from kernel.models import AccessGrant
from kernel.policy import Actor
from marketplace.models import Slot, Unit
from workforce.values import CLASSES, GRANT_MOST, rank_of


def raise_units(
    session: Session, unit_ids: Sequence[str], classification: str | None, *, only_up: bool = False
) -> None:
    """Write the class of its own, or none, to units and to their places; `only_up` leaves alone what is above it."""
    rank = rank_of(classification) if classification else 0
    above = list(CLASSES[rank + 1 :]) if only_up else []
    session.execute(
        update(Unit)
        .where(Unit.id.in_(unit_ids), Unit.classification.is_(None) | Unit.classification.not_in(above))
        .values(classification=classification),
        execution_options={"synchronize_session": False},
    )
    slots = update(Slot).where(Slot.unit_id.in_(unit_ids)).values(class_rank=rank)
    session.execute(
        slots.where(Slot.class_rank < rank) if only_up else slots, execution_options={"synchronize_session": False}
    )


def look_at_exams(session: Session, actor: Actor, project_id: str) -> None:
    """Have the tests under way in a project looked at, as something of it became more sensitive.

    Asked for whatever it is, known answers or none, so that nothing tells which of the units are asked in a test.
    """
    enqueue(session, REGISTRY["calibration.look_at_exams"], actor=actor, project_id=project_id)


def shorten_grant(session: Session, project_id: str, classification: str) -> None:
    """A vendor sees data of this class for no longer than it allows, and is let in again by hand.

    To be called when something of a project becomes that sensitive: the project, or a unit of it.
    """
    most = GRANT_MOST.get(classification)
    if most is not None:
        until = now_of(session) + most
        session.execute(
            update(AccessGrant)
            .where(AccessGrant.subject_id == project_id, AccessGrant.revoked_at.is_(None), AccessGrant.until_at > until)
            .values(until_at=until)
        )
