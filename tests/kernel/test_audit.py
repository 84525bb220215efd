"""The audit log: chains that show every change, removal, cut and rewrite; and a database that refuses them anyway."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel import audit, audit_words
from kernel.audit import Breach
from kernel.db import Database
from kernel.errors import Misuse
from kernel.models import AuditEvent, AuditHead
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from tests.kernel.conftest import NOW, Time

SYSTEM = Scope.system("test")
VERA = Actor("vera", "vendor", Role.VENDOR_MANAGER, session_ref="session-1")


def write(db: Database, *names: str, org_id: str | None = "vendor", link: bool = True) -> None:
    """One event in a transaction of its own for each name."""
    for name in names:
        with db.transaction(SYSTEM) as session:
            audit.record(session, VERA, name, "pool", "pool-1", org_id=org_id, details={"n": 1}, link=link)


def events(db: Database, chain: str = "vendor") -> list[AuditEvent]:
    with db.reading(SYSTEM) as session:
        statement = select(AuditEvent).where(AuditEvent.chain == chain).order_by(AuditEvent.seq)
        return list(session.scalars(statement))


def verdict(db: Database, **more: Any) -> audit.Verdict:
    with db.reading(SYSTEM) as session:
        return audit.verify(session, **more)


@contextmanager
def rogue(db: Database) -> Iterator[Connection]:
    """Somebody who owns the database: triggers are off, and everything can be written."""
    with db.engine.begin() as connection:
        for name in ("keeps", "stays"):
            table = " ON audit_event" if not db.is_sqlite else ""
            connection.exec_driver_sql(f"DROP TRIGGER audit_event_{name}{table}")
        yield connection


def test_an_event_says_who_did_what_to_what_and_is_linked_at_once(db: Database, time: Time) -> None:
    write(db, "pool.created", "pool.changed")
    first, second = events(db)
    assert (first.actor_ref, first.session_ref, first.org_id, first.at) == ("vera", "session-1", "vendor", NOW)
    assert (first.seq, second.seq) == (1, 2)
    assert first.prev_hash == "0" * 64
    assert second.prev_hash == first.hash
    assert verdict(db) == audit.Verdict(1, 2, 0, ())


def test_the_hash_is_worked_out_from_what_stands_there() -> None:
    event = AuditEvent(
        id="e1", chain="vendor", seq=1, at=NOW, actor_ref="vera", session_ref=None, org_id="vendor",
        action="pool.created", object_type="pool", object_ref="p1", outcome="done", reasons=[], request_id=None,
        details={"ä": 1}, prev_hash="0" * 64,
    )  # fmt: skip
    rest = (
        '{"action":"pool.created","actor_ref":"vera","at":"2026-03-04T09:00:00.000000Z","details":{"ä":1},"id":"e1",'
        '"object_ref":"p1","object_type":"pool","org_id":"vendor","outcome":"done","reasons":[],"request_id":null,'
        '"session_ref":null}'
    )
    import hashlib

    expected = hashlib.sha256(f"audit-v1\nvendor\n1\n{'0' * 64}\n{rest}".encode()).hexdigest()
    assert audit.event_hash(event) == expected


def test_each_organization_has_a_chain_and_the_installation_has_one(db: Database, time: Time) -> None:
    write(db, "pool.created")
    write(db, "release.accepted", org_id="client")
    with db.transaction(SYSTEM) as session:
        audit.record(session, system_actor("test"), "audit.verified", "verification", None)
    assert [len(events(db, chain)) for chain in ("vendor", "client", audit.INSTALLATION)] == [1, 1, 1]
    assert verdict(db) == audit.Verdict(3, 3, 0, ())
    assert verdict(db, chain="client") == audit.Verdict(1, 1, 0, ())


def test_equal_things_hash_equally_on_either_database(db: Database, time: Time) -> None:
    odd = {
        "float": 1e16,
        "small": 0.1,
        "minus": -0.0,
        "nested": {"b": [1, (2, 3)], "a": "e\u0301"},
        "at": NOW,
        "n": None,
    }
    with db.transaction(SYSTEM) as session:
        audit.record(session, VERA, "x", "pool", None, reasons=("B", "A"), details=odd)
    assert verdict(db).ok
    assert events(db)[0].details == {
        "float": "1e+16", "small": "0.1", "minus": "-0.0", "nested": {"b": [1, [2, 3]], "a": "\u00e9"},
        "at": "2026-03-04T09:00:00.000000Z", "n": None,
    }  # fmt: skip


def test_an_event_is_rolled_back_with_what_it_tells(db: Database, time: Time) -> None:
    write(db, "a")
    with pytest.raises(RuntimeError), db.transaction(SYSTEM) as session:
        audit.record(session, VERA, "b", "pool", None)
        raise RuntimeError
    write(db, "c")
    assert [(event.seq, event.action) for event in events(db)] == [(1, "a"), (2, "c")]
    assert verdict(db).ok


def test_events_written_unlinked_are_linked_later_in_their_order(db: Database, time: Time) -> None:
    for name in ("a", "b"):
        write(db, name, link=False)
        time.passes(seconds=1)
    write(db, "c")
    assert verdict(db) == audit.Verdict(1, 1, 2, ())
    with db.transaction(SYSTEM) as session:
        assert audit.link_pending(session) == 2
    assert [event.action for event in events(db)] == ["c", "a", "b"]
    assert verdict(db) == audit.Verdict(1, 3, 0, ())


def test_an_event_left_unlinked_for_a_minute_is_a_breach(db: Database, time: Time) -> None:
    write(db, "a", link=False)
    time.passes(seconds=60)
    assert verdict(db).ok
    time.passes(microseconds=1)
    assert verdict(db).breaches == (Breach("vendor", None, "unlinked"),)
    assert verdict(db, chain="client").ok


def test_linking_goes_on_by_portions(db: Database, time: Time) -> None:
    for _ in range(5):
        write(db, "a", link=False)
    with db.transaction(SYSTEM) as session:
        assert [audit.link_pending(session, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert verdict(db).ok


CHANGES = [
    ("UPDATE audit_event SET action = 'pool.renamed' WHERE seq = 2", "content"),
    ("UPDATE audit_event SET actor_ref = 'somebody' WHERE seq = 2", "content"),
    ("UPDATE audit_event SET outcome = 'denied' WHERE seq = 2", "content"),
    ("UPDATE audit_event SET object_ref = NULL WHERE seq = 2", "content"),
    ("""UPDATE audit_event SET details = '{"n": 2}' WHERE seq = 2""", "content"),
    ("UPDATE audit_event SET at = '2026-03-04 09:00:00.000001' WHERE seq = 2", "content"),
    ("UPDATE audit_event SET prev_hash = hash WHERE seq = 2", "link"),
    ("DELETE FROM audit_event WHERE seq = 2", "gap"),
    ("UPDATE audit_event SET seq = 9 WHERE seq = 2", "gap"),
]


@pytest.mark.parametrize(("change", "kind"), CHANGES)
def test_a_change_is_found_at_its_place(db: Database, time: Time, change: str, kind: str) -> None:
    write(db, "a", "b", "c")
    with rogue(db) as connection:
        connection.exec_driver_sql(change)
    assert verdict(db).breaches == (Breach("vendor", 2, kind),)


def test_a_cut_at_the_end_is_found_by_the_head(db: Database, time: Time) -> None:
    write(db, "a", "b", "c")
    with rogue(db) as connection:
        connection.exec_driver_sql("DELETE FROM audit_event WHERE seq = 3")
    assert verdict(db).breaches == (Breach("vendor", 3, "truncated"),)


def test_a_head_that_was_turned_back_is_found(db: Database, time: Time) -> None:
    write(db, "a", "b", "c")
    second = events(db)[1]
    with rogue(db) as connection:
        connection.exec_driver_sql(f"UPDATE audit_head SET seq = 2, hash = '{second.hash}'")
    assert verdict(db).breaches == (Breach("vendor", 3, "beyond_head"),)


def test_a_head_that_was_removed_is_found(db: Database, time: Time) -> None:
    write(db, "a", "b")
    with rogue(db) as connection:
        connection.exec_driver_sql("DELETE FROM audit_head")
    assert verdict(db).breaches == (Breach("vendor", 1, "beyond_head"),)


def anchored(db: Database) -> audit.Anchors:
    with db.reading(SYSTEM) as session:
        return {(head.chain, head.seq): head.hash for head in audit.heads(session)}


def test_a_cut_that_moves_the_head_as_well_is_found_by_an_anchor(db: Database, time: Time) -> None:
    write(db, "a", "b", "c")
    kept, second = anchored(db), events(db)[1]
    with rogue(db) as connection:
        connection.exec_driver_sql("DELETE FROM audit_event WHERE seq = 3")
        connection.exec_driver_sql(f"UPDATE audit_head SET seq = 2, hash = '{second.hash}'")
    assert verdict(db).ok  # the chain alone cannot tell
    assert verdict(db, anchors=kept).breaches == (Breach("vendor", 3, "anchor_missing"),)


def test_a_rewrite_of_everything_is_found_by_an_anchor(db: Database, time: Time) -> None:
    write(db, "a", "b", "c")
    kept = anchored(db)
    with rogue(db) as connection:
        connection.exec_driver_sql("DELETE FROM audit_event")
        connection.exec_driver_sql("DELETE FROM audit_head")
    write(db, "a", "innocent", "c")
    assert verdict(db).ok
    assert verdict(db, anchors=kept).breaches == (Breach("vendor", 3, "anchor"),)


def test_a_chain_that_is_gone_altogether_is_found_by_an_anchor(db: Database, time: Time) -> None:
    write(db, "a")
    kept = anchored(db)
    with rogue(db) as connection:
        connection.exec_driver_sql("DELETE FROM audit_event")
        connection.exec_driver_sql("DELETE FROM audit_head")
    assert verdict(db).ok
    assert verdict(db, anchors=kept).breaches == (Breach("vendor", None, "chain_missing"),)


def test_old_anchors_go_on_to_hold_while_the_chain_grows(db: Database, time: Time) -> None:
    write(db, "a", "b")
    kept = anchored(db)
    write(db, "c")
    assert verdict(db, anchors=kept).ok


def test_a_walk_in_portions_finds_what_one_walk_finds(db: Database, time: Time) -> None:
    write(db, *"abcdefg")
    with db.reading(SYSTEM) as session:
        (head,) = audit.heads(session)
        place, places = audit.Place(), []
        while place.seq < head.seq:
            place, breach = audit.walk(session, head, place, {}, limit=3)
            places.append(place.seq)
            assert breach is None
    assert places == [3, 6, 7]


def test_words_lie_beside_their_event_and_are_forgotten_or_found_changed(db: Database, time: Time) -> None:
    with db.transaction(SYSTEM) as session:
        for about in ("ann", "ben", None):
            audit.record(session, VERA, "x", "pool", None, words=f"because of {about}", about=about)
        with pytest.raises(Misuse, match="no organization"):
            audit.record(session, system_actor("test"), "x", "pool", None, words="whose?")
    told = events(db)
    assert not any("because" in str(event.details) for event in told) and verdict(db).ok
    with db.transaction(SYSTEM) as session:
        audit_words.forget(session, "ann")
        assert sorted(audit_words.words_of(session, [event.id for event in told]).values()) == [
            "because of None", "because of ben",
        ]  # fmt: skip
    assert verdict(db).ok, "what was forgotten is no fault"
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_words SET words = 'for another reason' WHERE about_id = 'ben'")
    assert verdict(db).breaches == (Breach("vendor", 2, "words"),)


def test_the_database_itself_refuses_to_change_or_remove_an_event(db: Database, time: Time) -> None:
    write(db, "linked")
    write(db, "waiting", link=False)
    for statement in (
        "UPDATE audit_event SET action = 'x' WHERE action = 'linked'",
        "UPDATE audit_event SET hash = 'x' WHERE action = 'linked'",
        "UPDATE audit_event SET action = 'x' WHERE action = 'waiting'",
        "DELETE FROM audit_event WHERE action = 'linked'",
        "DELETE FROM audit_event WHERE action = 'waiting'",
    ):
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_the_log_cannot_be_emptied(db_postgresql: Database, time: Time) -> None:
    write(db_postgresql, "a")
    with pytest.raises(DBAPIError, match="append-only"), db_postgresql.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE audit_event")


def together(act: Any, times: int) -> None:
    """The act in several threads that start at the same moment, each told its number."""
    barrier, faults = threading.Barrier(times), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            act(number)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=copy_context().run, args=(run, number)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []


def test_fifty_writers_at_once_leave_one_chain_without_a_gap(db_postgresql: Database) -> None:
    database = Database(db_postgresql.url, pool_size=50)

    def act(number: int) -> None:
        def once(session: Session) -> None:
            audit.record(session, VERA, f"act-{number}", "pool", None)

        for _ in range(2):
            database.run(Scope.tenant("vendor"), once)

    together(act, 50)
    database.dispose()
    assert [event.seq for event in events(db_postgresql)] == list(range(1, 101))
    assert len({event.action for event in events(db_postgresql)}) == 50
    assert verdict(db_postgresql).ok


def test_two_linkers_at_once_link_each_event_once(db_postgresql: Database, time: Time) -> None:
    for _ in range(20):
        write(db_postgresql, "a", link=False)
    together(lambda _: db_postgresql.run(SYSTEM, audit.link_pending), 3)
    db_postgresql.run(SYSTEM, audit.link_pending)
    assert [event.seq for event in events(db_postgresql)] == list(range(1, 21))
    assert verdict(db_postgresql).ok


def test_a_verification_while_others_write_finds_no_fault(db_postgresql: Database) -> None:
    write(db_postgresql, "a")
    found: list[audit.Verdict] = []

    def act(number: int) -> None:
        if number:
            write(db_postgresql, *(["a"] * 15))
        else:
            found.extend(verdict(db_postgresql) for _ in range(15))

    together(act, 3)
    assert [one.breaches for one in found] == [()] * 15


def test_a_tenant_can_write_to_the_chain_of_whom_it_concerns(db: Database, time: Time) -> None:
    with db.transaction(Scope.tenant("vendor")) as session:
        audit.record(session, VERA, "a", "pool", None)
        audit.record(session, VERA, "b", "pool", None, org_id="client")
        assert session.scalar(select(AuditHead.seq).where(AuditHead.chain == "client")) == 1
    assert verdict(db).ok
