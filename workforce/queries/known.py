"""What a filter of people may name: what there is here, so that a slip of the pen is not answered with nobody."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel.errors import Invalid
from workforce.demand import lanes_named
from workforce.models import AnnotatorCode, Pool
from workforce.values import DOMAINS, SKILLS, PeopleFilter


def refuse_unknown(session: Session, wanted: PeopleFilter) -> None:
    """Raise Invalid, by field, for a pool or lane that the session does not see, and for a skill or domain that is
    neither offered for choice nor stated by anybody here."""
    faults: dict[str, Message] = {}
    if wanted.pool and session.get(Pool, wanted.pool) is None:
        faults["pool"] = _("There is no such pool here.")
    if wanted.lane and wanted.lane not in dict(lanes_named(session, [wanted.lane])):
        faults["lane"] = _("There is no such lane here.")
    if wanted.skill and wanted.skill not in SKILLS and not _is_stated(session, "skill", wanted.skill):
        faults["skill"] = _("Choose one of the values offered.")
    if wanted.domain and wanted.domain not in DOMAINS and not _is_stated(session, "domain", wanted.domain):
        faults["domain"] = _("Choose one of the values offered.")
    if faults:
        raise Invalid("query.invalid", _("Some of it cannot be taken."), faults)


def _is_stated(session: Session, kind: str, code: str) -> bool:
    stated = select(AnnotatorCode.code).where(AnnotatorCode.kind == kind, AnnotatorCode.code == code).limit(1)
    return session.scalar(stated) is not None
