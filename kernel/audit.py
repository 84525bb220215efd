"""The audit log: append-only events in hash chains, one chain per organization and one for the installation.

Events that concern grants, money, exports or people are linked at once. *Take* and *submit* write theirs unlinked, so
that nobody waits for the head of the chain; a job links them within seconds (`link_pending`).

Events go to the database together as the last thing of their transaction, so that the head of a chain is held for
that moment alone; a statement that names the log's tables sends them first.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session

from kernel import audit_words, ids, many
from kernel.db import Later, at_end, insert_rows, now_of, session_of
from kernel.errors import Misuse
from kernel.models import AuditEvent, AuditHead
from kernel.policy import Actor

INSTALLATION = "installation"
_ZERO = "0" * 64
_COLUMNS = (
    "id", "at", "actor_ref", "session_ref", "org_id", "action", "object_type", "object_ref",
    "outcome", "reasons", "request_id", "details",
)  # fmt: skip
LINK_WITHIN = timedelta(seconds=60)

_TABLE = cast(Table, AuditEvent.__table__)
_LINK = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("b_id"))
    .values(
        seq=bindparam("b_seq"), prev_hash=bindparam("b_prev"), hash=bindparam("b_hash"), linked_at=bindparam("b_now")
    )
)  # fmt: skip
_WAITING = (
    select(*(_TABLE.c[name] for name in ("chain", *_COLUMNS)))
    .where(_TABLE.c.linked_at.is_(None))
    .order_by(_TABLE.c.at, _TABLE.c.id)
    .limit(bindparam("b_limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
Told = dict[str, Any]  # what an event says, by `_COLUMNS`

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
    words: str = "",
    about: str | None = None,
    link: bool = True,
) -> None:
    """Write one event in the transaction of what it tells. `details` holds references and figures, no personal data:
    what somebody wrote goes into `words`, of which the event keeps a salted hash, and `about` says which person's
    erasure takes them away."""
    owner = org_id or actor.org_id
    if not session.info["writes"]:
        raise Misuse("a write in a reading transaction")
    event_id, given = ids.new_id(), dict(details or {})
    if words:
        if owner is None:
            raise Misuse("words in an event of no organization, which no erasure would find")
        given["words"] = audit_words.keep(session, event_id, owner, words, about)
    told = {
        "id": event_id,
        "chain": owner or INSTALLATION,
        "at": now_of(session),
        "actor_ref": actor.ref[:40] if actor.ref else None,
        "session_ref": actor.session_ref,
        "org_id": owner,
        "action": action,
        "object_type": object_type,
        "object_ref": object_ref,
        "outcome": outcome,
        "reasons": list(reasons),
        "request_id": request_id.get(),
        "details": _plain(given),  # as it is hashed, so that no database reads it back as another number
    }
    session.info.setdefault("log", []).append((told, link))
    at_end(session, "log", write_log)


def write_log(session: Session) -> None:
    """Send what was recorded so far; the events of a chain are linked to its head in the order of their recording."""
    log: list[tuple[dict[str, Any], bool]] = session.info.pop("log", [])
    if not log:
        return
    rows = [Later(told, seq=None, prev_hash=None, hash=None, linked_at=None) for told, _link in log]
    chains: dict[str, list[Later]] = {}
    for row, (told, link) in zip(rows, log, strict=True):
        if link:
            chains.setdefault(told["chain"], []).append(row)
    for chain, linked in sorted(chains.items()):
        head = _locked_head(session, chain)
        for row in linked:
            head = _follow(head, {name: row[name] for name in _COLUMNS}, row)
            row["linked_at"] = now_of(session)
        _move_head(session, head)
    insert_rows(session, _TABLE, rows)


@listens_for(Engine, "before_cursor_execute")
def _write_before_reading(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
    if "audit_event" in statement or "audit_head" in statement:
        session = session_of(connection)
        if session is not None and "log" in session.info:
            write_log(session)


def link_pending(session: Session, limit: int = 1000) -> int:
    """Link events that were written unlinked, oldest first, chain by chain; returns how many."""
    waiting = session.connection().execute(_WAITING, {"b_limit": limit}).all()
    chains: dict[str, list[Told]] = {}
    for chain, *told in waiting:
        chains.setdefault(chain, []).append(dict(zip(_COLUMNS, told, strict=True)))
    for chain, events in sorted(chains.items()):
        _link(session, chain, events)
    return len(waiting)


def _link(session: Session, chain: str, events: list[Told]) -> None:
    """Link events that are written already, all in one statement."""
    head, rows = _locked_head(session, chain), []
    for told in events:
        linked: dict[str, Any] = {}
        head = _follow(head, told, linked)
        rows.append(
            {"b_id": told["id"], "b_seq": linked["seq"], "b_prev": linked["prev_hash"], "b_hash": linked["hash"]}
        )
    _move_head(session, head)
    many.execute_all(session.connection(), _LINK, {"b_now": now_of(session)}, rows)


@dataclass(frozen=True, slots=True)
class _Link:
    """The last link of a chain."""

    chain: str
    seq: int
    hash: str
    at: datetime


def _follow(head: _Link, told: Told, row: dict[str, Any]) -> _Link:
    """The event as the next link after `head`; its place and hashes go to `row`."""
    row["seq"], row["prev_hash"] = head.seq + 1, head.hash
    row["hash"] = _hash(head.chain, row["seq"], head.hash, told)
    return _Link(head.chain, row["seq"], row["hash"], told["at"])


_HEADS = cast(Table, AuditHead.__table__)
_HEAD = select(*_HEADS.columns).where(_HEADS.c.chain == bindparam("b_chain")).with_for_update()
_MOVE = (
    update(_HEADS)
    .where(_HEADS.c.chain == bindparam("b_chain"))
    .values(seq=bindparam("b_seq"), hash=bindparam("b_hash"), at=bindparam("b_at"))
)


def _locked_head(session: Session, chain: str) -> _Link:
    connection, name = session.connection(), {"b_chain": chain}
    row = connection.execute(_HEAD, name).one_or_none()
    if row is None:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        first = {"chain": chain, "seq": 0, "hash": _ZERO, "at": now_of(session)}
        connection.execute(insert(_HEADS).on_conflict_do_nothing(index_elements=["chain"]), first)
        row = connection.execute(_HEAD, name).one()
    return _Link(*row)


def _move_head(session: Session, head: _Link) -> None:
    given = {"b_chain": head.chain, "b_seq": head.seq, "b_hash": head.hash, "b_at": head.at}
    session.connection().execute(_MOVE, given)


def event_hash(event: Any) -> str:
    """SHA-256 over the version, the chain, the place in it, the previous hash and the canonical form of the rest."""
    return _hash(event.chain, event.seq, event.prev_hash, {name: getattr(event, name) for name in _COLUMNS})


def _hash(chain: str, seq: int, prev_hash: str | None, told: Told) -> str:
    rest = _encode(told)  # details have been plain since they were written; what is ASCII has one form only
    rest = rest if rest.isascii() else canonical(told)
    text = "\n".join(("audit-v1", chain, str(seq), prev_hash or _ZERO, rest))
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON with sorted keys, NFC text, UTC microsecond times and no floats, so that equal things hash equally."""
    return _encode(_plain(value))


def _time(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no form in the log")
    return _time_text(value)


@lru_cache(maxsize=1024)
def _time_text(value: datetime) -> str:
    """The form of a time in the log; events that were written together share theirs."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_time).encode


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return repr(value) if isinstance(value, float) else _time(value)


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


@dataclass(frozen=True)
class Head:
    """Where a chain ended when the verification began; what is linked later is the next verification's."""

    chain: str
    seq: int
    hash: str


@dataclass(frozen=True)
class Place:
    """How far a walk has come: the last place that was found right, and its hash."""

    seq: int = 0
    hash: str = _ZERO


Anchors = dict[tuple[str, int], str]


def verify(session: Session, chain: str | None = None, anchors: Anchors | None = None) -> Verdict:
    """Walk the chains: places without a gap, links, hashes, heads, kept anchors, and events left unlinked too long."""
    kept = anchors or {}
    found = heads(session, chain)
    breaches, events = lost_chains(found, kept, chain), 0
    for head in found:
        place, breach = walk(session, head, Place(), kept)
        events += place.seq
        breaches += [breach] if breach else []
    waiting, late = unlinked(session, chain)
    return Verdict(len(found), events, waiting, (*breaches, *late))


def heads(session: Session, chain: str | None = None) -> list[Head]:
    """The end of each chain, or of the one that is asked for.

    A chain whose events outrun its head is no chain that was appended to: its head is told as it stands, and the walk
    finds what lies beyond it.
    """
    statement = select(AuditHead.chain, AuditHead.seq, AuditHead.hash).order_by(AuditHead.chain)
    if chain is not None:
        statement = statement.where(AuditHead.chain == chain)
    known = [Head(row.chain, row.seq, row.hash) for row in session.execute(statement)]
    orphans = select(AuditEvent.chain).where(AuditEvent.seq == 1, AuditEvent.chain.not_in(select(AuditHead.chain)))
    if chain is not None:
        orphans = orphans.where(AuditEvent.chain == chain)
    return known + [Head(name, 0, _ZERO) for name in session.scalars(orphans)]


def lost_chains(found: list[Head], anchors: Anchors, chain: str | None = None) -> list[Breach]:
    """Chains that were anchored once and are not there any more."""
    there = {head.chain for head in found}
    lost = sorted({name for name, _ in anchors if name not in there and chain in (None, name)})
    return [Breach(name, None, "chain_missing") for name in lost]


def unlinked(session: Session, chain: str | None = None) -> tuple[int, list[Breach]]:
    """How many events wait to be linked, and a breach for each chain in which one has waited too long."""
    statement = (
        select(AuditEvent.chain, func.count().label("events"), func.min(AuditEvent.at).label("oldest"))
        .where(AuditEvent.linked_at.is_(None))
        .group_by(AuditEvent.chain)
        .order_by(AuditEvent.chain)
    )
    if chain is not None:
        statement = statement.where(AuditEvent.chain == chain)
    rows = session.execute(statement).all()
    late = now_of(session) - LINK_WITHIN
    return sum(row.events for row in rows), [Breach(row.chain, None, "unlinked") for row in rows if row.oldest < late]


def walk(
    session: Session, head: Head, place: Place, anchors: Anchors, limit: int | None = None
) -> tuple[Place, Breach | None]:
    """Go on from `place`, at most `limit` events far; returns the place reached and the first breach met.

    The walk is over when the place is the head's, or with a breach.
    """
    last = head.seq if limit is None else min(head.seq, place.seq + limit)
    for event, has_changed_words in _linked(session, head.chain, place.seq, last):
        kind = _fault(event, place, anchors) or ("words" if has_changed_words else None)
        if kind:
            return place, Breach(head.chain, place.seq + 1, kind)
        place = Place(event.seq, event.hash)
    if place.seq < last:
        return place, Breach(head.chain, place.seq + 1, "truncated")
    return place, _end_fault(session, head, place, anchors) if last == head.seq else None


def _fault(event: Any, place: Place, anchors: Anchors) -> str | None:
    if event.seq != place.seq + 1:
        return "gap"
    if event.prev_hash != place.hash:
        return "link"
    if event.hash != _hash(event.chain, event.seq, event.prev_hash, dict(zip(_COLUMNS, event[4:], strict=True))):
        return "content"
    return "anchor" if anchors.get((event.chain, event.seq), event.hash) != event.hash else None


def _end_fault(session: Session, head: Head, place: Place, anchors: Anchors) -> Breach | None:
    if head.hash != place.hash:
        return Breach(head.chain, head.seq, "head")
    missing = sorted(seq for name, seq in anchors if name == head.chain and seq > head.seq)
    if missing:
        return Breach(head.chain, missing[0], "anchor_missing")
    # The last event is read before the head, which moves in the same transaction: it can only be behind it.
    top = session.scalar(select(func.max(AuditEvent.seq)).where(AuditEvent.chain == head.chain)) or 0
    now = session.scalar(select(AuditHead.seq).where(AuditHead.chain == head.chain)) or 0
    return Breach(head.chain, now + 1, "beyond_head") if top > now else None


def _linked(session: Session, chain: str, after: int, last: int, page: int = 2000) -> Iterator[tuple[Any, bool]]:
    """The events of a stretch of a chain, each with whether its words were changed."""
    while after < last:
        given = {"b_chain": chain, "b_after": after, "b_last": last, "b_limit": page}
        rows = session.connection().execute(_LINKED, given).all()
        changed = audit_words.changed(session, rows)
        for row in rows:
            yield row, row.id in changed
        if len(rows) < page:
            return
        after = rows[-1].seq


_LINKED = (
    select(*(_TABLE.c[name] for name in ("chain", "seq", "prev_hash", "hash", *_COLUMNS)))
    .where(
        _TABLE.c.chain == bindparam("b_chain"), _TABLE.c.seq > bindparam("b_after"), _TABLE.c.seq <= bindparam("b_last")
    )
    .order_by(_TABLE.c.seq)
    .limit(bindparam("b_limit", type_=Integer))
)


def append_only_triggers(dialect: str) -> list[str]:
    """Statements that make the database itself refuse to change or remove an event; linking it is all that remains."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    told = ("chain", *_COLUMNS)
    changed = " OR ".join(["OLD.hash IS NOT NULL", *(f"OLD.{name} {differs} NEW.{name}" for name in told)])
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER audit_event_keeps BEFORE UPDATE ON audit_event WHEN {changed}"
            " BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END",
            "CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event"
            " BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END",
        ]
    return [
        "CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$",
        "CREATE TRIGGER audit_event_keeps BEFORE UPDATE ON audit_event FOR EACH ROW"
        f" WHEN ({changed}) EXECUTE FUNCTION audit_event_refuse()",
        "CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event FOR EACH ROW"
        " EXECUTE FUNCTION audit_event_refuse()",
        "CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event EXECUTE FUNCTION audit_event_refuse()",
    ]
