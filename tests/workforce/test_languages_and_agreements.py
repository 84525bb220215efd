"""Languages with their evidence, and agreements with their versions and signatures."""

import hashlib
from datetime import timedelta

import pytest

from i18n import render
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import Actor
from kernel.tenancy import Scope
from tests.workforce.conftest import Time, World
from workforce import operations, queries
from workforce.values import AgreementView, ClaimStatus, ClaimView, Demanded, ReceiptKind, ReceiptState

TEST = {"kind": "test", "ref": "A1"}


def _claim(world: World, annotator_id: str, locale: str = "sw-KE") -> ClaimView:
    with world.db.reading(world.vendor) as session:
        return next(claim for claim in queries.claims_of(session, annotator_id) if claim.locale == locale)


def test_a_verified_language_keeps_who_proved_it_how_and_until_when(world: World, time: Time) -> None:
    person, _actor = world.annotator()
    claim = _claim(world, person.id)
    with world.db.transaction(world.vendor) as session:
        verified = operations.verify_language(session, world.reviewer, claim.id, evidence=TEST)
    assert (verified.status, verified.proven) == (ClaimStatus.VERIFIED, "native")
    assert [(piece.kind, piece.level, piece.strength) for piece in verified.evidence] == [("test", "native", "strong")]
    assert verified.until_at == time.now + timedelta(days=730)
    (line,) = world.audit("language.verified")
    assert line.actor_ref == world.reviewer.account_id
    assert line.details == {"locale": "sw-KE", "mode": "read", "proficiency": "native", "kind": "test"}
    time.now += timedelta(days=730)
    faded = _claim(world, person.id)
    assert (faded.status, faded.proven) == (ClaimStatus.EXPIRED, None)


def test_nobody_proves_their_own_language_nor_a_strangers(world: World) -> None:
    person, actor = world.annotator()
    claim = _claim(world, person.id)
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.verify_language(session, actor, claim.id, evidence=TEST)
    with pytest.raises(NotFound), world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        operations.verify_language(session, world.stranger, claim.id, evidence=TEST)
    as_manager = Actor(actor.account_id, world.vendor_id, world.manager.role)
    with pytest.raises(Forbidden, match="self_approval"), world.db.transaction(world.vendor) as session:
        operations.verify_language(session, as_manager, claim.id, evidence=TEST)
    assert world.audit("language.verified") == []


def test_a_language_is_not_proven_by_nothing(world: World) -> None:
    person, _actor = world.annotator()
    with pytest.raises(Invalid), world.db.transaction(world.vendor) as session:
        operations.verify_language(session, world.manager, _claim(world, person.id).id, evidence={"kind": "hunch"})


def test_another_level_of_a_language_must_be_proven_anew_and_the_same_level_stays_proven(world: World) -> None:
    person, actor = world.annotator()
    claim = _claim(world, person.id, "en")
    with world.db.transaction(world.vendor) as session:
        operations.verify_language(session, world.manager, claim.id, evidence=TEST)
        same = operations.claim_language(session, actor, person.id, locale="EN", proficiency="c1")
        assert [(each.mode, each.status) for each in same] == [
            ("read", ClaimStatus.VERIFIED), *((mode, ClaimStatus.CLAIMED) for mode in ("write", "listen", "speak")),
        ]  # fmt: skip
        higher, *_others = operations.claim_language(session, actor, person.id, locale="en", proficiency="C2")
    assert (higher.id, higher.status, higher.proven, higher.until_at) == (claim.id, ClaimStatus.CLAIMED, "C1", None)


def test_people_state_their_own_languages_only(world: World) -> None:
    person, _actor = world.annotator()
    _other, other_actor = world.annotator("Nia Otieno")
    for someone, refusal in ((other_actor, NotFound), (world.manager, Forbidden)):
        with pytest.raises(refusal), world.db.transaction(world.vendor) as session:
            operations.claim_language(session, someone, person.id, locale="fr", proficiency="C1")


def test_a_language_that_was_turned_down_has_a_receipt_and_may_be_stated_again_later(world: World, time: Time) -> None:
    person, actor = world.annotator()
    claim = _claim(world, person.id)
    with world.db.transaction(world.vendor) as session:
        operations.reject_language(session, world.manager, claim.id, reason="The sample was read by somebody else.")
        (receipt,) = queries.receipts_of(session, person.id)[0]
    assert receipt.kind is ReceiptKind.LANGUAGE_REJECTED
    assert render(receipt.what, "en") == "Your statement to know Swahili (Kenya) was not confirmed."
    assert render(receipt.what, "sw") != ""
    with pytest.raises(Conflict, match=r"language\.too_early"), world.db.transaction(world.vendor) as session:
        operations.claim_language(session, actor, person.id, locale="sw-KE", proficiency="C2")
    time.now += timedelta(days=30)
    with world.db.transaction(world.vendor) as session:
        again, *_others = operations.claim_language(session, actor, person.id, locale="sw-KE", proficiency="native")
        assert queries.receipts_of(session, person.id)[0][0].state is ReceiptState.ENDED, "the way back was taken"
    assert again.status is ClaimStatus.CLAIMED


def test_a_language_that_is_proven_after_all_ends_the_decision_that_turned_it_down(world: World) -> None:
    person, _actor = world.annotator()
    claim = _claim(world, person.id)
    with world.db.transaction(world.vendor) as session:
        operations.reject_language(session, world.manager, claim.id, reason="The sample was read by somebody else.")
        operations.verify_language(session, world.manager, claim.id, evidence=TEST)
        (receipt,) = queries.receipts_of(session, person.id)[0]
    assert (receipt.kind, receipt.state) == (ReceiptKind.LANGUAGE_REJECTED, ReceiptState.ENDED)


def _publish(world: World, text: str = "Keep what you see to yourself.", code: str = "nda") -> AgreementView:
    with world.db.transaction(world.vendor) as session:
        return operations.publish_agreement(
            session, world.manager, code=code, titles={"en": "Confidentiality", "sw": "Usiri"},
            texts={"en": text, "sw": "Usiseme."}, required_from="internal",
        )  # fmt: skip


def test_a_signature_keeps_the_fingerprint_of_the_text_that_was_read(world: World) -> None:
    person, actor = world.annotator()
    agreement = _publish(world)
    with world.db.transaction(world.vendor) as session:
        signed = operations.sign_agreement(session, actor, agreement.id, locale="sw", network="10.0.0.0/24")
        again = operations.sign_agreement(session, actor, agreement.id, locale="en")
    assert signed.text_sha256 == hashlib.sha256(b"Usiseme.").hexdigest()
    assert again == signed
    (line,) = world.audit("agreement.signed")
    assert line.details == {"annotator": person.id, "version": 1, "text": signed.text_sha256}


def test_a_new_version_asks_for_a_new_signature_and_the_old_one_cannot_be_signed(world: World) -> None:
    person, actor = world.annotator()
    first = _publish(world)
    with world.db.transaction(world.vendor) as session:
        operations.sign_agreement(session, actor, first.id, locale="en")
        assert queries.agreements_to_sign(session, person.id, world.vendor_id) == []
    second = _publish(world, "Keep all of it to yourself.")
    assert second.version == 2
    other, _other_actor = world.annotator("Zuri Mwangi")
    with world.db.reading(world.vendor) as session:
        facts = queries.person_facts(session, person.id, person.applied_at)
        others = queries.person_facts(session, other.id, person.applied_at)
        many = queries.facts_of_people(session, [person.id, other.id, "x" * 22], person.applied_at)
        assert many == {person.id: facts, other.id: others}
        assert [one.id for one in queries.agreements_to_sign(session, person.id, world.vendor_id)] == [second.id]
    assert facts is not None
    assert (facts.signed, facts.demanded) == ({"nda": 1}, (Demanded("nda", 2, "internal"),))
    _late, late_actor = world.annotator("Nia Otieno")
    with pytest.raises(Conflict, match=r"agreement\.outdated"), world.db.transaction(world.vendor) as session:
        operations.sign_agreement(session, late_actor, first.id, locale="en")


def test_an_agreement_is_signed_in_a_language_that_it_has(world: World) -> None:
    _person, actor = world.annotator()
    agreement = _publish(world)
    with pytest.raises(Invalid), world.db.transaction(world.vendor) as session:
        operations.sign_agreement(session, actor, agreement.id, locale="fr")


def test_only_people_of_the_vendor_sign_and_only_its_managers_publish(world: World) -> None:
    agreement = _publish(world)
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.sign_agreement(session, world.manager, agreement.id, locale="en")
    with pytest.raises(NotFound), world.db.transaction(Scope.system("test")) as session:
        operations.publish_agreement(
            session, world.stranger, code="nda", titles={"en": "A"}, texts={"en": "B"}, org_id=world.vendor_id
        )
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.publish_agreement(session, world.reviewer, code="nda", titles={"en": "A"}, texts={"en": "B"})
    (line,) = world.audit("agreement.published")
    assert line.details == {"code": "nda", "version": 1, "locales": ["en", "sw"]}
