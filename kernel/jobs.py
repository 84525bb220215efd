"""Jobs: work that follows a commit, carried at least once, with one retry policy and a place for the dead.

`enqueue` writes an outbox row in the caller's transaction. After the commit the row's id goes to RQ where Redis is
configured; a sweep carries whatever was lost on the way. A job's effect and its `done_at` are one transaction, so twice
is the same as once. A long job works in chunks, each a transaction of its own, and keeps its place in `step`.
"""

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.changes import changed_rows
from kernel.db import Database, after_commit, now_of, scope_of
from kernel.errors import Misuse
from kernel.models import OutboxEvent, Schedule
from kernel.policy import Actor, system_actor
from kernel.queue import send
from kernel.tenancy import Scope

log = logging.getLogger("polyphony.jobs")

QUEUES = ("urgent", "default", "bulk")
MAX_ATTEMPTS = 8
CLAIM = timedelta(minutes=10)
_PAUSE = 0.03  # seconds


@dataclass(frozen=True)
class Job:
    """A registered job: its name, where it runs, and whether it works in chunks of its own."""

    name: str
    run: Callable[..., Any]
    queue: str
    long: bool
    gold: bool
    attempts: int


@dataclass(frozen=True)
class Periodic:
    """A job that the schedule starts by itself."""

    job: Job
    every: timedelta


REGISTRY: dict[str, Job] = {}
PERIODIC: dict[str, Periodic] = {}


def job(
    *, queue: str = "default", long: bool = False, gold: bool = False, attempts: int = MAX_ATTEMPTS,
    every: timedelta | None = None,
) -> Callable[[Callable[..., Any]], Job]:  # fmt: skip
    """Register a function as a job.

    An ordinary job is called as `run(session, actor, **args)` inside the transaction that marks it done; a long one as
    `run(work, **args)` with a `Work` that opens transactions. `gold` lets it read gold keys of its organization.
    `every` makes the schedule start it, in the name of the system.
    """
    if queue not in QUEUES:
        raise Misuse(f"there is no queue {queue}")

    def register(function: Callable[..., Any]) -> Job:
        name = f"{function.__module__.split('.')[0]}.{function.__name__}"
        REGISTRY[name] = Job(name, function, queue, long, gold, attempts)
        if every is not None:
            PERIODIC[name] = Periodic(REGISTRY[name], every)
        return REGISTRY[name]

    return register


def enqueue(
    session: Session, what: Job, *, actor: Actor | None = None, org_id: str | None = None,
    dedupe: str | None = None, at: datetime | None = None, **args: Any,
) -> str | None:  # fmt: skip
    """Ask for a job in this transaction; returns the outbox id, or None if `dedupe` was asked for already.

    `org_id` None means the system's scope. Arguments are ids and plain JSON, never content.
    """
    now = now_of(session)
    key = f"{what.name}:{dedupe}" if dedupe is not None else None
    if key is not None and session.scalar(select(OutboxEvent.id).where(OutboxEvent.dedupe_key == key)):
        return None
    event = OutboxEvent(
        id=ids.new_id(), job=what.name, queue=what.queue, dedupe_key=key,
        org_id=org_id, account_id=actor.account_id if actor else None,
        args=args, created_at=now, available_at=at or now, attempts=0, progress=0,
    )  # fmt: skip
    session.add(event)
    event_id, queue = event.id, event.queue
    if at is None or at <= now:
        after_commit(session, lambda: _send(queue, event_id))
    return event.id


def asked_before(session: Session, what: Job, dedupe: str) -> str | None:
    """The outbox id of a job that was asked for under this key."""
    return session.scalar(select(OutboxEvent.id).where(OutboxEvent.dedupe_key == f"{what.name}:{dedupe}"))


def arguments_under_way(session: Session, what: Job) -> list[dict[str, Any]]:
    """What a job was asked to do and has not done yet: the arguments of each time it waits or is at work."""
    wanted = select(OutboxEvent.args).where(
        OutboxEvent.job == what.name, OutboxEvent.done_at.is_(None), OutboxEvent.dead_at.is_(None)
    )
    return list(session.scalars(wanted))


def _send(queue: str, event_id: str) -> None:
    send(queue, event_id, 0)


def _hand_over(queue: str, event_id: str) -> None:
    send(queue, event_id, 0)


class Work:
    """What a long job works with: transactions in its scope, its place (`step`), and progress that pages can show."""

    def __init__(
        self,
        database: Database,
        event_id: str,
        actor: Actor,
        scope: Scope,
        step: dict[str, Any],
        attempt: int = 1,
    ) -> None:
        self.database, self.event_id, self.actor, self.scope = database, event_id, actor, scope
        self.step, self.attempt = step, attempt

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One chunk. Whatever `advance` said inside it is committed with it.

        On SQLite, where one writes at a time and who waits looks again now and then, a chunk is followed by a pause:
        without it a long job would take the database again before anybody else has seen that it was free.
        """
        with self.database.transaction(self.scope) as session:
            yield session
        if self.database.is_sqlite:
            clock.rest(_PAUSE)

    def reading(self) -> Any:
        """A transaction that only reads."""
        return self.database.reading(self.scope)

    def within(self, scope: Scope) -> "Work":
        """The same work with transactions of another scope."""
        return Work(self.database, self.event_id, self.actor, scope, self.step, self.attempt)

    def advance(self, session: Session, done: int, total: int | None = None, **step: Any) -> None:
        """Keep the place: how far of how much, and what the next chunk needs to go on from here.

        Raises Misuse, so that the chunk is undone, when the claim was lost meanwhile and somebody else goes on.
        """
        step = {**self.step, **step}
        values: dict[str, Any] = {"progress": done, "step": step, "claimed_until": clock.now() + CLAIM}
        if total is not None:
            values["total"] = total
        kept = session.execute(
            update(OutboxEvent)
            .where(
                OutboxEvent.id == self.event_id,
                OutboxEvent.attempts == self.attempt,
                OutboxEvent.done_at.is_(None),
                OutboxEvent.dead_at.is_(None),
            )
            .values(**values)
        )
        if changed_rows(kept) != 1:
            raise Misuse("a long job went on after somebody else had taken it over")
        self.step = step

    def each(self, things: Sequence[str], act: Callable[[Session, Actor, str], int]) -> int:
        """Do something with each of many, in a transaction of its own; returns the sum of what came of it."""
        total = 0
        for number, thing in enumerate(things, start=1):
            with self.transaction() as session:
                total += act(session, self.actor, thing)
                self.advance(session, number, len(things))
        return total


def run_event(database: Database, event_id: str) -> str:
    """Carry one outbox row; returns `done`, `gone` (somebody else's, or over), `retry` or `dead`."""
    claimed = database.run(Scope.system("claim a job"), lambda session: _claim(session, event_id))
    if claimed is None:
        return "gone"
    what = REGISTRY.get(claimed.job)
    try:
        if what is None:
            raise Misuse(f"no worker knows the job {claimed.job}")
        if claimed.attempts > what.attempts:  # a crash says nothing, and counts all the same
            raise Misuse("the worker crashed at every attempt")
        _carry(database, what, claimed)
    except Exception as error:
        log.exception("job failed: %s %s", claimed.job, event_id)
        told = "".join(traceback.format_exception_only(error))[:2000]
        most = what.attempts if what else 1
        return database.run(Scope.system("a job failed"), lambda session: _fail(session, claimed, told, most))
    return "done"


def _claim(session: Session, event_id: str) -> OutboxEvent | None:
    now = now_of(session)
    statement = (
        update(OutboxEvent)
        .where(
            OutboxEvent.id == event_id,
            OutboxEvent.done_at.is_(None),
            OutboxEvent.dead_at.is_(None),
            OutboxEvent.available_at <= now,
            or_(OutboxEvent.claimed_until.is_(None), OutboxEvent.claimed_until < now),
        )
        .values(attempts=OutboxEvent.attempts + 1, claimed_until=now + CLAIM)
        .returning(OutboxEvent)
    )
    return session.scalars(statement, execution_options={"synchronize_session": False}).one_or_none()


def _carry(database: Database, what: Job, event: OutboxEvent) -> None:
    actor = system_actor(what.name, event.org_id)
    scope = _scope_for(what, event)
    if what.long:
        work = Work(database, event.id, actor, scope, dict(event.step or {}), event.attempts)
        result = what.run(work, **event.args)
        with database.transaction(Scope.system("a long job is done")) as session:
            _finish(session, event.id, result)
        return

    def act(session: Session) -> None:
        _finish(session, event.id, what.run(session, actor, **event.args))

    # A deadlock or a lost race is no fault of the job: it begins again at once, and costs none of its attempts.
    database.run(scope, act)


def _scope_for(what: Job, event: OutboxEvent) -> Scope:
    if event.org_id is None:
        return Scope.system(what.name)
    return Scope.with_gold(event.org_id) if what.gold else Scope.tenant(event.org_id)


def _finish(session: Session, event_id: str, result: Any) -> None:
    session.flush()
    changed = session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id == event_id, OutboxEvent.done_at.is_(None))
        .values(done_at=now_of(session), claimed_until=None, last_error=None,
                result=result if isinstance(result, dict) else None)
    )  # fmt: skip
    if changed_rows(changed) != 1:
        raise Misuse("a job was carried twice at once")


def _fail(session: Session, claimed: OutboxEvent, told: str, attempts: int) -> str:
    event = session.scalars(select(OutboxEvent).where(OutboxEvent.id == claimed.id).with_for_update()).one()
    if event.done_at is not None or event.attempts != claimed.attempts:
        return "gone"
    event.last_error = told
    event.claimed_until = None
    if event.attempts >= attempts:
        event.dead_at = now_of(session)
        return "dead"
    event.available_at = now_of(session) + backoff(event.attempts)
    return "retry"


def backoff(attempt: int) -> timedelta:
    """10 s, 20 s, 40 s … at most an hour."""
    return timedelta(seconds=min(10 * 2 ** (attempt - 1), 3600))


def due(session: Session, limit: int = 200) -> list[tuple[str, str, int]]:
    """Rows that ought to be carried now: (id, queue, attempts), oldest first. System scope."""
    now = now_of(session)
    rows = session.execute(
        select(OutboxEvent.id, OutboxEvent.queue, OutboxEvent.attempts)
        .where(
            OutboxEvent.done_at.is_(None),
            OutboxEvent.dead_at.is_(None),
            OutboxEvent.available_at <= now,
            or_(OutboxEvent.claimed_until.is_(None), OutboxEvent.claimed_until < now),
        )
        .order_by(OutboxEvent.available_at)
        .limit(limit)
    )
    return [(row.id, row.queue, row.attempts) for row in rows]


def start_periodic(database: Database) -> int:
    """Enqueue the periodic jobs whose time has come, each once however many processes ask; returns how many."""
    with database.reading(Scope.system("schedule")) as session:
        later = set(session.scalars(select(Schedule.job).where(Schedule.next_run_at > now_of(session))))
    started = 0
    for name, periodic in PERIODIC.items():
        if name not in later:
            started += database.run(Scope.system("schedule"), partial(_tick, name=name, periodic=periodic))
    return started


def _tick(session: Session, *, name: str, periodic: Periodic) -> int:
    now = now_of(session)
    row = session.get(Schedule, name)
    if row is None:
        session.add(
            Schedule(
                job=name,
                every_seconds=int(periodic.every.total_seconds()),
                next_run_at=now,
            )
        )
        session.flush()
    claimed = session.execute(
        update(Schedule)
        .where(Schedule.job == name, Schedule.next_run_at <= now)
        .values(
            next_run_at=now + periodic.every,
            last_run_at=now,
            every_seconds=int(periodic.every.total_seconds()),
        )
    )
    if changed_rows(claimed) != 1:
        return 0
    waiting = select(OutboxEvent.id).where(
        OutboxEvent.job == name,
        OutboxEvent.done_at.is_(None),
        OutboxEvent.dead_at.is_(None),
    )
    if session.scalar(waiting.limit(1)) is None:
        enqueue(session, periodic.job)
    return 1


def drain(database: Database, limit: int = 10_000) -> int:
    """Carry everything that is due in this process, until nothing is. For tests, simulations and small set-ups."""
    carried = 0
    while carried < limit:
        with database.reading(Scope.system("drain")) as session:
            rows = due(session)
        if not rows:
            return carried
        for event_id, _, _ in rows:
            run_event(database, event_id)
            carried += 1
    return carried


@dataclass(frozen=True)
class Progress:
    """What a page shows of a job under way."""

    id: str
    job: str
    state: str  # waiting, working, done, dead
    done: int
    total: int | None
    step: dict[str, Any]
    result: dict[str, Any]
    error: str | None


def progress(session: Session, event_id: str) -> Progress | None:
    """How far a job is, for the account that asked for it or its organization."""
    event = session.get(OutboxEvent, event_id)
    scope = scope_of(session)
    if event is None or not (scope.is_system or event.org_id == scope.org_id):
        return None
    state = "done" if event.done_at else "dead" if event.dead_at else "working" if event.attempts else "waiting"
    return Progress(
        event.id,
        event.job,
        state,
        event.progress,
        event.total,
        event.step or {},
        event.result or {},
        event.last_error,
    )
