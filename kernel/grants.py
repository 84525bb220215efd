"""Grants: what one organization may do to a project of another's, read once in a transaction."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kernel.db import now_of
from kernel.hot import Hot, table_of
from kernel.models import AccessGrant

_G = table_of(AccessGrant)
_RIGHTS = Hot(
    select(_G.c.rights).where(
        _G.c.subject_id == bindparam("p_subject"),
        _G.c.grantee_org_id == bindparam("p_grantee"),
        _G.c.revoked_at.is_(None),
        _G.c.from_at <= bindparam("p_now"),
        _G.c.until_at > bindparam("p_now"),
    )
)


def rights_on(session: Session, org_id: str | None, project_id: str) -> frozenset[str] | None:
    """The rights that a live grant on a project gives to an organization; None without one."""
    known: dict[tuple[str | None, str], frozenset[str] | None] = session.info.setdefault("rights", {})
    if (org_id, project_id) not in known:
        given = {"p_subject": project_id, "p_grantee": org_id, "p_now": now_of(session)}
        rows = _RIGHTS.run(session, **given).scalars().all()
        known[org_id, project_id] = frozenset(right for rights in rows for right in rights) if rows else None
    return known[org_id, project_id]


def forget_rights(session: Session) -> None:
    """A grant was opened, changed or ended: from now on this transaction reads them again."""
    session.info.pop("rights", None)
