"""Names of organizations, for pages that show who a piece of work is for and who does it."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import Organization


def org_names(session: Session, org_ids: Iterable[str | None]) -> dict[str, str]:
    """The names of these organizations, which the caller knows from rows that it may see."""
    wanted = sorted({org_id for org_id in org_ids if org_id})
    if not wanted:
        return {}
    rows = session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(wanted)))
    return {row.id: row.name for row in rows}
