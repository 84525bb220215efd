"""Two transactions about the same person or organization, of which the second begins before the first has ended."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.operations.founding import found_organization
from kernel.crypto import derive
from kernel.errors import Problem
from kernel.policy import NOBODY
from kernel.tenancy import Scope
from tests.workforce.conftest import World
from workforce import operations, queries
from workforce.models import Account, RoleOffer
from workforce.models.onboarding import BroughtCredential
from workforce.operations import credentials
from workforce.rules.credentials import public_key, signed

SYSTEM = Scope.system("test")
SEED, OWN = derive("another installation", "credentials"), derive("own", "credentials")
CONTENT: dict[str, Any] = {
    "issuer": "elsewhere.example", "vendor": "Elsewhere", "name": "Amina", "email": "amina.wanjiru@example.org",
    "issued_at": "2026-01-01T00:00:00+00:00", "expires_at": "2027-01-01T00:00:00+00:00",
    "languages": [{"locale": "sw-KE", "mode": "write", "level": "C1", "until": None}], "qualifications": [],
}  # fmt: skip
Act = Callable[[Session], object]


def beside(world: World, first: tuple[Scope, Act], second: tuple[Scope, Act]) -> str:
    """What the second comes to, told "done" or by its code, where it begins while the first is not committed yet. On
    SQLite, which has one writer at a time, it begins behind it."""

    def run() -> str:
        try:
            with world.db.transaction(second[0]) as session:
                second[1](session)
        except Problem as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with world.db.transaction(first[0]) as session:
            first[1](session)
            session.flush()
            if not world.db.is_sqlite:
                later = pool.submit(copy_context().run, run)
                try:
                    return later.result(timeout=1)
                except TimeoutError:
                    pass
        return run() if world.db.is_sqlite else later.result(timeout=20)


def test_nothing_rests_on_a_credential_that_was_forgotten_while_a_newer_one_came(world: World) -> None:
    person, actor = world.annotator()
    with world.db.transaction(SYSTEM) as session:
        confirmed = update(Account).where(Account.id == actor.account_id)
        session.execute(confirmed.values(email_confirmed_at=person.applied_at))

    def bring(session: Session, **changes: object) -> None:
        text = signed({**CONTENT, **changes}, SEED)
        trusted = {public_key(SEED): "Elsewhere"}
        credentials.import_credential(session, actor, person.id, text, seed=OWN, issuer="own", trusted=trusted)

    with world.db.transaction(world.vendor) as session:
        bring(session, languages=[])
        session.flush()
        brought = session.scalars(select(BroughtCredential.id)).one()
    newer = world.vendor, lambda session: bring(session, issued_at="2026-02-01T00:00:00+00:00")
    forget = world.vendor, lambda session: credentials.forget_credential(session, actor, brought)
    assert beside(world, newer, forget) == "done"
    with world.db.reading(world.vendor) as session:
        assert session.scalars(select(BroughtCredential.id)).all() == []
        pieces = [piece for claim in queries.languages_of(session, person.id) for piece in claim.evidence]
    assert not [piece for piece in pieces if piece.kind == "imported" and piece.strength != "gone"]


def test_an_organization_that_somebody_is_just_coming_to_run_is_offered_to_nobody_else(world: World) -> None:
    secrets: list[str] = []

    def address(secret: str) -> str:
        secrets.append(secret)
        return secret

    def found(session: Session, email: str) -> str:
        return found_organization(
            session, world.operator, kind="client", name="Nova Clinic", email=email, address_of=address
        ).org_id

    with world.db.transaction(SYSTEM) as session:
        org_id = found(session, "first@example.org")
    words = {"name": "First", "password": "correct horse battery staple nine"}
    accept = Scope.tenant(org_id), lambda session: operations.offers.accept_offer(session, NOBODY, secrets[0], **words)
    again = SYSTEM, lambda session: found(session, "second@example.org")
    assert beside(world, accept, again) == "organization.name_taken"
    with world.db.reading(SYSTEM) as session:
        waiting = select(RoleOffer.email).where(RoleOffer.org_id == org_id, RoleOffer.accepted_at.is_(None))
        assert session.scalars(waiting.where(RoleOffer.withdrawn_at.is_(None))).all() == []
