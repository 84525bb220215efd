"""What the tests of running the installation share: the application, people in its roles, a lane at work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from calibration import lanes
from kernel import jobs, storage
from kernel.db import Database
from kernel.models import AuditEvent
from kernel.policy import Role
from kernel.registry import load_jobs
from kernel.storage import LocalStorage
from kernel.tenancy import Scope
from marketplace.queries.facts import lane_facts
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.web.conftest import Persona, csrf_of, make_org, make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_of
from wsgi import create_app

load_jobs()  # the schedule of the whole product, whichever of these tests is run alone
SYSTEM = Scope.system("test")


@pytest.fixture(autouse=True)
def cheap_passwords() -> None:
    """Hashes that cost next to nothing: their strength is tested elsewhere."""


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return create_app(settings_of(tmp_path), db)


@dataclass
class Office:
    """The application with people in its roles, and short words for what they do."""

    app: Flask
    db: Database
    orgs: dict[str, str] = field(default_factory=dict)
    people: dict[Role, Persona] = field(default_factory=dict)
    clients: dict[Role, FlaskClient] = field(default_factory=dict)

    def browser(self, role: Role) -> FlaskClient:
        """A browser in which somebody of this role is signed in."""
        if role not in self.clients:
            client = self.app.test_client()
            assert sign_in(client, self.person(role).email) == 303
            self.clients[role] = client
        return self.clients[role]

    def person(self, role: Role) -> Persona:
        if role not in self.people:
            self.people[role] = make_persona(self.db, self.org_of(role), role, f"{role.value}@office.example")
        return self.people[role]

    def org_of(self, role: Role) -> str:
        operator = (Role.OPERATOR, Role.AUDITOR)
        kind = "operator" if role in operator else "client" if role.value.startswith("client") else "vendor"
        if kind not in self.orgs:
            self.orgs[kind] = make_org(self.db, kind, f"The {kind}")
        return self.orgs[kind]

    def get(self, role: Role, path: str) -> TestResponse:
        return self.browser(role).get(path)

    def text(self, role: Role, path: str) -> str:
        response = self.get(role, path)
        assert response.status_code == 200, response.status
        return response.get_data(as_text=True)

    def post(self, role: Role, path: str, **data: str) -> TestResponse:
        client = self.browser(role)
        return client.post(path, data={"csrf_token": csrf_of(client, "/account"), **data})

    def api(self, role: Role, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token_of(self.db, self.person(role))}"}
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **more)

    def told(self, action: str) -> list[AuditEvent]:
        """The audit lines of an action."""
        with self.db.reading(SYSTEM) as session:
            return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.at)))

    def work(self) -> int:
        return jobs.drain(self.db)


@pytest.fixture
def office(app: Flask, db: Database) -> Office:
    return Office(app, db)


@contextmanager
def desk_on(db: Database, tmp_path: Path, **size: Any) -> Iterator[Desk]:
    """An open lane with people before it."""
    storage.use_storage(LocalStorage(tmp_path))
    lanes.use_provider(lane_facts)
    market = Market(db)
    market.found()
    yield open_desk(market, **(size or {"people": 3, "unit_count": 4}))


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Iterator[Desk]:
    with desk_on(db, tmp_path) as opened:
        yield opened
