"""Two transactions about the same person or organization, of which the second begins before the first has ended."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.operations.founding import found_organization
from kernel.crypto import derive
from kernel.errors import Problem
from kernel.policy import NOBODY
from kernel.tenancy import Scope
from tests.workforce.conftest import SYSTEM as MACHINE
from tests.workforce.conftest import World
from workforce import operations, queries
from workforce.models import Account, LanguageClaim, RoleOffer
from workforce.models.onboarding import BroughtCredential
from workforce.operations import credentials
from workforce.operations.evidence import fold, note_work, put_evidence
from workforce.rules.credentials import public_key, signed
from workforce.values import ReceiptState

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


WORK: dict[str, Any] = {
    "locale": "sw-KE",
    "modes": ["write"],
    "level": "native",
    "lane_id": "lane",
    "right": 0.2,
    "checked": 200,
}


@pytest.mark.parametrize("way", ["credential", "manager"])
def test_what_checked_work_says_against_a_language_is_written_over_by_nobody(world: World, way: str) -> None:
    """The job that measures work is not through yet when somebody brings or gives evidence: both count."""
    person, actor = world.annotator()
    claim_id = _claim(world, person.id)
    with world.db.transaction(SYSTEM) as session:
        confirmed = update(Account).where(Account.id == actor.account_id)
        session.execute(confirmed.values(email_confirmed_at=person.applied_at))
    with world.db.transaction(world.vendor) as session:
        claim = session.get_one(LanguageClaim, claim_id)
        put_evidence(session, MACHINE, claim, kind="test", source="lane:y", level="native", weight=2.0)

    def give(session: Session) -> None:
        if way == "manager":
            operations.verify_language(session, world.manager, claim_id, evidence={"kind": "document"})
            return
        line = {"locale": "sw-KE", "mode": "write", "level": "native", "until": None}
        text, trusted = signed({**CONTENT, "languages": [line]}, SEED), {public_key(SEED): "Elsewhere"}
        credentials.import_credential(session, actor, person.id, text, seed=OWN, issuer="own", trusted=trusted)

    measure = world.vendor, lambda session: note_work(session, MACHINE, person.id, **WORK)
    assert beside(world, measure, (world.vendor, give)) == "done"
    with world.db.transaction(world.vendor) as session:
        row = session.get_one(LanguageClaim, claim_id)
        written = list(row.steps), row.status
        fold(session, MACHINE, row)
        assert written == (row.steps, row.status), "what stands there is what all evidence comes to"


def test_a_language_verified_while_it_is_turned_down_is_one_or_the_other(world: World) -> None:
    person, _actor = world.annotator()
    claim_id = _claim(world, person.id)

    def reject(session: Session) -> None:
        operations.reject_language(session, world.manager, claim_id, reason="It was machine made.")

    def verify(session: Session) -> None:
        operations.verify_language(session, world.colleague, claim_id, evidence={"kind": "document"})

    assert beside(world, (world.vendor, reject), (world.vendor, verify)) == "done"
    with world.db.reading(world.vendor) as session:
        row = session.get_one(LanguageClaim, claim_id)
        (receipt,), _after = queries.receipts_of(session, person.id)
        assert (row.status == "rejected") == (receipt.state is ReceiptState.IN_FORCE)


def _claim(world: World, annotator_id: str) -> str:
    with world.db.reading(world.vendor) as session:
        claims = queries.claims_of(session, annotator_id)
    return next(one.id for one in claims if (one.locale, one.mode) == ("sw-KE", "write"))
