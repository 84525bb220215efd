"""Steps on the way in: asked as data of the pool, folded from facts, told to the person and to the vendor."""

from pathlib import Path

import pytest
from flask import Flask

from kernel.db import Database
from kernel.errors import Invalid
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from workforce import operations, queries
from workforce.rules.steps import clean_steps, step
from workforce.values import STEPS, Owner


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def test_each_step_has_words_for_each_turn_that_it_can_be() -> None:
    for code in STEPS:
        assert step(code, True, True).is_done and str(step(code, False, False).reason)
    assert step("languages", False, True).owner is Owner.VENDOR
    for wrong in (["email", "email"], ["no-such-step"]):
        with pytest.raises(Invalid):
            clean_steps(wrong)


def test_a_pool_asks_for_steps_and_both_sides_see_whose_turn_it_is(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    world.applicant("Nia Otieno")
    manager, own = Program(app, world.db, world.manager), Program(app, world.db, actor)
    asked = ["identity", "languages", "agreements", "profile", "email", "payout"]
    set_ = manager.send("PUT", f"/pools/{world.pool_id}/steps", {"steps": asked})
    assert set_.status_code == 200 and (set_.json or {})["steps"] == asked
    with world.db.transaction(world.vendor) as session:
        conduct = operations.publish_agreement(
            session, world.manager, code="conduct", titles={"en": "T"}, texts={"en": "X"}
        )
        operations.publish_agreement(
            session, world.manager, code="nda", titles={"en": "T"}, texts={"en": "X"}, required_from="confidential"
        )
        operations.verify_identity(session, world.manager, person.id, kind="in-person", note="Met at the office.")
    told = {one["code"]: one["owner"] for one in (own.send("GET", "/me/steps").json or {})["items"]}
    assert list(told.items()) == [
        ("identity", "nobody"), ("languages", "vendor"), ("agreements", "person"), ("profile", "nobody"),
        ("email", "person"), ("payout", "person"),
    ]  # fmt: skip
    assert told == {
        one["code"]: one["owner"] for one in (manager.send("GET", f"/people/{person.id}/steps").json or {})["items"]
    }
    me = Visitor(app, world.db, actor).text("/me")
    assert "What is still missing" in me and 'href="/account/address"' in me
    with world.db.transaction(world.vendor) as session:
        operations.sign_agreement(session, actor, conduct.id, locale="en", network="")
        claim = queries.claims_of(session, person.id)[0]
        operations.verify_language(session, world.manager, claim.id, evidence={"kind": "document"})
    counts = {one["code"]: one for one in (manager.send("GET", f"/pools/{world.pool_id}/steps").json or {})["items"]}
    assert counts["agreements"] == {"code": "agreements", "done": 1, "person": 1, "vendor": 0}
    assert counts["languages"] == {"code": "languages", "done": 1, "person": 0, "vendor": 1}
    waiting = manager.send("GET", f"/pools/{world.pool_id}/steps/agreements").json or {}
    assert [one["name"] for one in waiting["items"]] == ["Nia Otieno"]
    page = Visitor(app, world.db, world.manager)
    assert "Nia Otieno" in page.text(f"/pools/{world.pool_id}/onboarding?step=agreements&owner=person")
    typed = {"step-email": "2", "step-profile": "1", "step-identity": "", "step-test": "x"}
    assert page.post(f"/pools/{world.pool_id}/steps", typed, on=f"/pools/{world.pool_id}").status_code == 422
    typed["step-test"] = "0"
    assert page.post(f"/pools/{world.pool_id}/steps", typed, on=f"/pools/{world.pool_id}").status_code == 303
    assert [one["code"] for one in (own.send("GET", "/me/steps").json or {})["items"]] == ["profile", "email"]
    stranger = Program(app, world.db, world.stranger)
    assert stranger.send("PUT", f"/pools/{world.pool_id}/steps", {"steps": []}).status_code == 404
    assert stranger.send("GET", f"/pools/{world.pool_id}/steps").status_code == 404
