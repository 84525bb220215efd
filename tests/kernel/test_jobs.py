"""Jobs: asked for with a commit, carried at least once, done once, tried again, and dead in plain sight."""

import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as event_of_sqlalchemy
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from kernel import jobs, queue
from kernel.db import Database, now_of
from kernel.errors import Misuse
from kernel.models import OutboxEvent, RateBucket, Schedule
from kernel.policy import Actor
from kernel.tenancy import Power, Scope
from kernel.ticker import sweep
from tests.kernel.conftest import NOW, Time

SYSTEM = Scope.system("test")


class Recorder:
    """A transport that notes what it is given, and takes it or not."""

    def __init__(self, takes: bool = True) -> None:
        self.takes = takes
        self.sent: list[tuple[str, str, int]] = []

    def send(self, queue: str, event_id: str, attempt: int) -> bool:
        self.sent.append((queue, event_id, attempt))
        return self.takes


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of a test are gone with it."""
    monkeypatch.setattr(jobs, "REGISTRY", {})
    monkeypatch.setattr(jobs, "PERIODIC", {})


@pytest.fixture
def transport() -> Iterator[Recorder]:
    recorder = Recorder()
    queue.use_transport(recorder)
    yield recorder


def count(session: Session, key: str) -> None:
    """The effect of a job: a number in the database that tells how often it happened."""
    row = session.get(RateBucket, key)
    if row is None:
        session.add(RateBucket(key=key, window_ends_at=NOW, count=1))
    else:
        row.count += 1


def counted(db: Database, key: str) -> int:
    with db.reading(SYSTEM) as session:
        return session.scalar(select(RateBucket.count).where(RateBucket.key == key)) or 0


def event(db: Database, event_id: str) -> OutboxEvent:
    with db.reading(SYSTEM) as session:
        return session.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id)).one()


def ask(db: Database, what: jobs.Job, **more: Any) -> str:
    with db.transaction(SYSTEM) as session:
        event_id = jobs.enqueue(session, what, **more)
    assert event_id is not None
    return event_id


def counting() -> jobs.Job:
    @jobs.job()
    def note(session: Session, actor: Actor, key: str) -> dict[str, Any]:
        count(session, key)
        return {"key": key}

    return note


def failing(times: int, **options: Any) -> jobs.Job:
    """A job that writes, and then raises as often as it is told to."""
    left = [times]

    @jobs.job(**options)
    def fail(session: Session, actor: Actor) -> None:
        count(session, "tried")
        session.flush()
        if left[0] > 0:
            left[0] -= 1
            raise RuntimeError("the other side is away")

    return fail


def test_a_job_is_carried_with_its_arguments_and_its_result_is_kept(db: Database, time: Time) -> None:
    event_id = ask(db, counting(), key="a")
    assert jobs.run_event(db, event_id) == "done"
    assert counted(db, "a") == 1
    done = event(db, event_id)
    assert (done.done_at, done.attempts, done.result, done.claimed_until) == (NOW, 1, {"key": "a"}, None)


def test_twice_is_the_same_as_once(db: Database, time: Time) -> None:
    event_id = ask(db, counting(), key="a")
    assert [jobs.run_event(db, event_id) for _ in range(3)] == ["done", "gone", "gone"]
    assert counted(db, "a") == 1


def test_a_transaction_that_is_rolled_back_asks_for_nothing(db: Database, time: Time, transport: Recorder) -> None:
    with pytest.raises(RuntimeError), db.transaction(SYSTEM) as session:
        jobs.enqueue(session, counting(), key="a")
        raise RuntimeError
    assert transport.sent == []
    assert jobs.drain(db) == 0


def test_an_id_is_handed_on_after_the_commit_and_not_before(db: Database, time: Time, transport: Recorder) -> None:
    with db.transaction(SYSTEM) as session:
        event_id = jobs.enqueue(session, counting(), key="a")
        assert transport.sent == []
    assert transport.sent == [("default", event_id, 0)]


def test_the_same_wish_is_taken_once(db: Database, time: Time) -> None:
    what = counting()
    ask(db, what, dedupe="lane-1", key="a")
    with db.transaction(SYSTEM) as session:
        assert jobs.enqueue(session, what, dedupe="lane-1", key="a") is None
        assert jobs.enqueue(session, what, dedupe="lane-2", key="a") is not None
    assert jobs.drain(db) == 2
    assert counted(db, "a") == 2


def test_two_at_once_with_one_wish_make_one_row(db: Database, time: Time) -> None:
    what = counting()
    together(lambda: db.run(SYSTEM, lambda session: jobs.enqueue(session, what, dedupe="lane-1", key="a")), 4)
    assert jobs.drain(db) == 1


def test_a_job_for_later_waits_for_its_time(db: Database, time: Time, transport: Recorder) -> None:
    event_id = ask(db, counting(), at=NOW + timedelta(hours=1), key="a")
    assert transport.sent == []
    assert jobs.run_event(db, event_id) == "gone"
    assert jobs.drain(db) == 0
    time.passes(hours=1)
    assert jobs.drain(db) == 1


def test_a_job_that_raises_leaves_nothing_and_is_tried_again(db: Database, time: Time) -> None:
    event_id = ask(db, failing(1))
    assert jobs.run_event(db, event_id) == "retry"
    assert counted(db, "tried") == 0
    failed = event(db, event_id)
    assert failed.last_error == "RuntimeError: the other side is away\n"
    assert (failed.attempts, failed.available_at) == (1, NOW + timedelta(seconds=10))
    assert jobs.run_event(db, event_id) == "gone"  # not before its time
    time.passes(seconds=10)
    assert jobs.run_event(db, event_id) == "done"
    assert counted(db, "tried") == 1
    assert event(db, event_id).last_error is None


def test_a_job_is_dead_after_eight_attempts_and_left_alone(db: Database, time: Time) -> None:
    event_id = ask(db, failing(100))
    waits = []
    for _ in range(8):
        before = time.now
        outcome = jobs.run_event(db, event_id)
        waits.append(int((event(db, event_id).available_at - before).total_seconds()))
        time.passes(hours=1)
    assert outcome == "dead"
    assert waits[:7] == [10, 20, 40, 80, 160, 320, 640]
    dead = event(db, event_id)
    assert (dead.attempts, dead.dead_at, dead.done_at) == (8, NOW + timedelta(hours=7), None)
    assert jobs.drain(db) == 0
    assert counted(db, "tried") == 0


def test_backoff_never_exceeds_an_hour() -> None:
    assert [int(jobs.backoff(n).total_seconds()) for n in (1, 2, 9, 10, 40)] == [10, 20, 2560, 3600, 3600]


def test_a_job_with_fewer_attempts_dies_sooner(db: Database, time: Time) -> None:
    event_id = ask(db, failing(100, attempts=1))
    assert jobs.run_event(db, event_id) == "dead"


def test_a_job_that_no_worker_knows_is_dead_at_once(db: Database, time: Time) -> None:
    event_id = ask(db, counting(), key="a")
    jobs.REGISTRY.clear()
    assert jobs.run_event(db, event_id) == "dead"
    assert event(db, event_id).last_error == "kernel.errors.Misuse: no worker knows the job tests.note\n"


def test_one_bad_job_does_not_hold_up_the_others(db: Database, time: Time) -> None:
    ask(db, failing(100))
    ask(db, counting(), key="a")
    assert jobs.drain(db) == 2
    assert counted(db, "a") == 1


def test_a_crash_counts_as_an_attempt_and_the_claim_runs_out(db: Database, time: Time) -> None:
    event_id = ask(db, counting(), key="a")
    crash(db, event_id)
    assert jobs.run_event(db, event_id) == "gone"  # still claimed
    time.passes(minutes=10, seconds=1)
    assert jobs.run_event(db, event_id) == "done"
    assert event(db, event_id).attempts == 2


def test_a_job_that_crashes_its_worker_every_time_is_dead_in_the_end(db: Database, time: Time) -> None:
    event_id = ask(db, counting(), key="a")
    for _ in range(8):
        crash(db, event_id)
        time.passes(minutes=10, seconds=1)
    assert jobs.run_event(db, event_id) == "dead"
    assert counted(db, "a") == 0
    assert "crashed at every attempt" in (event(db, event_id).last_error or "")


def crash(db: Database, event_id: str) -> None:
    """A worker claims, and is never heard of again."""
    claimed = db.run(SYSTEM, lambda session: jobs._claim(session, event_id))
    assert claimed is not None


def test_two_runners_at_once_carry_a_job_once(db: Database) -> None:
    event_id = ask(db, counting(), key="a")
    outcomes = together(lambda: jobs.run_event(db, event_id), 4)
    assert sorted(outcomes) == ["done", "gone", "gone", "gone"]
    assert counted(db, "a") == 1


def test_a_runner_that_lost_its_claim_undoes_its_work(db: Database, time: Time) -> None:
    @jobs.job()
    def slow(session: Session, actor: Actor) -> None:
        count(session, "a")
        if len(outcomes) == 0:
            outcomes.append("first")
            session.rollback()  # the connection sleeps while another runner takes over
            time.passes(minutes=11)
            outcomes.append(jobs.run_event(db, event_id))
            count(session, "a")

    outcomes: list[str] = []
    event_id = ask(db, slow)
    outcomes.append(jobs.run_event(db, event_id))
    assert outcomes == ["first", "done", "gone"]
    assert counted(db, "a") == 1
    assert event(db, event_id).last_error is None


def together(act: Callable[[], Any], times: int) -> list[Any]:
    """The act in several threads that start at the same moment; what each returned."""
    barrier, found, faults = threading.Barrier(times), [], []

    def run() -> None:
        barrier.wait()
        try:
            found.append(act())
        except Exception as fault:
            faults.append(fault)

    # Each thread gets a copy of our context, and with it the clock of the test.
    threads = [threading.Thread(target=copy_context().run, args=(run,)) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    return found


def test_a_job_acts_in_the_tenant_that_it_was_asked_for(db: Database, time: Time) -> None:
    seen: list[tuple[Power, str | None, str | None]] = []

    def see(session: Session, actor: Actor) -> None:
        scope = session.info["moment"].scope
        seen.append((scope.power, scope.org_id, actor.ref))

    plain, gold = jobs.job()(see), jobs.job(gold=True)(lambda session, actor: see(session, actor))
    ask(db, plain)
    ask(db, plain, org_id="client-a")
    ask(db, gold, org_id="client-a")
    jobs.drain(db)
    assert seen == [
        (Power.SYSTEM, None, "system:tests.see"),
        (Power.TENANT, "client-a", "system:tests.see"),
        (Power.GOLD, "client-a", "system:tests.<lambda>"),
    ]


def test_a_long_job_goes_on_from_its_place_after_a_crash(db: Database, time: Time) -> None:
    crashes = [True]

    @jobs.job(long=True)
    def chew(work: jobs.Work) -> dict[str, Any]:
        for number in range(work.step.get("next", 0), 5):
            with work.transaction() as session:
                count(session, f"chunk-{number}")
                work.advance(session, number + 1, 5, next=number + 1)
                if number == 3 and crashes.pop(0):
                    raise SystemExit  # nothing catches it: the process is gone, in the middle of the fourth chunk
        return {"chunks": 5}

    event_id = ask(db, chew)
    with pytest.raises(SystemExit):
        jobs.run_event(db, event_id)
    stopped = event(db, event_id)
    assert (stopped.progress, stopped.total, stopped.step, stopped.done_at) == (3, 5, {"next": 3}, None)
    time.passes(minutes=10, seconds=1)
    crashes.append(False)
    assert jobs.run_event(db, event_id) == "done"
    assert [counted(db, f"chunk-{number}") for number in range(5)] == [1, 1, 1, 1, 1]
    assert event(db, event_id).result == {"chunks": 5}


def test_a_long_job_does_something_with_each_of_many_and_shows_how_far_it_is(db: Database) -> None:
    def act(session: Session, actor: Actor, thing: str) -> int:
        count(session, thing)
        return len(thing)

    @jobs.job(long=True)
    def chew(work: jobs.Work) -> dict[str, Any]:
        return {"letters": work.each(["ab", "cde"], act)}

    event_id = ask(db, chew)
    assert jobs.run_event(db, event_id) == "done"
    over = event(db, event_id)
    assert (over.result, over.progress, over.total) == ({"letters": 5}, 2, 2)
    assert [counted(db, thing) for thing in ("ab", "cde")] == [1, 1]


def test_a_long_job_that_was_taken_over_cannot_write_its_next_chunk(db: Database, time: Time) -> None:
    @jobs.job(long=True)
    def chew(work: jobs.Work) -> None:
        if work.attempt == 1:
            time.passes(minutes=11)
            assert jobs.run_event(db, event_id) == "done"
        with work.transaction() as session:
            count(session, "chunk")
            work.advance(session, 1)

    event_id = ask(db, chew)
    assert jobs.run_event(db, event_id) == "gone"
    assert counted(db, "chunk") == 1


def test_progress_is_told_to_the_organization_that_asked_and_to_no_other(db: Database, time: Time) -> None:
    event_id = ask(db, counting(), org_id="client-a", key="a")
    with db.reading(Scope.tenant("client-a")) as session:
        waiting = jobs.progress(session, event_id)
    with db.reading(Scope.tenant("client-b")) as session:
        assert jobs.progress(session, event_id) is None
        assert jobs.progress(session, "nothing") is None
    jobs.run_event(db, event_id)
    with db.reading(Scope.tenant("client-a")) as session:
        done = jobs.progress(session, event_id)
    assert waiting and done and (waiting.state, done.state, done.result) == ("waiting", "done", {"key": "a"})


def test_without_a_queue_the_sweep_carries_what_is_due(db: Database, time: Time) -> None:
    queue.use_transport(Recorder(takes=False))
    ask(db, counting(), key="a")
    assert sweep(db) == 1
    assert counted(db, "a") == 1


def test_what_the_queue_lost_is_sent_again_by_the_sweep(db: Database, time: Time, transport: Recorder) -> None:
    event_id = ask(db, counting(), key="a")
    transport.sent.clear()  # Redis was flushed
    assert sweep(db) == 1
    assert transport.sent == [("default", event_id, 0)]


def test_a_periodic_job_starts_once_in_each_period_however_many_ask(db: Database, time: Time) -> None:
    @jobs.job(every=timedelta(minutes=5))
    def tick(session: Session, actor: Actor) -> None:
        count(session, "tick")

    assert [jobs.start_periodic(db) for _ in range(3)] == [1, 0, 0]
    jobs.drain(db)
    time.passes(minutes=4, seconds=59)
    assert jobs.start_periodic(db) == 0
    time.passes(seconds=1)
    assert sorted(together(lambda: jobs.start_periodic(db), 3)) == [0, 0, 1]
    jobs.drain(db)
    assert counted(db, "tick") == 2


def test_a_periodic_job_does_not_pile_up_while_nobody_works(db: Database, time: Time) -> None:
    @jobs.job(every=timedelta(minutes=5))
    def tick(session: Session, actor: Actor) -> None:
        count(session, "tick")

    for _ in range(4):
        jobs.start_periodic(db)
        time.passes(minutes=5)
    assert jobs.drain(db) == 1
    with db.reading(SYSTEM) as session:
        row = session.get(Schedule, "tests.tick")
        assert row is not None
        assert (row.every_seconds, row.last_run_at) == (300, NOW + timedelta(minutes=15))


def test_an_effect_after_the_commit_happens_once_and_only_with_it(db: Database, time: Time) -> None:
    from kernel.db import after_commit

    happened: list[int] = []
    with db.transaction(SYSTEM) as session:
        after_commit(session, lambda: happened.append(1))
        assert happened == []
    with pytest.raises(RuntimeError), db.transaction(SYSTEM) as session:
        after_commit(session, lambda: happened.append(2))
        raise RuntimeError
    assert happened == [1]


def test_a_collision_runs_the_whole_act_again(db: Database, time: Time) -> None:
    rounds: list[int] = []

    def act(session: Session) -> int:
        rounds.append(1)
        if len(rounds) == 1:
            with db.engine.connect() as other:  # somebody is faster, between our look and our write
                if not db.is_sqlite:
                    other.exec_driver_sql("INSERT INTO rate_bucket VALUES ('k', now(), 1)")
                    other.commit()
        if session.get(RateBucket, "k") is None or (len(rounds) == 1 and not db.is_sqlite):
            session.add(RateBucket(key="k", window_ends_at=now_of(session), count=1))
        return len(rounds)

    assert db.run(SYSTEM, act) == (1 if db.is_sqlite else 2)
    assert counted(db, "k") == 1


def test_two_jobs_that_wait_for_each_other_are_both_done_and_lose_nothing(db_postgresql: Database, time: Time) -> None:
    both_hold_one, faults = threading.Barrier(2), []

    @jobs.job()
    def lock_both(session: Session, actor: Actor, first: str, second: str) -> None:
        for key in (first, second):
            row = session.scalars(select(RateBucket).where(RateBucket.key == key).with_for_update()).one()
            row.count += 1
            session.flush()
            if key == first and (first, second) not in met:
                met.add((first, second))
                both_hold_one.wait(20)

    def note(context: Any) -> None:
        faults.append(context.original_exception.sqlstate)

    event_of_sqlalchemy.listen(db_postgresql.engine, "handle_error", note)

    met: set[tuple[str, str]] = set()
    with db_postgresql.transaction(SYSTEM) as session:
        session.add_all(RateBucket(key=key, window_ends_at=NOW, count=0) for key in "ab")
    asked = [ask(db_postgresql, lock_both, first=key, second=other) for key, other in ("ab", "ba")]
    found: list[str] = []
    threads = [
        threading.Thread(
            target=copy_context().run, args=(lambda one=one: found.append(jobs.run_event(db_postgresql, one)),)
        )
        for one in asked
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    event_of_sqlalchemy.remove(db_postgresql.engine, "handle_error", note)  # the engine outlives the test
    assert (found, faults) == (["done", "done"], ["40P01"]), "the database ended one of them, which began again"
    assert [counted(db_postgresql, key) for key in "ab"] == [2, 2]
    assert [event(db_postgresql, one).attempts for one in asked] == [1, 1]


def test_a_job_that_cannot_be_put_in_order_with_others_begins_again(db_postgresql: Database, time: Time) -> None:
    tries: list[int] = []

    @jobs.job()
    def collide(session: Session, actor: Actor) -> None:
        tries.append(len(tries))
        count(session, "a")
        if len(tries) == 1:
            session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no order' USING ERRCODE = '40001'; END $$"))

    asked = ask(db_postgresql, collide)
    assert jobs.run_event(db_postgresql, asked) == "done"
    assert (tries, counted(db_postgresql, "a"), event(db_postgresql, asked).attempts) == ([0, 1], 1, 1)


def test_a_fault_of_the_statement_is_not_tried_again(db: Database, time: Time) -> None:
    rounds: list[int] = []

    def act(session: Session) -> None:
        rounds.append(1)
        session.execute(update(OutboxEvent).values(attempts=-1))
        session.add(OutboxEvent(job="x", queue="default", args={}, created_at=NOW, available_at=NOW, attempts=-1))
        session.flush()

    with pytest.raises(Exception, match="attempts_not_negative"):
        db.run(SYSTEM, act)
    assert len(rounds) == 1


def test_a_queue_that_no_worker_serves_is_refused() -> None:
    with pytest.raises(Misuse):
        jobs.job(queue="someday")
