"""Clearance and identity: given and taken back by somebody else, with a reason, until a day, and at once."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from i18n import render
from kernel import audit_words
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import Actor
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import Time, World
from workforce import operations, queries
from workforce.values import PersonFacts, ReceiptKind, ReceiptState


def facts(world: World, annotator_id: str, time: Time) -> PersonFacts:
    with world.db.reading(world.vendor) as session:
        found = queries.person_facts(session, annotator_id, time.now)
    assert found is not None
    return found


def give(world: World, annotator_id: str, level: int, time: Time, days: int = 30, actor: Actor | None = None) -> None:
    with world.db.transaction(world.vendor) as session:
        operations.set_clearance(
            session, actor or world.manager, annotator_id, level=level, until_at=time.now + timedelta(days=days),
            reason="Trained on the data rules.",
        )  # fmt: skip


def test_a_clearance_holds_until_its_day_and_says_who_gave_it_and_why(world: World, time: Time) -> None:
    person, _actor = world.annotator()
    give(world, person.id, 2, time)
    assert facts(world, person.id, time).clearance == 2
    (line,) = world.audit("clearance.set")
    assert line.actor_ref == world.manager.account_id
    assert (line.details["before"], line.details["after"]) == (0, 2)
    assert set(line.details) == {"before", "after", "until", "words"}, "the log keeps a hash of the reason"
    with world.db.transaction(world.vendor) as session:
        assert audit_words.words_of(session, [line.id]) == {line.id: "Trained on the data rules."}
    time.now += timedelta(days=30)
    assert facts(world, person.id, time).clearance == 0


def test_a_lower_clearance_is_a_decision_that_can_be_appealed_and_undone(world: World, time: Time) -> None:
    person, actor = world.annotator()
    give(world, person.id, 3, time)
    give(world, person.id, 1, time)
    assert facts(world, person.id, time).clearance == 1
    with world.db.transaction(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, person.id)
        assert receipt.kind is ReceiptKind.CLEARANCE_LOWERED
        assert "Trained on the data rules." in render(receipt.why, "en")
        appeal = operations.open_appeal(session, actor, receipt.id)
        operations.decide_appeal(session, world.colleague, appeal.id, outcome="overturned", answer="A mistake.")
    assert facts(world, person.id, time).clearance == 3
    time.now += timedelta(days=30)
    assert facts(world, person.id, time).clearance == 0


def test_a_clearance_that_ends_earlier_is_a_decision_and_an_overturn_gives_its_time_back(
    world: World, time: Time
) -> None:
    person, actor = world.annotator()
    give(world, person.id, 2, time, days=80)
    with world.db.transaction(world.vendor) as session:
        operations.set_clearance(
            session, world.manager, person.id, level=2, until_at=time.now + timedelta(seconds=20), reason="Soon over."
        )
        (receipt,), _after = queries.receipts_of(session, person.id)
        assert receipt.kind is ReceiptKind.CLEARANCE_LOWERED and "ends earlier" in render(receipt.what, "en")
        appeal = operations.open_appeal(session, actor, receipt.id)
    time.now += timedelta(days=2)
    assert facts(world, person.id, time).clearance == 0
    with world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.colleague, appeal.id, outcome="overturned", answer="A mistake.")
    assert facts(world, person.id, time).clearance == 2
    time.now += timedelta(days=77)
    assert facts(world, person.id, time).clearance == 2
    time.now += timedelta(days=1)
    assert facts(world, person.id, time).clearance == 0


def test_a_longer_time_ends_the_decision_that_shortened_it(world: World, time: Time) -> None:
    person, _actor = world.annotator()
    for days in (80, 5, 60):
        give(world, person.id, 2, time, days=days)
    with world.db.reading(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, person.id)
    assert receipt.state is ReceiptState.ENDED


def test_a_clearance_that_is_given_again_ends_the_decision_that_took_it(world: World, time: Time) -> None:
    person, _actor = world.annotator()
    for level in (2, 0, 2):
        give(world, person.id, level, time)
    with world.db.reading(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, person.id)
    assert receipt.state is ReceiptState.ENDED


def test_a_clearance_and_an_identity_end_only_the_decisions_that_took_the_same(world: World, time: Time) -> None:
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        operations.verify_identity(session, world.manager, person.id, kind="in-person", note="Met at the office.")
        operations.end_identity(session, world.manager, person.id, reason="The document was somebody else's.")

    def state() -> ReceiptState:
        with world.db.reading(world.vendor) as session:
            return queries.receipts_of(session, person.id)[0][0].state

    give(world, person.id, 2, time)
    assert state() is ReceiptState.IN_FORCE, "the identity is as little verified as before"
    with world.db.transaction(world.vendor) as session:
        operations.verify_identity(session, world.manager, person.id, kind="in-person", note="Met at the office.")
    assert state() is ReceiptState.ENDED


def test_an_identity_is_verified_for_two_years_or_until_it_is_taken_back(world: World, time: Time) -> None:
    person, actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        operations.verify_identity(session, world.manager, person.id, kind="in-person", note="Met at the office.")
    (line,) = world.audit("identity.verified")
    assert line.details["kind"] == "in-person"
    with world.db.reading(Scope.system("test")) as session:
        assert audit_words.words_of(session, [line.id]) == {line.id: "Met at the office."}
    assert facts(world, person.id, time).identity_verified
    with world.db.transaction(world.vendor) as session:
        operations.end_identity(session, world.manager, person.id, reason="The document is another person's.")
    assert not facts(world, person.id, time).identity_verified
    with world.db.transaction(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, person.id)
        appeal = operations.open_appeal(session, actor, receipt.id)
        operations.decide_appeal(session, world.colleague, appeal.id, outcome="overturned", answer="It is theirs.")
    assert facts(world, person.id, time).identity_verified
    time.now += timedelta(days=730)
    assert not facts(world, person.id, time).identity_verified
    with pytest.raises(Conflict), world.db.transaction(world.vendor) as session:
        operations.end_identity(session, world.manager, person.id, reason="Again.")


def test_nobody_clears_themselves_nor_a_strangers_person_and_reviewers_clear_nobody(world: World, time: Time) -> None:
    person, actor = world.annotator()
    as_manager = Actor(actor.account_id, world.vendor_id, world.manager.role)
    for someone, refusal in ((as_manager, "self_approval"), (world.reviewer, "role_missing"), (actor, "role_missing")):
        with pytest.raises(Forbidden, match=refusal):
            give(world, person.id, 1, time, actor=someone)
        with pytest.raises(Forbidden, match=refusal), world.db.transaction(world.vendor) as session:
            operations.verify_identity(session, someone, person.id, kind="in-person", note="Met at the office.")
    with pytest.raises(NotFound), world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        operations.verify_identity(session, world.stranger, person.id, kind="in-person", note="Met at the office.")
    assert world.audit("clearance.set") == [] and world.audit("identity.verified") == []


@pytest.mark.parametrize(
    ("level", "days", "field"),
    [(4, 30, "level"), (-1, 30, "level"), (1, 0, "until"), (1, 190, "until"), (3, 40, "until")],
)
def test_levels_and_days_that_do_not_exist_are_refused(
    world: World, time: Time, level: int, days: int, field: str
) -> None:
    person, _actor = world.annotator()
    with pytest.raises(Invalid) as refused:
        give(world, person.id, level, time, days)
    assert list(refused.value.fields) == [field]


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def test_a_manager_clears_a_person_on_their_page(app: Flask, world: World, time: Time) -> None:
    person, _actor = world.annotator()
    visitor, here = Visitor(app, world.db, world.manager), f"/people/{person.id}"
    sent = {"level": "2", "until": "2026-05-01", "reason": "Trained."}
    assert visitor.post(f"{here}/clearance", {**sent, "until": "2020-01-01"}, on=here).status_code == 422
    assert visitor.post(f"{here}/clearance", sent, on=here).status_code == 303
    note = {"note": "Met at the office."}
    for wrong in ({**note, "kind": "hunch"}, {**note, "kind": "document"}, note, {"kind": "in-person"}):
        assert visitor.post(f"{here}/identity", wrong, on=here).status_code == 422
    assert visitor.post(f"{here}/identity", {**note, "kind": "in-person"}, on=here).status_code == 303
    shown = visitor.text(here)
    assert "Restricted: personal data" in shown and "verified on" in shown
    known = facts(world, person.id, time)
    assert (known.clearance, known.identity_verified) == (2, True)
    assert visitor.post(f"{here}/identity/end", {"reason": "Not theirs."}, on=here).status_code == 303
    assert not facts(world, person.id, time).identity_verified
    colleague = Visitor(app, world.db, world.reviewer)
    assert colleague.post(f"{here}/clearance", sent, on="/account").status_code == 403


def test_the_api_does_the_same(app: Flask, world: World, time: Time) -> None:
    person, _actor = world.annotator()
    program, here = Program(app, world.db, world.manager), f"/people/{person.id}"
    body = {"level": 1, "until_at": "2026-05-01T00:00:00Z", "reason": "Trained."}
    given = program.send("POST", f"{here}/clearance", body).json
    assert given is not None and (given["clearance"], given["identity_verified"]) == (1, False)
    assert program.send("POST", f"{here}/clearance", {**body, "level": 9}).status_code == 422
    verified = program.send("POST", f"{here}/identity", {"kind": "service", "note": "Number 17"}).json
    assert verified is not None and verified["identity_verified"]
    ended = program.send("POST", f"{here}/identity/end", {"reason": "Not theirs."}).json
    assert ended is not None and not ended["identity_verified"]
    stranger = Program(app, world.db, world.stranger)
    assert stranger.send("POST", f"{here}/clearance", body).status_code == 404
