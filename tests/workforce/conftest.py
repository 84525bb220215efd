"""A small world for the tests of people: two vendors and a client, with somebody in every role that matters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock, crypto
from kernel.db import Database
from kernel.models import AuditEvent
from kernel.policy import Actor, system_actor
from kernel.registry import load_models
from kernel.tenancy import Scope
from workforce import operations, queries
from workforce.values import AnnotatorView

load_models()
SYSTEM = system_actor("test")
KEY = ("t", "A" * 43)  # the one that the applications of tests are given
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday


class Time:
    """The clock of a test, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Iterator[Time]:
    moving = Time()
    with clock.use_clock(moving):
        yield moving


@dataclass(frozen=True)
class World:
    """Actors by what they are, and the pool that people apply to."""

    db: Database
    vendor_id: str
    other_vendor_id: str
    client_id: str
    operator_org_id: str
    pool_id: str
    manager: Actor
    colleague: Actor
    reviewer: Actor
    finance: Actor
    stranger: Actor
    client_admin: Actor
    operator: Actor
    auditor: Actor

    @property
    def vendor(self) -> Scope:
        return Scope.tenant(self.vendor_id)

    def account(self, name: str, **more: Any) -> str:
        """An account with an address made of the name; its id."""
        with self.db.transaction(Scope.system("test")) as session:
            return _account(session, name, **more)

    def applicant(
        self, name: str = "Amina Wanjiru", languages: tuple[tuple[str, str], ...] = (("sw-KE", "native"), ("en", "C1"))
    ) -> tuple[AnnotatorView, Actor]:
        """Somebody who has just applied, with the actor they are from now on."""
        account_id = self.account(name)
        with self.db.transaction(self.vendor) as session:
            person = operations.apply_to_pool(
                session, Actor(account_id, None, None), pool_id=self.pool_id, country="KE",
                time_zone="Africa/Nairobi", weekly_hours=20, languages=list(languages),
                skills=["transcription"], domains=["medicine"], about="I teach Swahili.",
            )  # fmt: skip
        return person, self.actor(account_id, self.vendor_id)

    def annotator(self, name: str = "Amina Wanjiru") -> tuple[AnnotatorView, Actor]:
        """Somebody who was admitted."""
        person, actor = self.applicant(name)
        with self.db.transaction(self.vendor) as session:
            return operations.admit(session, self.manager, person.id), actor

    def actor(self, account_id: str, org_id: str) -> Actor:
        """The actor of an account in an organization."""
        with self.db.reading(Scope.system("test")) as session:
            place = next(place for place in queries.places_of(session, account_id) if place.org_id == org_id)
            found = queries.actor_of(session, account_id, place.membership_id)
        assert found is not None
        return found

    def audit(self, action: str) -> list[AuditEvent]:
        """The audit lines of an action, oldest first."""
        with self.db.reading(Scope.system("test")) as session:
            return list(
                session.scalars(
                    select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.chain, AuditEvent.seq)
                )
            )


def _account(session: Session, name: str, **more: Any) -> str:
    email = name.lower().replace(" ", ".") + "@example.org"
    return operations.create_account(session, SYSTEM, email=email, name=name, **more).id


def _member(session: Session, name: str, org_id: str, role: str) -> Actor:
    account_id = _account(session, name)
    operations.add_membership(session, SYSTEM, account_id=account_id, org_id=org_id, role=role)
    found = queries.actor_of(session, account_id)
    assert found is not None
    return found


@pytest.fixture
def world(db: Database, time: Time, begin_with: Callable[[str, Callable[[], World]], World]) -> World:
    crypto.use_keys((KEY,))  # letters are sealed while they wait
    return replace(begin_with("workforce", lambda: _build(db)), db=db)


def _build(db: Database) -> World:
    with db.transaction(Scope.system("test")) as session:
        vendor = operations.create_organization(session, SYSTEM, kind="vendor", name="Baraza Language Works").id
        other = operations.create_organization(session, SYSTEM, kind="vendor", name="Sahel Voices").id
        client = operations.create_organization(session, SYSTEM, kind="client", name="Telco").id
        own = operations.create_organization(session, SYSTEM, kind="operator", name="Polyphony Operations").id
        pool = operations.create_pool(session, SYSTEM, name="East Africa", org_id=vendor, about={"en": "Welcome."})
        return World(
            db, vendor, other, client, own, pool.id,
            manager=_member(session, "Vera Manager", vendor, "vendor_manager"),
            colleague=_member(session, "Carl Colleague", vendor, "vendor_manager"),
            reviewer=_member(session, "Rosa Reviewer", vendor, "reviewer"),
            finance=_member(session, "Fay Finance", vendor, "finance"),
            stranger=_member(session, "Sven Stranger", other, "vendor_manager"),
            client_admin=_member(session, "Clara Client", client, "client_admin"),
            operator=_member(session, "Otto Operator", own, "operator"),
            auditor=_member(session, "Audra Auditor", own, "auditor"),
        )  # fmt: skip
