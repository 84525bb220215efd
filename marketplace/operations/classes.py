"""The class of its own that a unit has, on the unit and on its places, by which it is handed out."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.models import Slot, Unit
from workforce.values import CLASSES, rank_of


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
