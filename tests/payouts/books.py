"""A vendor's books to test on: one vendor, people in it, and short words for what happens to their pay."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock, crypto, ids
from kernel.db import Database, now_of
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from payouts.operations import earnings
from payouts.values import EarningView, LaneLabel
from tests.support.words import address_of
from workforce.models import Account, Annotator, DecisionReceipt, Organization, Pool

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
KEYS = [("test", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]


@dataclass(frozen=True)
class KnownLanes:
    """A directory of a single lane, in the place of the one that work keeps."""

    lane: LaneLabel

    def one(self, session: Session, lane_id: str) -> LaneLabel | None:
        return self.lane if lane_id == self.lane.lane_id else None

    def page(self, session: Session, after: str | None, limit: int) -> tuple[list[LaneLabel], str | None]:
        return [self.lane], None


@dataclass
class Worker:
    """An annotator and the account behind it."""

    annotator_id: str
    account_id: str


@dataclass
class Books:
    """One vendor with its people, on one database, at a time that the test owns."""

    db: Database
    now: datetime = START
    org_id: str = field(default_factory=ids.new_id)
    lane_id: str = field(default_factory=ids.new_id)
    project_id: str = field(default_factory=ids.new_id)
    pool_id: str = field(default_factory=ids.new_id)

    def __post_init__(self) -> None:
        crypto.use_keys(KEYS)
        with self.system() as session:
            session.add(
                Organization(
                    id=self.org_id, kind="vendor", name="Baraza", name_key=self.org_id, currency="USD",
                    created_at=self.now,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                Pool(id=self.pool_id, org_id=self.org_id, name="All", about={}, is_open=True, created_at=self.now)
            )

    def at(self) -> AbstractContextManager[None]:
        """The clock of this test."""
        return clock.use_clock(lambda: self.now)

    def tenant(self) -> "_Transaction":
        """A transaction of the vendor."""
        return _Transaction(self, Scope.tenant(self.org_id))

    def system(self) -> "_Transaction":
        """A transaction of the system."""
        return _Transaction(self, Scope.system("test"))

    def run(self, act: Any, scope: Scope | None = None) -> Any:
        """As a request runs: in a transaction, again when it collides."""
        with self.at():
            return self.db.run(scope or Scope.tenant(self.org_id), act)

    def pass_time(self, **by: float) -> None:
        """Let the clock go on."""
        self.now += timedelta(**by)

    def account(self, name: str = "Amina Wekesa") -> str:
        """A new account."""
        account_id = ids.new_id()
        with self.system() as session:
            session.add(
                Account(
                    id=account_id, email=f"{account_id}@example.org", 
                    email_key=address_of(f"{account_id}@example.org"), name=name, locale="en",
                    time_zone="UTC", status="active", auth_epoch=0, created_at=self.now,
                )
            )  # fmt: skip
        return account_id

    def staff(self, role: Role = Role.FINANCE, name: str = "Grace Atieno") -> Actor:
        """Somebody of the vendor."""
        return Actor(self.account(name), self.org_id, role, org_kind="vendor")

    def worker(self, name: str = "Amina Wekesa", account_id: str | None = None) -> Worker:
        """A new annotator of the vendor, with a new account unless there is one."""
        worker = Worker(ids.new_id(), account_id or self.account(name))
        with self.system() as session:
            session.add(
                Annotator(
                    id=worker.annotator_id, org_id=self.org_id, account_id=worker.account_id, pool_id=self.pool_id,
                    pseudonym=worker.annotator_id[:20], status="active", country="KE", time_zone="UTC",
                    weekly_hours=0, skills=[], domains=[], clearance=0, applied_at=self.now,
                )
            )  # fmt: skip
        return worker

    def as_worker(self, worker: Worker) -> Actor:
        """The annotator as actor."""
        return Actor(worker.account_id, self.org_id, Role.ANNOTATOR, org_kind="vendor")

    def accrue(
        self, session: Session, worker: Worker, micros: int, currency: str = "USD", judgment_id: str | None = None
    ) -> EarningView:
        """An answer was given."""
        now = now_of(session)
        return earnings.accrue(
            session, self.as_worker(worker), vendor_org_id=self.org_id, annotator_id=worker.annotator_id,
            account_id=worker.account_id, lane_id=self.lane_id, project_id=self.project_id,
            judgment_id=judgment_id or ids.new_id(), micros=micros, currency=currency,
            memo={"project": "Support intents", "locale": "sw-KE"}, due_at=now + timedelta(hours=72),
        )  # fmt: skip

    def earn(self, worker: Worker, micros: int, units: int = 1, currency: str = "USD") -> list[str]:
        """Answers were given and accepted; their judgments."""
        with self.tenant() as session:
            found = [self.accrue(session, worker, micros, currency).judgment_id for _ in range(units)]
            earnings.approve(session, self.machine, found)
        return found

    def receipt(self, session: Session, worker: Worker, judgment_id: str) -> str:
        """A receipt for the rejection of a judgment."""
        receipt = DecisionReceipt(
            id=ids.new_id(), org_id=self.org_id, annotator_id=worker.annotator_id, kind="work_rejected", rule="wrong",
            rule_version="1", what={}, why={}, way_back={}, figure={}, evidence=[], cause_kind="judgment",
            cause_id=judgment_id, decided_at=self.now, state="in_force",
        )  # fmt: skip
        session.add(receipt)
        session.flush()
        return receipt.id

    @property
    def machine(self) -> Actor:
        """The system itself."""
        return system_actor("test", self.org_id)


class _Transaction:
    """A transaction under the test's clock."""

    def __init__(self, books: Books, scope: Scope) -> None:
        self._clock = books.at()
        self._transaction = books.db.transaction(scope)

    def __enter__(self) -> Session:
        self._clock.__enter__()
        return self._transaction.__enter__()

    def __exit__(self, *fault: Any) -> bool | None:
        try:
            return self._transaction.__exit__(*fault)
        finally:
            self._clock.__exit__(*fault)
