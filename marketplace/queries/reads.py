"""Reads of what was noted of restricted content: newest first, by key, along an index of these events alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel.audit_words import words_of
from kernel.errors import Invalid
from kernel.models import AuditEvent
from kernel.paging import Paging
from labeling.models import Item
from marketplace.models import Batch, Project, Release, Unit
from marketplace.values.reads import ReadFilter, ReadRow
from workforce.queries.colleagues import colleagues_of

READ = "content.read"
CONTENT = "content"
MOST_ROWS = 200
PORTION = 1000
_NEWEST = Paging("reads", AuditEvent.at, AuditEvent.id, newest_first=True)
# Written into the statement, so that the databases see that the index of these events alone will do.
_IS_READ = AuditEvent.object_type == bindparam("read_of", CONTENT, String, literal_execute=True)


def reads_of(
    session: Session, org_id: str, wanted: ReadFilter, *, after: str | None = None, limit: int = 50
) -> tuple[list[ReadRow], str | None]:
    """Who was shown the restricted content of an organization."""
    statement = (
        select(AuditEvent)
        .where(AuditEvent.org_id == org_id, _IS_READ, *_NEWEST.after(after))
        .order_by(*_NEWEST.order())
        .limit(limit + 1)
    )
    if wanted.unit:
        statement = statement.where(AuditEvent.object_ref.in_(_noted_as(session, org_id, wanted)))
    for name in ("project", "reader", "role", "why"):
        if value := getattr(wanted, name):
            statement = statement.where(AuditEvent.details[name].as_string() == value)
    if wanted.since:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        statement = statement.where(AuditEvent.at < wanted.until)
    events, next_after = _NEWEST.cut(session.scalars(statement).all(), limit)
    colleagues = colleagues_of(session, org_id, {event.actor_ref or "" for event in events})
    named = dict(
        session.execute(
            select(Project.id, Project.name).where(Project.id.in_({event.details["project"] for event in events}))
        ).all()
    )
    reasons = words_of(session, (event.id for event in events if "words" in event.details))
    return [
        ReadRow(
            event.id, event.at, event.object_ref or "", event.details["project"],
            named.get(event.details["project"], ""), event.details["class"], event.details["reader"],
            colleagues.name_at(event.actor_ref, event.at), event.details["role"], event.details["why"],
            reasons.get(event.id, ""), event.seq, event.hash,
        )
        for event in events
    ], next_after  # fmt: skip


def refuse_impossible(session: Session, org_id: str, wanted: ReadFilter) -> None:
    """Raise Invalid, by field, for what no read of the organization's can fit: that it has not, or a time that ends
    before it begins. Else nobody could tell a slip of the pen from data that nobody saw."""
    faults: dict[str, Message] = {}
    if wanted.project and not _owns(session, Project, org_id, wanted.project):
        faults["project"] = _("You have no such project.")
    elif wanted.unit and not _noted_as(session, org_id, wanted):
        faults["unit"] = _("You have no such unit. Name it as your file did, or by its id.")
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        faults["until"] = _("This is before the first day that you chose.")
    if faults:
        raise Invalid("query.invalid", _("Some of it cannot be taken."), faults)


def own_projects(session: Session, org_id: str) -> list[tuple[str, str]]:
    """Id and name of an organization's newest projects, to choose from."""
    newest = select(Project.id, Project.name).where(Project.org_id == org_id).order_by(Project.created_at.desc())
    return [(row.id, row.name) for row in session.execute(newest.limit(MOST_ROWS))]


def _noted_as(session: Session, org_id: str, wanted: ReadFilter) -> list[str]:
    """Under which ids reads of a unit are noted, that is named by its id or as its file called it."""
    if any(_owns(session, model, org_id, wanted.unit) for model in (Unit, Item, Batch, Release)):
        return [wanted.unit]
    projects = [wanted.project] if wanted.project else select(Project.id).where(Project.org_id == org_id)
    items = session.scalars(
        select(Item.id)
        .where(Item.org_id == org_id, Item.project_id.in_(projects), Item.client_ref == wanted.unit)
        .limit(MOST_ROWS)
    ).all()
    if not items:
        return []
    units = select(Unit.id).where(Unit.org_id == org_id, Unit.item_id.in_(items))
    return [*items, *session.scalars(units.limit(MOST_ROWS))]


def _owns(session: Session, model: type[Any], org_id: str, row_id: str) -> bool:
    return session.scalar(select(model.id).where(model.id == row_id, model.org_id == org_id)) is not None


def first_place(session: Session, chain: str, since: str | None) -> int:
    """The place of the first event of a chain that was linked from a time on; 1 without one."""
    if since is None:
        return 1
    found = session.scalar(
        select(AuditEvent.seq)
        .where(AuditEvent.org_id == chain, AuditEvent.at >= datetime.fromisoformat(since), AuditEvent.seq.is_not(None))
        .order_by(AuditEvent.at, AuditEvent.seq)
        .limit(1)
    )
    return found or 1


def hash_at(session: Session, chain: str, seq: int) -> str | None:
    """The hash of the event at a place of a chain."""
    return session.scalar(select(AuditEvent.hash).where(AuditEvent.chain == chain, AuditEvent.seq == seq))
