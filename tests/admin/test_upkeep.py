"""Upkeep: what is over goes after its time and not before, and figures are counted by a job."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from admin.jobs import measure, prune
from admin.operations import upkeep
from admin.queries import machinery
from kernel import clock, jobs
from kernel.db import Database
from kernel.models import Idempotency, OutboxEvent, OutgoingMail, RateBucket
from kernel.policy import system_actor
from kernel.tenancy import Scope
from tests.marketplace.desk import Desk

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SYSTEM = Scope.system("test")


def old(name: str, days: float, job: str, **more: datetime) -> OutboxEvent:
    at = NOW - timedelta(days=days)
    values = {"done_at": at, **more}
    return OutboxEvent(
        id=name, job=job, queue="default", args={}, created_at=at, available_at=at, attempts=1, progress=0, **values
    )


def names(db: Database) -> set[str]:
    with db.reading(SYSTEM) as session:
        return set(session.scalars(select(OutboxEvent.id)))


def test_jobs_that_are_done_go_after_a_week_and_those_of_the_schedule_after_a_day(db: Database) -> None:
    with clock.use_clock(lambda: NOW), db.transaction(SYSTEM) as session:
        session.add_all(
            [
                old("week", 7.1, "marketplace.build_release"), old("fresh", 6.9, "marketplace.build_release"),
                old("tick", 1.1, "admin.link_audit"), old("fresh-tick", 0.9, "admin.link_audit"),
                old("dead", 30, "x", done_at=None, dead_at=NOW),  # type: ignore[arg-type]
                old("waiting", 30, "x", done_at=None),  # type: ignore[arg-type]
            ]
        )  # fmt: skip
        session.flush()
        assert upkeep.prune(session, system_actor("test"))["jobs"] == 2
    assert names(db) == {"fresh", "fresh-tick", "dead", "waiting"}


def test_keys_go_after_a_week_and_windows_after_a_day(db: Database) -> None:
    def key(name: str, days: float) -> Idempotency:
        return Idempotency(
            actor_id="a", route="r", key=name, request_hash="h", status_code=201, body="{}",
            created_at=NOW - timedelta(days=days),
        )  # fmt: skip

    with clock.use_clock(lambda: NOW), db.transaction(SYSTEM) as session:
        session.add_all([key("old-key", 7.1), key("new-key", 6.9)])
        session.add_all(
            RateBucket(key=name, window_ends_at=NOW - timedelta(days=days), count=1)
            for name, days in (("old", 1.1), ("new", 0.9))
        )
        session.add_all(
            OutgoingMail(created_at=NOW - timedelta(days=9), sent_at=sent)
            for sent in (NOW - timedelta(days=8), NOW - timedelta(days=6), None)
        )
        session.flush()
        assert upkeep.prune(session, system_actor("test")) == {"keys": 1, "jobs": 0, "windows": 1, "letters": 1}
        assert session.scalars(select(Idempotency.key)).all() == ["new-key"]
        assert session.scalars(select(RateBucket.key)).all() == ["new"]
        assert len(session.scalars(select(OutgoingMail.id)).all()) == 2


def test_much_is_removed_portion_by_portion(db: Database, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(upkeep, "PORTION", 3)
    monkeypatch.setattr(upkeep.prune, "__defaults__", (3,))
    with clock.use_clock(lambda: NOW):
        with db.transaction(SYSTEM) as session:
            session.add_all([old(f"old-{number}", 8, "x") for number in range(8)])
            event_id = jobs.enqueue(session, prune)
        assert event_id is not None
        assert jobs.run_event(db, event_id) == "done"
        with db.reading(SYSTEM) as session:
            done = jobs.progress(session, event_id)
    assert done is not None
    assert done.result == {"keys": 0, "jobs": 8, "windows": 0, "letters": 0, "halves": 0}
    assert names(db) == {event_id}


def test_figures_are_counted_by_a_job_and_read_by_the_page(desk: Desk) -> None:
    with desk.db.reading(SYSTEM) as session:
        assert machinery.measurement(session) is None
    for person in (0, 1):
        task = desk.take(person)
        assert task is not None
        desk.answer(person, task)
    desk.market.later(days=1)
    task = desk.take(2)
    assert task is not None
    desk.answer(2, task)
    with clock.use_clock(lambda: desk.market.now):
        with desk.db.transaction(SYSTEM) as session:
            event_id = jobs.enqueue(session, measure)
        assert event_id is not None
        assert jobs.run_event(desk.db, event_id) == "done"
        with desk.db.reading(SYSTEM) as session:
            figures = machinery.measurement(session)
    assert figures is not None
    first = desk.market.now.date() - timedelta(days=1)
    assert figures.judgments == {first: 2, desk.market.now.date(): 1}
    assert (figures.organizations, figures.people) == ({"client": 2, "vendor": 2}, {"active": 3})
    assert figures.accounts == 3
