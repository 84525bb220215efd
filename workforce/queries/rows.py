"""Rows for operations to change, as far as the scope sees them."""

from sqlalchemy.orm import Session

from kernel import guard
from workforce.models import Annotator


def annotator_row(session: Session, annotator_id: str) -> Annotator:
    """The person; raises NotFound for nobody that the scope sees."""
    person = session.get(Annotator, annotator_id)
    if person is None:
        raise guard.not_found()
    return person
