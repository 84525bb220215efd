"""The whole application on a test's database, and persons who sign in to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from kernel.clock import use_clock
from kernel.config import Settings
from kernel.db import Database, now_of
from kernel.ids import new_id
from kernel.policy import Role, system_actor
from kernel.tenancy import Scope
from workforce.models import Annotator, Pool
from workforce.operations.accounts import add_membership, create_account, create_organization
from workforce.operations.tokens import create_token
from wsgi import create_app

if TYPE_CHECKING:
    from tests.web.town import Town

SLOWER = 60
PASSWORD = "a quiet river under seven bridges"
ORG_KIND = {
    Role.OPERATOR: "operator", Role.AUDITOR: "operator", Role.CLIENT_ADMIN: "client", Role.CLIENT_PM: "client",
    Role.CLIENT_QA: "client", Role.FINANCE: "vendor", Role.VENDOR_MANAGER: "vendor", Role.REVIEWER: "vendor",
    Role.ANNOTATOR: "vendor",
}  # fmt: skip


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Town"]:
    """Built once a process for all tests that ask it: whatever they change, they take back."""
    from tests.web.town import building  # which needs what is below

    template = request.getfixturevalue("sqlite_template" if request.param == "sqlite" else "postgres_template")
    with building(template, tmp_path_factory.mktemp("town")) as built:
        yield built


@pytest.fixture(autouse=True)
def _towns_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """In a town a second goes by while a minute does outside: who was proven to be there when it was built is so until
    its last test, however slow the machine is, and what a test does within minutes is done within them."""
    if "town" not in request.fixturenames:
        yield
        return
    began: datetime = request.getfixturevalue("town").began
    with use_clock(lambda: began + (datetime.now(UTC) - began) / SLOWER):
        yield


@dataclass(frozen=True)
class Persona:
    """An account with one role in one organization, and its token."""

    email: str
    account_id: str
    org_id: str
    membership_id: str
    role: Role


def test_settings(folder: Path) -> Settings:
    """Settings of an application under test."""
    return Settings(
        environment="test", database_url="sqlite:///unused.db", redis_url=None, data_dir=folder,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return create_app(test_settings(tmp_path), db)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def make_org(database: Database, kind: str, name: str) -> str:
    with database.transaction(Scope.system("test")) as session:
        return create_organization(session, system_actor("test"), kind=kind, name=name).id


def make_persona(database: Database, org_id: str, role: Role, email: str) -> Persona:
    with database.transaction(Scope.system("test")) as session:
        actor = system_actor("test")
        account = create_account(session, actor, email=email, name=f"Person {role.value}", password=PASSWORD)
        membership_id = add_membership(session, actor, account_id=account.id, org_id=org_id, role=role)
        if role is Role.ANNOTATOR:
            _admit(session, org_id, account.id)
    return Persona(email, account.id, org_id, membership_id, role)


def _admit(session: Session, org_id: str, account_id: str) -> None:
    """A working profile in a pool of the vendor, as somebody has who was admitted."""
    now, pool_id = now_of(session), new_id()
    session.add(Pool(id=pool_id, org_id=org_id, name=f"Pool {pool_id}", about={}, created_at=now))
    session.flush()
    session.add(
        Annotator(
            org_id=org_id, account_id=account_id, pool_id=pool_id, pseudonym=account_id[:10], status="active",
            skills=[], domains=[], applied_at=now,
        )
    )  # fmt: skip


def token_of(database: Database, persona: Persona, scopes: tuple[str, ...] = ("all",)) -> str:
    with database.transaction(Scope.system("test")) as session:
        _, secret = create_token(
            session, system_actor("test"), account_id=persona.account_id, membership_id=persona.membership_id,
            name="test", scopes=scopes, days=1,
        )  # fmt: skip
    return secret


def csrf_of(client: FlaskClient, path: str = "/sign-in") -> str:
    """The form token of the page that a browser has open."""
    text = client.get(path).get_data(as_text=True)
    return text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> int:
    response = client.post("/sign-in", data={"email": email, "password": password, "csrf_token": csrf_of(client)})
    return response.status_code
