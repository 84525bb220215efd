"""When what a person or a vendor may see was last used: kept where the right stands, whatever it was used for.

A hand-out, a review, a test and a look all pass `note_use`, so that the access review need not walk through any of
them. The time is kept to the hour: one row is written once in an hour, however much is read.
"""

from datetime import timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import Select, Update, bindparam, or_, select, update
from sqlalchemy.orm import Session

from kernel.db import at_end, now_of
from kernel.errors import NeedsWriting
from kernel.hot import Hot, table_of
from kernel.models import AccessGrant
from kernel.policy import Actor
from workforce.models import Annotator
from workforce.values import rank_of

EXACT_TO = timedelta(hours=1)
_SENSITIVE = rank_of("confidential")
_A, _G = table_of(Annotator), table_of(AccessGrant)
_PERSON = [_A.c.org_id == bindparam("p_org"), _A.c.account_id == bindparam("p_account"), _A.c.clearance > 0]
_GRANT = [
    _G.c.subject_id == bindparam("p_project"),
    _G.c.grantee_org_id == bindparam("p_org"),
    _G.c.revoked_at.is_(None),
    _G.c.from_at <= bindparam("p_now"),
    _G.c.until_at > bindparam("p_now"),
]
_PERSON_STALE = or_(_A.c.sensitive_seen_at.is_(None), _A.c.sensitive_seen_at < bindparam("p_before"))
_GRANT_STALE = or_(_G.c.used_at.is_(None), _G.c.used_at < bindparam("p_before"))
_STALE = select(
    select(_A.c.id).where(*_PERSON, _PERSON_STALE).exists().label("person"),
    select(_G.c.id).where(*_GRANT, _GRANT_STALE).exists().label("grant"),
)
_IS_STALE = Hot(cast(Select[Any], _STALE))
_MARK_PERSON = Hot(update(_A).where(*_PERSON, _PERSON_STALE).values(sensitive_seen_at=bindparam("p_now")))
_MARK_GRANT = Hot(update(_G).where(*_GRANT, _GRANT_STALE).values(used_at=bindparam("p_now")))


def note_use(session: Session, actor: Actor, *, project: str, classification: str) -> None:
    """Keep that the actor is shown sensitive content now: with the person's clearance, and with the vendor's grant.

    Raises NeedsWriting in a transaction that only reads, where it is the first use in an hour.
    """
    if actor.org_id is None or actor.account_id is None or rank_of(classification) < _SENSITIVE:
        return
    known: set[str] = session.info.setdefault("uses", set())
    if project in known:
        return
    known.add(project)
    now = now_of(session)
    given = {"p_org": actor.org_id, "p_account": actor.account_id, "p_project": project, "p_now": now}
    given["p_before"] = now - EXACT_TO
    stale = _IS_STALE.run(session, **given).one()
    if (stale.person or stale.grant) and not session.info["writes"]:
        raise NeedsWriting("a use of what is sensitive that would not be kept")
    if stale.person:
        at_end(session, ("use", actor.account_id), partial(_mark, _MARK_PERSON, given))
    if stale.grant:  # the last thing that is done, as many of a vendor's people come to this one row
        at_end(session, ("use", project), partial(_mark, _MARK_GRANT, given))


def _mark(mark: Hot[Update], given: dict[str, Any], session: Session) -> None:
    mark.run(session, **given)
