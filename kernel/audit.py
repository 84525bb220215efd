"""The audit log: append-only events in hash chains, one chain per organization and one for the installation.

Events that concern grants, money, exports or people are linked at once. *Take* and *submit* write theirs unlinked, so
that nobody waits for the head of the chain; a job links them within seconds (`link_pending`).
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import ids
from kernel.db import insert_ignoring, now_of
from kernel.models import AuditEvent, AuditHead
from kernel.policy import Actor

INSTALLATION = "installation"
_ZERO = "0" * 64
_COLUMNS = (
    "id", "at", "actor_ref", "session_ref", "org_id", "action", "object_type", "object_ref",
    "outcome", "reasons", "request_id", "details",
)  # fmt: skip
LINK_WITHIN = timedelta(seconds=60)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def record(
    session: Session,
    actor: Actor,
    action: str,
    object_type: str,
    object_ref: str | None,
    *,
    org_id: str | None = None,
    outcome: str = "done",
    reasons: tuple[str, ...] = (),
    details: dict[str, Any] | None = None,
    link: bool = True,
) -> AuditEvent:
    """Write one event in the transaction of what it tells. `details` holds references and figures, no personal data."""
    owner = org_id or actor.org_id
    event = AuditEvent(
        id=ids.new_id(),
        chain=owner or INSTALLATION,
        at=now_of(session),
        actor_ref=actor.ref,
        session_ref=actor.session_ref,
        org_id=owner,
        action=action,
        object_type=object_type,
        object_ref=object_ref,
        outcome=outcome,
        reasons=list(reasons),
        request_id=request_id.get(),
        details=details or {},
    )
    session.add(event)
    if link:
        _append(session, event.chain, [event])
    return event


def link_pending(session: Session, limit: int = 1000) -> int:
    """Link events that were written unlinked, oldest first, chain by chain; returns how many."""
    waiting = session.scalars(
        select(AuditEvent).where(AuditEvent.linked_at.is_(None)).order_by(AuditEvent.at, AuditEvent.id).limit(limit)
    ).all()
    chains: dict[str, list[AuditEvent]] = {}
    for event in waiting:
        chains.setdefault(event.chain, []).append(event)
    for chain, events in sorted(chains.items()):
        _append(session, chain, events)
    return len(waiting)


def _append(session: Session, chain: str, events: list[AuditEvent]) -> None:
    head = _locked_head(session, chain)
    for event in events:
        event.seq = head.seq + 1
        event.prev_hash = head.hash
        event.hash = event_hash(event)
        event.linked_at = now_of(session)
        head.seq, head.hash, head.at = event.seq, event.hash, event.at
    session.flush()


def _locked_head(session: Session, chain: str) -> AuditHead:
    statement = select(AuditHead).where(AuditHead.chain == chain).with_for_update()
    head = session.scalars(statement).one_or_none()
    if head is None:
        first = {"chain": chain, "seq": 0, "hash": _ZERO, "at": now_of(session)}
        insert_ignoring(session, AuditHead, [first], ["chain"])
        head = session.scalars(statement).one()
    else:
        session.refresh(head, with_for_update=True)
    return head


def event_hash(event: AuditEvent) -> str:
    """SHA-256 over the version, the chain, the place in it, the previous hash and the canonical form of the rest."""
    rest = canonical({name: getattr(event, name) for name in _COLUMNS})
    text = "\n".join(("audit-v1", event.chain, str(event.seq), event.prev_hash or _ZERO, rest))
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON with sorted keys, NFC text, UTC microsecond times and no floats, so that equal things hash equally."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True)
class Breach:
    """The first thing that is wrong in a chain, at which place, and of which kind."""

    chain: str
    seq: int | None
    kind: str


@dataclass(frozen=True)
class Verdict:
    """What a verification found: how many events of how many chains were read, and every breach."""

    chains: int
    events: int
    waiting: int
    breaches: tuple[Breach, ...]

    @property
    def ok(self) -> bool:
        return not self.breaches


def verify(
    session: Session,
    chain: str | None = None,
    anchors: dict[tuple[str, int], str] | None = None,
) -> Verdict:
    """Walk the chains: places without a gap, links, hashes, heads, kept anchors, and events left unlinked too long."""
    heads = session.scalars(select(AuditHead).order_by(AuditHead.chain)).all()
    wanted = [head for head in heads if chain in (None, head.chain)]
    events, breaches = 0, []
    for head in wanted:
        count, breach = _walk(session, head, anchors or {})
        events += count
        breaches += [breach] if breach else []
    known = {head.chain for head in heads}
    breaches += [Breach(name, seq, "anchor_missing") for name, seq in anchors or {} if name not in known]
    waiting = session.scalars(select(AuditEvent).where(AuditEvent.linked_at.is_(None))).all()
    late = now_of(session) - LINK_WITHIN
    breaches += [Breach(event.chain, None, "unlinked") for event in waiting if event.at < late]
    return Verdict(len(wanted), events, len(waiting), tuple(breaches))


def _walk(session: Session, head: AuditHead, anchors: dict[tuple[str, int], str]) -> tuple[int, Breach | None]:
    seq, previous = 0, _ZERO
    for event in _linked(session, head.chain):
        seq += 1
        if event.seq != seq:
            return seq, Breach(head.chain, seq, "gap")
        if event.prev_hash != previous:
            return seq, Breach(head.chain, seq, "link")
        if event.hash != event_hash(event):
            return seq, Breach(head.chain, seq, "content")
        if anchors.get((head.chain, seq), event.hash) != event.hash:
            return seq, Breach(head.chain, seq, "anchor")
        previous = event.hash
    if (head.seq, head.hash) != (seq, previous):
        return seq, Breach(head.chain, seq, "head")
    missing = [place for name, place in anchors if name == head.chain and place > seq]
    return seq, Breach(head.chain, missing[0], "truncated") if missing else None


def _linked(session: Session, chain: str, page: int = 2000) -> Iterator[AuditEvent]:
    after = 0
    while True:
        rows = session.scalars(
            select(AuditEvent)
            .where(AuditEvent.chain == chain, AuditEvent.seq > after)
            .order_by(AuditEvent.seq)
            .limit(page)
        ).all()
        yield from rows
        if len(rows) < page:
            return
        after = rows[-1].seq or 0
        for row in rows:
            session.expunge(row)


def append_only_triggers(dialect: str) -> list[str]:
    """Statements that make the database itself refuse to change or remove a linked event."""
    if dialect == "sqlite":
        return [
            "CREATE TRIGGER audit_event_keeps BEFORE UPDATE ON audit_event WHEN OLD.hash IS NOT NULL"
            " BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END",
            "CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event"
            " BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END",
        ]
    return [
        "CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$",
        "CREATE TRIGGER audit_event_keeps BEFORE UPDATE ON audit_event FOR EACH ROW"
        " WHEN (OLD.hash IS NOT NULL) EXECUTE FUNCTION audit_event_refuse()",
        "CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event FOR EACH ROW"
        " EXECUTE FUNCTION audit_event_refuse()",
        "CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event EXECUTE FUNCTION audit_event_refuse()",
    ]
