"""Credentials that people take along: signed, verified, and told line by line what is believed."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from kernel.crypto import derive
from kernel.db import Database
from kernel.errors import Invalid
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from workforce import operations, queries
from workforce.models import Account
from workforce.onboarding import Measured
from workforce.rules.credentials import public_key, signed, verified

SEED = derive("another installation", "credentials")
CONTENT: dict[str, Any] = {
    "issuer": "elsewhere.example", "vendor": "Elsewhere", "name": "Amina", "email": "amina.wanjiru@example.org",
    "issued_at": "2026-01-01T00:00:00+00:00", "expires_at": "2027-01-01T00:00:00+00:00",
    "languages": [{"locale": "sw-KE", "mode": "write", "level": "C1", "until": None}], "qualifications": [],
}  # fmt: skip


def test_a_signature_holds_for_exactly_what_was_signed() -> None:
    text = signed(CONTENT, SEED)
    assert verified(text)["key"] == public_key(SEED)
    assert verified(json.dumps(json.loads(text)))["languages"] == CONTENT["languages"]
    other = json.loads(text)
    for wrong in (
        text.replace("C1", "C2"), json.dumps({**other, "key": public_key(b"k" * 32)}), "", "[]", "{}", "[" * 5000,
        json.dumps({**other, "signature": "x"}), '{"format": 1, "format": 2}', "x" * 200_001,
        signed({**CONTENT, "languages": [{"locale": ["en"]}]}, SEED), signed({**CONTENT, "email": None}, SEED),
        signed({**CONTENT, "accuracy": [{"low": 0.9}]}, SEED), signed({**CONTENT, "accuracy": {}}, SEED),
        signed({**CONTENT, "vendor_id": ["x"]}, SEED), json.dumps({**other, "key": [1]}),
        json.dumps({**other, "name": "\ud800"}), json.dumps({**other, "key": other["key"] + "=" * 5000}),
        json.dumps({**other, "name": "a\0"}),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            verified(wrong)


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def test_what_is_proven_is_signed_and_what_is_brought_is_answered_line_by_line(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Measured("choice", "sw-KE", 0.93, 0.9, 0.96, 40, None)
    monkeypatch.setattr("workforce.operations.credentials.accuracies_of", lambda _session, _person: [measured])
    person, actor = world.annotator()
    own = Program(app, world.db, actor)
    with world.db.transaction(world.vendor) as session:
        read = next(one for one in queries.claims_of(session, person.id) if (one.locale, one.mode) == ("sw-KE", "read"))
        operations.verify_language(session, world.manager, read.id, evidence={"kind": "document"})
    text = (own.send("POST", "/me/credentials").json or {})["credential"]
    assert [(one["locale"], one["mode"]) for one in json.loads(text)["languages"]] == [("sw-KE", "read")]
    key = app.test_client().get("/api/v1/credentials/key").json or {}
    assert verified(text)["key"] == key["key"]

    def bring(credential: str) -> list[tuple[bool, str]]:
        answer = own.send("POST", "/me/credentials/import", {"credential": credential}).json or {}
        return [(one["is_believed"], one["why"]) for one in answer["statements"]]

    assert bring(text)[0][1].startswith("This credential is of another person")  # the address is not confirmed
    with world.db.transaction(Scope.system("test")) as session:
        session.execute(
            update(Account).where(Account.id == actor.account_id).values(email_confirmed_at=person.applied_at)
        )
    assert json.loads(text)["accuracy"] == [
        {"task_type": "choice", "locale": "sw-KE", "accuracy": "0.93", "low": "0.90", "high": "0.96", "checks": "40",
         "as_of": None}
    ]  # fmt: skip
    assert bring(text) == [(False, "There already")] * 2  # what a vendor has signed itself is nothing new to it
    foreign = signed(CONTENT, SEED)
    assert bring(foreign)[0][1].startswith("Nobody here knows who signed it")
    object.__setattr__(app.config["SETTINGS"], "trusted_issuers", (("Elsewhere", public_key(SEED)),))
    assert bring(foreign)[0] == (True, "Believed, as evidence from another system beside all other.")
    assert bring(signed({**CONTENT, "vendor_id": world.vendor_id}, SEED)) == [(False, "There already")]
    assert not bring(signed({**CONTENT, "email": "other@example.org"}, SEED))[0][0]
    assert bring(signed({**CONTENT, "expires_at": "2026-01-02T00:00:00+00:00"}, SEED)) == [(False, "It has expired.")]
    missing = {**CONTENT, "languages": [{"locale": "fr-SN", "mode": "read", "level": "C1", "until": None}],
               "qualifications": [{"task_type": "choice", "locale": "sw-KE"}],
               "accuracy": [{"task_type": "choice", "locale": "sw-KE", "low": "0.90", "high": "0.96"}]}  # fmt: skip
    told = bring(signed(missing, SEED))
    assert [believed for believed, _why in told] == [False] * 3 and told[0][1].startswith("State this language")
    (*_others, last) = (own.send("POST", "/me/credentials/import", {"credential": signed(missing, SEED)}).json or {})[
        "statements"
    ]
    assert last["what"].endswith(": right in 90% to 96% of the checked answers") and not last["is_believed"]
    with world.db.reading(world.vendor) as session:
        found = {(one.locale, one.mode): one for one in queries.languages_of(session, person.id)}
    (piece,) = found["sw-KE", "write"].evidence  # as old as it is, and no longer good than the credential
    assert (piece.kind, piece.at.isoformat(), (piece.until_at or piece.at).isoformat()) == (
        "imported", CONTENT["issued_at"], CONTENT["expires_at"]
    )  # fmt: skip
    browser = Visitor(app, world.db, actor)
    changed = {"credential": (BytesIO(text.replace("sw-KE", "en").encode()), "credential.json")}
    refused = browser.post("/me/credentials/import", changed, on="/me/credentials")
    assert refused.status_code == 422 and "was changed after it was signed" in refused.get_data(as_text=True)
    file = browser.post("/me/credentials", on="/me/credentials")
    assert file.mimetype == "application/json" and verified(file.get_data(as_text=True))
    again = {"credential": (BytesIO(file.data), "credential.json")}
    assert "There already" in browser.post("/me/credentials/import", again, on="/me/credentials").get_data(as_text=True)


def test_what_is_believed_is_shown_to_the_vendor_until_it_is_forgotten(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    with world.db.transaction(Scope.system("test")) as session:
        session.execute(
            update(Account).where(Account.id == actor.account_id).values(email_confirmed_at=person.applied_at)
        )
    object.__setattr__(app.config["SETTINGS"], "trusted_issuers", (("Elsewhere System", public_key(SEED)),))
    said = {
        **CONTENT, "qualifications": [{"task_type": "spans", "locale": "sw-KE"}],
        "accuracy": [{"task_type": "spans", "locale": "sw-KE", "low": "0.90", "high": "0.96"}],
    }  # fmt: skip
    own, manager = Program(app, world.db, actor), Program(app, world.db, world.manager)
    place = f"/people/{person.id}/credentials"

    def bring(**changes: object) -> None:
        sent = own.send("POST", "/me/credentials/import", {"credential": signed({**said, **changes}, SEED)})
        assert sent.status_code == 200, sent.text

    def shown() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (manager.send("GET", place).json or {})["items"]
        assert items == (own.send("GET", "/me/credentials").json or {})["items"], "both read the same"
        return items

    bring(email="other@example.org")
    bring(expires_at="2026-01-02T00:00:00+00:00")
    bring(vendor_id=world.vendor_id)
    assert shown() == [], "what is not believed is not kept"
    bring()
    bring()
    (one,) = shown()
    assert (one["issuer"], one["vendor"], one["is_over"]) == ("Elsewhere System", "Elsewhere", False)
    assert one["lines"] == [
        "Swahili (Kenya), Writing: C1, fluent", "spans, Swahili (Kenya)",
        "spans, Swahili (Kenya): right in 90% to 96% of the checked answers",
    ]  # fmt: skip
    bring(issued_at="2025-12-01T00:00:00+00:00", qualifications=[])
    assert [len(each["lines"]) for each in shown()] == [3], "an older one of the same key says nothing new"
    bring(issued_at="2026-02-01T00:00:00+00:00", accuracy=[])
    assert [(each["issued_at"][:7], len(each["lines"])) for each in shown()] == [("2026-02", 2)]
    page = Visitor(app, world.db, world.manager).text(f"/people/{person.id}")
    assert "Credentials from elsewhere" in page and "spans, Swahili (Kenya)" in page
    for other, status in ((world.stranger, 404), (world.finance, 403), (world.reviewer, 403)):
        assert Program(app, world.db, other).send("GET", place).status_code == status
    assert "spans, Swahili" not in Visitor(app, world.db, world.finance).text(f"/people/{person.id}")

    def weighs() -> list[str]:
        with world.db.reading(world.vendor) as session:
            found = queries.languages_of(session, person.id)
        return [piece.kind for claim in found for piece in claim.evidence if piece.strength != "gone"]

    assert weighs() == ["imported"]
    for other in (world.manager, world.stranger):
        assert Program(app, world.db, other).send("DELETE", f"/me/credentials/{one['id']}").status_code in (403, 404)
    browser = Visitor(app, world.db, actor)
    assert "Brought from elsewhere" in browser.text("/me/credentials")
    assert browser.post(f"/me/credentials/{one['id']}/forget", on="/me/credentials").status_code == 303
    assert shown() == [] and weighs() == [] and "Brought from elsewhere" not in browser.text("/me/credentials")
    assert own.send("DELETE", f"/me/credentials/{one['id']}").status_code == 404
    assert [event.details["key"] for event in world.audit("credential.forgotten")] == [public_key(SEED)]


def test_two_clicks_bring_a_credential_once(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    with world.db.transaction(Scope.system("test")) as session:
        session.execute(
            update(Account).where(Account.id == actor.account_id).values(email_confirmed_at=person.applied_at)
        )
    object.__setattr__(app.config["SETTINGS"], "trusted_issuers", (("Elsewhere", public_key(SEED)),))
    clicks, content = [Visitor(app, world.db, actor) for _click in range(3)], signed(CONTENT, SEED).encode()

    def bring(click: Visitor) -> int:
        sent = {"credential": (BytesIO(content), "credential.json")}
        return click.post("/me/credentials/import", sent, on="/me/credentials").status_code

    with ThreadPoolExecutor(len(clicks)) as threads:
        at_once = [threads.submit(copy_context().run, bring, click) for click in clicks]
    assert [each.result() for each in at_once] == [200] * 3
    assert len((Program(app, world.db, actor).send("GET", "/me/credentials").json or {})["items"]) == 1
