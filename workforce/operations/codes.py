"""Skills and domains of a profile, kept where people are found by them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import Annotator, AnnotatorCode


def keep_codes(session: Session, person: Annotator) -> None:
    """Have a person found by what their profile states now, and by nothing else; after every change of it."""
    held = session.scalars(select(AnnotatorCode).where(AnnotatorCode.annotator_id == person.id)).all()
    stated = {("skill", code) for code in person.skills} | {("domain", code) for code in person.domains}
    for row in held:
        if (row.kind, row.code) not in stated:
            session.delete(row)
    known = {(row.kind, row.code) for row in held}
    for kind, code in sorted(stated - known):
        session.add(AnnotatorCode(org_id=person.org_id, annotator_id=person.id, kind=kind, code=code))
    session.flush()
