"""The stage: a database under a simulated clock, and the people who act on it, each in the scope of their requests."""

import heapq
import random
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kernel import audit, clock, jobs
from kernel.db import Database, write_later
from kernel.policy import Actor
from kernel.tenancy import Scope

DAYS = 14
_TOGETHER = timedelta(seconds=8)  # acts that lie so close share a transaction, and its one point in time

# What somebody does: they are sent the session of each of their acts, and say how many seconds pass until the next.
Doing = Generator[float, Session, None]
Begin = tuple[datetime, Callable[[], Doing]]


@dataclass
class Stage:
    """Where the play happens. Everything of it is drawn from `draw`, so that one seed gives one world."""

    database: Database
    ends: datetime
    draw: random.Random
    tell: Callable[[float], None]
    now: datetime = field(init=False)
    cast: dict[str, Actor] = field(default_factory=dict)  # by the local part of their address

    def __post_init__(self) -> None:
        self.now = self.at(0)

    def at(self, day: float, hour: float = 0) -> datetime:
        """A moment of the play, `day` counted from its first; never later than its end."""
        first = self.ends - timedelta(days=DAYS)
        return min(
            first.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=day, hours=hour), self.ends
        )

    @property
    def day(self) -> int:
        """Which day of the play it is, the first being 0."""
        return (self.now - self.at(0)).days

    def go_to(self, moment: datetime) -> None:
        """Let time pass; it never runs back. Tells how much of the play is over."""
        self.now = max(self.now, moment)
        begin = self.at(0)
        self.tell((self.now - begin) / (self.ends - begin))

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the block lasts, the time is the stage's."""
        with clock.use_clock(lambda: self.now):
            yield

    def acting(self, local: str) -> AbstractContextManager[tuple[Session, Actor]]:
        """A transaction in which somebody acts, as in one of their requests: `with … as (session, actor)`."""
        actor = self.cast[local]
        assert actor.org_id is not None
        return self._as(actor, Scope.tenant(actor.org_id))

    def with_gold(self, local: str) -> AbstractContextManager[tuple[Session, Actor]]:
        """The same in the scope that reads the organization's gold."""
        actor = self.cast[local]
        assert actor.org_id is not None
        return self._as(actor, Scope.with_gold(actor.org_id))

    def wide(self, local: str) -> AbstractContextManager[tuple[Session, Actor]]:
        """The same in the system's scope, for acts that span two organizations."""
        return self._as(self.cast[local], Scope.system("demonstration"))

    @contextmanager
    def system(self) -> Iterator[Session]:
        with self.database.transaction(Scope.system("demonstration")) as session:
            yield session

    @contextmanager
    def _as(self, actor: Actor, scope: Scope) -> Iterator[tuple[Session, Actor]]:
        with self.database.transaction(scope) as session:
            yield session, actor

    def carry(self, *names: str) -> None:
        """Have the schedule start these jobs now, and carry everything that is due."""
        with self.system() as session:
            for name in names:
                jobs.enqueue(session, jobs.REGISTRY[name])
        jobs.drain(self.database)
        self._link()

    def _link(self) -> None:
        """Link what acts wrote to the audit log unlinked, all of it."""
        while True:
            with self.system() as session:
                if not audit.link_pending(session):
                    return

    def play(self, scope: Scope, begins: Iterable[Begin]) -> None:
        """Let many people act side by side, each at their own pace, until all are through."""
        waiting: list[tuple[datetime, int, Doing]] = []
        for number, (start, begin) in enumerate(begins):
            doing = begin()
            next(doing)
            heapq.heappush(waiting, (max(start, self.now), number, doing))
        while waiting:
            until = min(waiting[0][0] + _TOGETHER, self.ends)
            due = self._due(waiting, until)
            self.now = max(self.now, due[-1][0])
            with self.database.transaction(scope) as session:
                for _moment, number, doing in due:
                    self._step(session, waiting, number, doing)

    def _due(self, waiting: list[tuple[datetime, int, Doing]], until: datetime) -> list[tuple[datetime, int, Doing]]:
        due = [heapq.heappop(waiting)]
        while waiting and waiting[0][0] <= until:
            due.append(heapq.heappop(waiting))
        return due

    def _step(self, session: Session, waiting: list[tuple[datetime, int, Doing]], number: int, doing: Doing) -> None:
        try:
            seconds = doing.send(session)
        except StopIteration:
            return
        finally:
            write_later(session)
            session.expire_all()  # what one act read is old news for the next
        heapq.heappush(waiting, (self.now + timedelta(seconds=seconds), number, doing))


NIGHTLY: Sequence[str] = (
    "marketplace.tidy_leases",
    "calibration.grade_batch",
    "calibration.end_overdue",
    "payouts.approve_due",
)
SETTLING: Sequence[str] = ("marketplace.settle_work",)
AFTER: Sequence[str] = ("marketplace.plan_work", "marketplace.count_lanes")
