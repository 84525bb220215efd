"""A market for tests: two clients, two vendors, people with proven languages, and a project on its way to work."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

import marketplace.jobs.imports
import marketplace.jobs.releases  # noqa: F401 - jobs are asked for by name
from i18n.matching import Mode
from kernel import clock, ids, jobs
from kernel.db import Database
from kernel.models import AuditEvent
from kernel.policy import Actor, Role
from kernel.sealed_files import kept_sealed, open_sealed
from kernel.storage import storage
from kernel.tenancy import Scope
from marketplace.models import Release
from marketplace.operations import imports, ontologies, requests
from marketplace.queries.requests import request_of
from marketplace.values.imports import BatchKind, BatchView
from tests.support.words import address_of
from workforce.models import Account, Annotator, LanguageClaim, Organization, Pool

T = TypeVar("T")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday
ONTOLOGY: dict[str, Any] = {
    "task_type": "choice",
    "question": {"en": "What does the customer want?"},
    "classes": [{"id": name, "names": {"en": name.title()}} for name in ("refund", "network", "other")],
    "options": {},
}


@dataclass
class Market:
    """Organizations and people by what they are, and the hands of a clock."""

    db: Database
    now: datetime = START
    client: str = field(default_factory=ids.new_id)
    other_client: str = field(default_factory=ids.new_id)
    vendor: str = field(default_factory=ids.new_id)
    other_vendor: str = field(default_factory=ids.new_id)
    pool: str = field(default_factory=ids.new_id)
    keeper: Callable[[str, Callable[[], Any]], Any] | None = None  # the fixture `begin_with`
    is_new: bool = True  # nothing was done in it but what `begin` can do again

    def begin(self, name: str, build: Callable[[], T]) -> T:
        """What `build` returns. In a new market it is built once in this process; later its rows are filled in.

        `name` says everything that the rows hang on but the market itself.
        """
        if self.keeper is None or not self.is_new or self.now != START:
            self.is_new = False
            return build()
        found: T = self.keeper(f"market: {name}", build)
        self.is_new = False
        return found

    @property
    def pm(self) -> Actor:
        return Actor("client-pm", self.client, Role.CLIENT_PM, org_kind="client")

    @property
    def admin(self) -> Actor:
        return Actor("client-admin", self.client, Role.CLIENT_ADMIN, org_kind="client")

    @property
    def qa(self) -> Actor:
        return Actor("client-qa", self.client, Role.CLIENT_QA, org_kind="client")

    @property
    def stranger(self) -> Actor:
        return Actor("other-pm", self.other_client, Role.CLIENT_ADMIN, org_kind="client")

    @property
    def manager(self) -> Actor:
        return Actor("manager", self.vendor, Role.VENDOR_MANAGER, org_kind="vendor")

    @property
    def rival(self) -> Actor:
        return Actor("rival", self.other_vendor, Role.VENDOR_MANAGER, org_kind="vendor")

    @contextmanager
    def as_(self, actor: Actor) -> Iterator[Session]:
        """A transaction in the scope in which this person's requests run."""
        assert actor.org_id is not None
        self.is_new = False
        with clock.use_clock(lambda: self.now), self.db.transaction(Scope.tenant(actor.org_id)) as session:
            yield session

    @contextmanager
    def system(self) -> Iterator[Session]:
        self.is_new = False
        with clock.use_clock(lambda: self.now), self.db.transaction(Scope.system("test")) as session:
            yield session

    @contextmanager
    def gold(self) -> Iterator[Session]:
        self.is_new = False
        with clock.use_clock(lambda: self.now), self.db.transaction(Scope.with_gold(self.client)) as session:
            yield session

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def work(self) -> int:
        """Carry every job that is due."""
        with clock.use_clock(lambda: self.now):
            return jobs.drain(self.db)

    def found(self) -> None:
        with self.system() as session:
            for org_id, kind, name in (
                (self.client, "client", "Nordlicht"), (self.other_client, "client", "Sudwind"),
                (self.vendor, "vendor", "Baraza"), (self.other_vendor, "vendor", "Kalam"),
            ):  # fmt: skip
                session.add(
                    Organization(id=org_id, kind=kind, name=name, name_key=f"{name}-{org_id}".lower(),
                                 created_at=self.now)
                )  # fmt: skip
            session.add(Pool(id=self.pool, org_id=self.vendor, name="All", about={}, created_at=self.now))
        self.is_new = True

    def hire(self, count: int, locale: str, proficiency: str = "native", status: str = "active") -> list[str]:
        """People of the vendor with a verified claim; their annotator ids."""
        hired = []
        with self.system() as session:
            for _number in range(count):
                account, annotator = ids.new_id(), ids.new_id()
                session.add(
                    Account(id=account, email=f"{account}@people.example",
                            email_key=address_of(f"{account}@people.example"), name="Somebody", created_at=self.now)
                )  # fmt: skip
                session.flush()
                session.add(
                    Annotator(id=annotator, org_id=self.vendor, account_id=account, pool_id=self.pool,
                              pseudonym=annotator[:10], status=status, skills=[], domains=[], applied_at=self.now)
                )  # fmt: skip
                session.flush()
                session.add_all(
                    LanguageClaim(org_id=self.vendor, annotator_id=annotator, locale=locale, proficiency=proficiency,
                                  mode=mode, status="verified", claimed_at=self.now)
                    for mode in Mode
                )  # fmt: skip
                hired.append(annotator)
        return hired

    def send(self, lines: Sequence[Mapping[str, Any]] | None = None, **more: Any) -> tuple[str, str]:
        """A request of the client's: (request, project)."""
        values: dict[str, Any] = {
            "name": "Support intents", "vendor_org_id": self.vendor, "task_type": "choice",
            "classification": "internal", "lines": lines or [{"locale": "sw-KE", "units": 1000}], "overlap": 3,
            "quality_target": 0.85, "deadline_at": self.now + timedelta(days=30), "currency": "EUR", "about": "",
        }  # fmt: skip
        with self.as_(self.pm) as session:
            sent = requests.send_request(session, self.pm, **(values | more))
        return sent.request_id, sent.project_id

    def order(
        self, lines: Sequence[Mapping[str, Any]] | None = None, rights: Sequence[str] | None = None,
        schema: Mapping[str, Any] = ONTOLOGY,
    ) -> str:  # fmt: skip
        """A request that was quoted and accepted; its project, with a label schema and an English guideline."""
        return self.begin(f"order {lines!r} {rights!r} {schema!r}", lambda: self._order(lines, rights, schema))

    def _order(
        self, lines: Sequence[Mapping[str, Any]] | None, rights: Sequence[str] | None, schema: Mapping[str, Any]
    ) -> str:
        request_id, project_id = self.send(lines, task_type=schema["task_type"])
        with self.as_(self.manager) as session:
            request = request_of(session, request_id)
            assert request is not None
            locales = [line.locale for line in request.lines]
            quote = requests.make_quote(session, self.manager, request_id, prices=dict.fromkeys(locales, 50000))
        with self.as_(self.pm) as session:
            more = {} if rights is None else {"rights": rights}
            requests.accept_quote(session, self.pm, quote.id, **more)
            ontologies.publish_ontology(session, self.pm, project_id, schema)
            ontologies.publish_guideline(session, self.pm, project_id, {"en": "Choose what the customer wants."})
        return project_id

    def upload(
        self, actor: Actor, project_id: str, name: str, content: bytes, kind: BatchKind = BatchKind.UNITS
    ) -> BatchView:
        with self.as_(actor) as session, kept_sealed([content]) as stored:
            return imports.receive_file(session, actor, project_id, kind=kind, name=name, stored=stored)

    def audited(self, action: str) -> list[AuditEvent]:
        with self.system() as session:
            return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def csv_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A file with the columns of the first row."""
    names = list(rows[0])
    lines = [",".join(names), *(",".join(row[name] for name in names) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def jsonl_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def content_of(name: str) -> bytes:
    """The bytes of a stored file, as they lie there."""
    with storage().open(name) as stream:
        return io.BytesIO(stream.read()).getvalue()


def delivered(database: Database, name: str) -> bytes:
    """What a file of a release says, by the name that it is stored under."""
    with database.reading(Scope.system("test")) as session:
        keys = [row.file_keys for row in session.scalars(select(Release)) if row.file_keys]
    key = next(each[name] for each in keys if name in each)
    with open_sealed(name, key) as stream:
        return stream.read()
