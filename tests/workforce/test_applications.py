"""Pools, applying to them, being admitted or declined, profiles and standing."""

import re
from datetime import timedelta

import pytest

from i18n import render
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from kernel.policy import NOBODY, Actor
from kernel.tenancy import Scope
from tests.workforce.conftest import Time, World
from workforce import operations, queries
from workforce.values import ClaimStatus, ReceiptKind, ReceiptState, Standing


def _apply(world: World, account_id: str, **changes: object) -> None:
    asked: dict[str, object] = {
        "pool_id": world.pool_id, "country": "KE", "time_zone": "Africa/Nairobi", "weekly_hours": 20,
        "languages": [("sw-KE", "native")], **changes,
    }  # fmt: skip
    with world.db.transaction(world.vendor) as session:
        operations.apply_to_pool(session, Actor(account_id, None, None), **asked)  # type: ignore[arg-type]


def test_an_application_makes_a_profile_with_languages_and_a_place_to_sign_in_to(world: World) -> None:
    person, actor = world.applicant()
    assert (person.status, person.country, person.skills) == (Standing.APPLIED, "KE", ("transcription",))
    assert re.fullmatch(r"P-[2-9A-HJ-NP-Z]{6}", person.pseudonym)
    assert (actor.org_id, actor.role) == (world.vendor_id, "annotator")
    with world.db.reading(world.vendor) as session:
        claims = [(claim.locale, claim.proficiency, claim.status) for claim in queries.claims_of(session, person.id)]
    assert claims == [("en", "C1", ClaimStatus.CLAIMED)] * 4 + [("sw-KE", "native", ClaimStatus.CLAIMED)] * 4
    (line,) = world.audit("application.sent")
    assert (line.actor_ref, line.object_ref, line.org_id) == (actor.account_id, person.id, world.vendor_id)


def test_nobody_applies_without_an_account(world: World) -> None:
    with pytest.raises(Unauthenticated), world.db.transaction(world.vendor) as session:
        operations.apply_to_pool(
            session,
            NOBODY,
            pool_id=world.pool_id,
            country="KE",
            time_zone="UTC",
            weekly_hours=1,
            languages=[("sw", "C1")],
        )


def test_nobody_applies_twice(world: World) -> None:
    _person, actor = world.applicant()
    assert actor.account_id
    with pytest.raises(Conflict, match=r"application\.exists"):
        _apply(world, actor.account_id)


def test_a_wrong_statement_leaves_nothing_behind(world: World) -> None:
    account_id = world.account("Nia Otieno")
    with pytest.raises(Invalid):
        _apply(world, account_id, languages=[("xx-YY", "native")])
    with world.db.reading(world.vendor) as session:
        assert queries.annotator_of(session, account_id, world.vendor_id) is None
    with world.db.reading(Scope.system("test")) as session:
        assert queries.places_of(session, account_id) == []


def test_a_closed_pool_takes_nobody(world: World) -> None:
    account_id = world.account("Nia Otieno")
    with world.db.transaction(world.vendor) as session:
        operations.change_pool(
            session, world.manager, world.pool_id, name="East Africa", about={"sw": "Karibu."}, is_open=False
        )
    with pytest.raises(Conflict, match=r"pool\.closed"):
        _apply(world, account_id)
    with world.db.reading(Scope.system("test")) as session:
        assert queries.open_pool(session, world.pool_id) is None
    (line,) = world.audit("pool.changed")
    assert line.details == {"is_open": False}


def test_pools_are_made_by_managers_of_the_vendor(world: World) -> None:
    with world.db.transaction(world.vendor) as session:
        made = operations.create_pool(session, world.colleague, name="Horn of Africa", about={"AM": "ሰላም"})
        assert made.about == {"am": "ሰላም"}
    with pytest.raises(Conflict, match=r"pool\.name_taken"), world.db.transaction(world.vendor) as session:
        operations.create_pool(session, world.manager, name="Horn of Africa")
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.create_pool(session, world.finance, name="Mine")
    with pytest.raises(NotFound), world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        operations.change_pool(session, world.stranger, world.pool_id, name="Mine", about={}, is_open=True)


def test_a_manager_admits_and_it_is_on_record(world: World) -> None:
    person, _actor = world.applicant()
    with world.db.transaction(world.vendor) as session:
        admitted = operations.admit(session, world.colleague, person.id)
    assert (admitted.status, admitted.admitted_at) == (Standing.ACTIVE, person.applied_at)
    (line,) = world.audit("standing.changed")
    assert line.actor_ref == world.colleague.account_id
    assert line.details == {"before": "applied", "after": "active", "receipt": None}
    with pytest.raises(Conflict, match=r"application\.decided"), world.db.transaction(world.vendor) as session:
        operations.admit(session, world.manager, person.id)


def test_neither_strangers_nor_applicants_nor_finance_admit(world: World) -> None:
    person, actor = world.applicant()
    with pytest.raises(NotFound), world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        operations.admit(session, world.stranger, person.id)
    with pytest.raises(NotFound), world.db.transaction(Scope.system("test")) as session:
        operations.admit(session, world.stranger, person.id)
    for other in (actor, world.finance, world.reviewer):
        with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
            operations.admit(session, other, person.id)
    assert world.audit("standing.changed") == []


def test_a_manager_who_applies_does_not_admit_themselves(world: World) -> None:
    assert world.manager.account_id
    with world.db.transaction(world.vendor) as session:
        person = operations.apply_to_pool(
            session, world.manager, pool_id=world.pool_id, country="KE", time_zone="UTC", weekly_hours=5,
            languages=[("en", "C2")],
        )  # fmt: skip
    with pytest.raises(Forbidden, match="self_approval"), world.db.transaction(world.vendor) as session:
        operations.admit(session, world.manager, person.id)
    with world.db.transaction(world.vendor) as session:
        assert operations.admit(session, world.colleague, person.id).status is Standing.ACTIVE


def test_a_decline_writes_a_receipt_in_the_readers_language(world: World) -> None:
    person, _actor = world.applicant()
    with world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "We have enough Swahili at the moment.")
    with world.db.reading(world.vendor) as session:
        (receipt,), after = queries.receipts_of(session, person.id)
        detail = queries.person_detail(session, person.id)
    assert after is None and detail is not None
    assert (receipt.kind, receipt.state, receipt.decided_by_rule) == (
        ReceiptKind.NOT_ADMITTED, ReceiptState.IN_FORCE, False,
    )  # fmt: skip
    assert render(receipt.what, "en") == "Your application to East Africa was not accepted."
    assert render(receipt.why, "en") == "The vendor's reason: “We have enough Swahili at the moment.”"
    assert "2026" in render(receipt.way_back, "en")
    assert detail.standings[0].receipt_id == receipt.id
    (line,) = world.audit("receipt.issued")
    assert line.details == {"kind": "not_admitted", "rule": "admission", "rule_version": "1", "annotator": person.id}


def test_a_decline_needs_a_reason(world: World) -> None:
    person, _actor = world.applicant()
    with pytest.raises(Invalid), world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "  ")


def test_a_declined_person_applies_again_after_thirty_days_with_the_same_pseudonym(world: World, time: Time) -> None:
    person, actor = world.applicant()
    assert actor.account_id
    with world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "Not now.")
    time.now += timedelta(days=29)
    with pytest.raises(Conflict, match=r"application\.exists"):
        _apply(world, actor.account_id)
    time.now += timedelta(days=1)
    _apply(world, actor.account_id, country="TZ")
    with world.db.reading(world.vendor) as session:
        again = queries.annotator_of(session, actor.account_id, world.vendor_id)
    assert again is not None
    assert (again.id, again.pseudonym, again.status, again.country) == (
        person.id, person.pseudonym, Standing.APPLIED, "TZ",
    )  # fmt: skip
    with world.db.transaction(world.vendor) as session:
        operations.decline(session, world.manager, person.id, "Still not.")
        assert len(queries.receipts_of(session, person.id)[0]) == 2


def test_people_change_their_own_profile_and_nobody_elses(world: World) -> None:
    person, actor = world.annotator()
    _other, other_actor = world.annotator("Nia Otieno")
    stated: dict[str, object] = {
        "country": "UG", "time_zone": "Africa/Kampala", "weekly_hours": 8, "skills": [], "domains": ["law"],
        "about": None,
    }  # fmt: skip
    with world.db.transaction(world.vendor) as session:
        changed = operations.update_profile(session, actor, person.id, **stated)  # type: ignore[arg-type]
    assert (changed.country, changed.weekly_hours, changed.domains) == ("UG", 8, ("law",))
    assert len(world.audit("profile.changed")) == 1
    for someone, refusal in ((other_actor, NotFound), (world.manager, Forbidden)):
        with pytest.raises(refusal), world.db.transaction(world.vendor) as session:
            operations.update_profile(session, someone, person.id, **stated)  # type: ignore[arg-type]


def test_a_pause_has_a_receipt_that_ends_with_the_pause(world: World) -> None:
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.manager, person.id, status="paused", reason="Bank details differ.")
    with world.db.reading(world.vendor) as session:
        (receipt,) = queries.receipts_of(session, person.id)[0]
    assert (receipt.kind, receipt.state) == (ReceiptKind.PAUSED, ReceiptState.IN_FORCE)
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.colleague, person.id, status="active", reason="Settled.")
    with world.db.reading(world.vendor) as session:
        (receipt,) = queries.receipts_of(session, person.id)[0]
    assert receipt.state is ReceiptState.ENDED
    assert len(world.audit("receipt.ended")) == 1


def test_strangers_do_not_change_standing_and_managers_do_not_make_people_leave(world: World) -> None:
    person, actor = world.annotator()
    with pytest.raises(NotFound), world.db.transaction(Scope.system("test")) as session:
        operations.change_standing(session, world.stranger, person.id, status="paused", reason="x")
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.manager, person.id, status="left", reason="x")
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.change_standing(session, actor, person.id, status="paused", reason="x")
    with world.db.transaction(world.vendor) as session:
        gone = operations.change_standing(session, actor, person.id, status="left", reason="A new job.")
    assert gone.status is Standing.LEFT


def test_a_standing_that_does_not_follow_is_refused(world: World) -> None:
    person, _actor = world.applicant()
    with pytest.raises(Conflict, match=r"standing\.not_from_here"), world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.manager, person.id, status="active", reason="Skip the rest.")
