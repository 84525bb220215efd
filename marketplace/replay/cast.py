"""The people of a replay: two fresh organizations with all that the loop needs, and an annotator for each worker.

Everybody is made by the same operations as real people, and acts in their own name from then on.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.batch import keep_rows
from kernel.db import Database
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from payouts.operations.methods import set_method
from workforce import operations, queries
from workforce.operations import pools
from workforce.rules.profiles import ALL_MODES

ME = system_actor("replay")
SPAN = timedelta(days=8)
_STAFF = (
    ("admin", "client", Role.CLIENT_ADMIN),
    ("pm", "client", Role.CLIENT_PM),
    ("qa", "client", Role.CLIENT_QA),
    ("manager", "vendor", Role.VENDOR_MANAGER),
    ("reviewer", "vendor", Role.REVIEWER),
    ("maker", "vendor", Role.FINANCE),
    ("checker", "vendor", Role.FINANCE),
)
_CONDUCT = "Answer honestly and by the guideline. Keep what you read here to yourself."


@dataclass
class Stage:
    """Where a replay is played: the database, a clock of its own that ends in the present, and who acts."""

    database: Database
    now: datetime
    client: str = ""
    vendor: str = ""
    pool: str = ""
    staff: dict[str, Actor] = field(default_factory=dict)
    workers: dict[str, "Worker"] = field(default_factory=dict)

    def system(self) -> AbstractContextManager[Session]:
        """A transaction of the system's."""
        return self._transaction(Scope.system("replay"))

    def working(self) -> AbstractContextManager[Session]:
        """A transaction in which the vendor's annotators act."""
        return self._transaction(Scope.tenant(self.vendor))

    @contextmanager
    def acting(self, name: str) -> Iterator[tuple[Session, Actor]]:
        """A transaction in which somebody of the staff acts for their organization."""
        actor = self.staff[name]
        assert actor.org_id is not None
        with self._transaction(Scope.tenant(actor.org_id)) as session:
            yield session, actor

    @contextmanager
    def _transaction(self, scope: Scope) -> Iterator[Session]:
        with clock.use_clock(lambda: self.now), self.database.transaction(scope) as session:
            yield session

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)


@dataclass(frozen=True)
class Worker:
    """A worker of the data, as an annotator."""

    annotator_id: str
    actor: Actor


def found(stage: Stage, name: str) -> str:
    """Two organizations and their staff, a pool and an agreement; returns the mark in all their names."""
    mark = ids.new_id()[:6].lower()
    with stage.system() as session:
        for kind in ("client", "vendor"):
            made = operations.create_organization(session, ME, kind=kind, name=f"Replay {name[:80]} {kind} {mark}")
            setattr(stage, kind, made.id)
        for role_name, kind, role in _STAFF:
            org_id = stage.client if kind == "client" else stage.vendor
            account = operations.create_account(
                session, ME, email=f"{role_name}.{mark}@replay.example", name=f"Replay {role_name}"
            )
            membership = operations.add_membership(session, ME, account_id=account.id, org_id=org_id, role=role.value)
            stage.staff[role_name] = Actor(account.id, org_id, role, membership, org_kind=kind)
    with stage.acting("manager") as (session, actor):
        stage.pool = pools.create_pool(session, actor, name="Replay").id
        operations.publish_agreement(
            session, actor, code="conduct", titles={"en": "Conduct"}, texts={"en": _CONDUCT}
        )  # fmt: skip
    return mark


def hire(stage: Stage, mark: str, workers: Mapping[str, Sequence[str]], first: int) -> None:
    """Some of the workers apply with their languages, are verified and admitted, sign, and say how to be paid."""
    accounts = {}
    with stage.system() as session:
        for number, name in enumerate(workers, start=first):
            accounts[name] = operations.create_account(
                session, ME, email=f"worker{number}.{mark}@replay.example", name=f"Worker {number}"
            ).id
    with stage.working() as session:
        keep_rows(session)
        for number, (name, locales) in enumerate(workers.items(), start=first):
            stage.workers[name] = _hire_one(session, stage, accounts[name], locales, number)


def _hire_one(session: Session, stage: Stage, account_id: str, locales: Sequence[str], number: int) -> Worker:
    person = operations.apply_to_pool(
        session, Actor(account_id, None, None), pool_id=stage.pool, country=None, time_zone="UTC", weekly_hours=10,
        languages=[(locale, "native") for locale in locales],
    )  # fmt: skip
    membership = queries.places_of(session, account_id)[0].membership_id
    actor = Actor(account_id, stage.vendor, Role.ANNOTATOR, membership, org_kind="vendor")
    for claim in {claim.locale: claim for claim in queries.claims_of(session, person.id)}.values():
        operations.verify_language(
            session, stage.staff["reviewer"], claim.id, evidence={"kind": "imported"}, modes=ALL_MODES
        )  # fmt: skip
    operations.admit(session, stage.staff["manager"], person.id)
    for agreement in queries.agreements_to_sign(session, person.id, stage.vendor):
        operations.sign_agreement(session, actor, agreement.id, locale="en")
    set_method(
        session, actor, person.id, kind="mobile", holder=f"Worker {number}", account=f"+2547{number:08d}"
    )  # fmt: skip
    return Worker(person.id, actor)
