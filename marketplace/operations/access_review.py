"""The access review: a vendor renews or ends clearances of its people, a client the grants of its projects, in bulk.

What is ended holds from the very next request on, as every hand-out and fetch asks anew; leases end with it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.guard import not_found, require
from kernel.models import AccessGrant
from kernel.policy import Actor, Resource
from marketplace.operations.loading import project_for
from marketplace.operations.requests import revoke_grant
from marketplace.queries.access import MOST_ROWS, clearances_of, grants_of
from marketplace.values.access import AccessAct, AccessReviewed, AccessRow
from marketplace.values.actions import Action
from workforce.operations.clearances import set_clearance
from workforce.rules.clearances import LONGEST
from workforce.values import CLASS_DEMANDS, GRANT_MOST

ORDINARY = timedelta(days=365)  # of a grant whose class sets no bound


def see_access(
    session: Session, actor: Actor, *, after: str | None = None, limit: int = 50
) -> tuple[list[AccessRow], str | None]:
    """Who has access through the actor's organization: clearances of a vendor's people, or grants of a client."""
    org_id = _asked(session, actor)
    find = clearances_of if actor.org_kind == "vendor" else grants_of
    return find(session, org_id, after=after, limit=min(limit, MOST_ROWS))


def review_access(
    session: Session, actor: Actor, ids: Sequence[str], *, act: str, reason: str, is_preview: bool
) -> list[AccessReviewed]:
    """Renew or end what is named, all or none; a preview says what would become of each and changes nothing."""
    org_id = _asked(session, actor)
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= MOST_ROWS:
        fault = _("Choose between 1 and %(most)s of them.", most=MOST_ROWS)
        raise Invalid("access.none", fault, {"ids": fault})
    if act not in set(AccessAct):
        raise Invalid("access.act", _("Choose one."), {"act": _("Choose one.")})
    if act == AccessAct.END and not reason.strip():
        fault = _("Say why; who loses access reads it.")
        raise Invalid("access.reason", fault, {"reason": fault})
    is_vendor = actor.org_kind == "vendor"
    rows, _after = (clearances_of if is_vendor else grants_of)(session, org_id, only=wanted, limit=MOST_ROWS)
    if {row.id for row in rows} != set(wanted):
        raise not_found()
    found = [_after_review(session, row, AccessAct(act), is_vendor=is_vendor) for row in rows]
    if not is_preview:
        for row, then in zip(rows, found, strict=True):
            (_review_person if is_vendor else _review_grant)(session, actor, row, then, reason.strip())
    return found


def _asked(session: Session, actor: Actor) -> str:
    require(session, actor, Action.ACCESS_REVIEW, Resource("access", actor.org_id, org_id=actor.org_id))
    assert actor.org_id is not None
    return actor.org_id


def _after_review(session: Session, row: AccessRow, act: AccessAct, *, is_vendor: bool) -> AccessReviewed:
    until: datetime | None = None
    if act is AccessAct.RENEW:
        clearance = CLASS_DEMANDS[row.classification].clearance
        most = LONGEST.get(clearance) if is_vendor else GRANT_MOST.get(row.classification)
        until = now_of(session) + (most or ORDINARY)
    return AccessReviewed(row.id, row.who, row.classification, until)


def _review_person(session: Session, actor: Actor, row: AccessRow, then: AccessReviewed, reason: str) -> None:
    level = CLASS_DEMANDS[row.classification].clearance if then.until else 0
    set_clearance(session, actor, row.id, level=level, until_at=then.until, reason=reason or "review of access")


def _review_grant(session: Session, actor: Actor, row: AccessRow, then: AccessReviewed, reason: str) -> None:
    if then.until is None:
        revoke_grant(session, actor, row.id)
        return
    project = project_for(session, actor, row.id, Action.GRANT_SET)
    session.execute(
        update(AccessGrant)
        .where(
            AccessGrant.subject_id == project.id, AccessGrant.org_id == project.org_id,
            AccessGrant.revoked_at.is_(None), AccessGrant.until_at > now_of(session),
        )
        .values(until_at=then.until)
    )  # fmt: skip
    audit.record(
        session, actor, "grant.renewed", "project", project.id, org_id=project.org_id,
        details={"until": then.until.isoformat()}, words=reason,
    )  # fmt: skip
