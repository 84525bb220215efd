"""Labels that change after they were settled: kept as rows, so that each release can tell which of its labels did.

What was delivered never changes; the next release carries what is right now.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import require
from kernel.hot import Hot, table_of
from kernel.policy import Actor, Resource, Role
from marketplace.models import LabelChange, Unit
from marketplace.queries.corrections import changes_told, contradicted_by_keys, is_decided, told_last, untold_changes
from marketplace.rules.corrections import labels_corrected
from marketplace.values.actions import Action
from workforce.letters import tell
from workforce.models import Account, Membership, Organization

PAUSE = timedelta(days=1)
_READERS = (Role.CLIENT_ADMIN.value, Role.CLIENT_PM.value)

_U = table_of(Unit)
_SETTLED_BEFORE = Hot(
    select(_U.c.id, _U.c.org_id, _U.c.vendor_org_id, _U.c.project_id, _U.c.lane_id, _U.c.label, _U.c.settled_at).where(
        _U.c.id.in_(bindparam("p_units", expanding=True)), _U.c.settled_at.is_not(None), _U.c.state != "settled"
    )
)


def note_changes(session: Session, labels: Mapping[str, dict[str, Any]], cause: str) -> None:
    """Keep what these units' labels were, where they are about to be settled anew and otherwise than before."""
    for row in _SETTLED_BEFORE.run(session, p_units=list(labels)):
        if row.label is not None and row.label != labels[row.id]:
            _note(session, row, row.label, labels[row.id], cause)


def _note(session: Session, unit: Any, before: dict[str, Any], after: dict[str, Any], cause: str) -> None:
    session.add(
        LabelChange(
            id=ids.new_id(), org_id=unit.org_id, vendor_org_id=unit.vendor_org_id, project_id=unit.project_id,
            lane_id=unit.lane_id, unit_id=unit.id, before=before, after=after, cause=cause, since=unit.settled_at,
            at=now_of(session),
        )
    )  # fmt: skip


def correct_by_keys(session: Session, actor: Actor) -> int:
    """Give settled units the label that an objection has made of their known answer; returns how many. System scope.

    Only answers that were made from settled units are of work; what experts know beforehand is no part of a release.
    """
    require(session, actor, Action.RELEASE_BUILD, Resource("unit"))
    found = contradicted_by_keys(session)
    for unit, truth in found:
        _note(session, unit, unit.label or {}, truth, "objection")
        unit.label, unit.label_source, unit.settled_at = dict(truth), "review", now_of(session)
    session.flush()
    return len(found)


def tell_clients(session: Session, actor: Actor) -> int:
    """Write to clients whose delivered labels were corrected, once a day at most; returns to how many. System scope."""
    require(session, actor, Action.RELEASE_BUILD, Resource("release"))
    now, told = now_of(session), 0
    for org_id in untold_changes(session):
        last = told_last(session, org_id)
        if last is not None and now - last < PAUSE:
            continue
        # Marked first and counted then, so that a release which is done meanwhile takes none from the letter.
        session.execute(
            update(LabelChange)
            .where(LabelChange.org_id == org_id, LabelChange.told_at.is_(None), LabelChange.at <= now, is_decided())
            .values(told_at=now),
            execution_options={"synchronize_session": False},
        )
        counts = changes_told(session, org_id, now)
        for account in _readers(session, org_id):
            tell(session, account, labels_corrected(counts))
        audit.record(
            session, actor, "corrections.told", "organization", org_id, org_id=org_id,
            details={"labels": sum(count for _name, count in counts)}, link=False,
        )  # fmt: skip
        told += 1
    return told


def _readers(session: Session, org_id: str) -> Sequence[Account]:
    """Who decides about releases: administrators and project managers, in the order of their addresses."""
    wanted = (
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .join(Organization, Organization.id == Membership.org_id)
        .where(Membership.org_id == org_id, Membership.ended_at.is_(None), Membership.role.in_(_READERS))
        .distinct()
    )
    return sorted(session.scalars(wanted), key=lambda reader: str(reader.email))
