"""The API of people: the same acts as the pages, under the same rules."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from kernel import clock
from kernel.db import Database
from kernel.models import Idempotency
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from web import limits
from workforce import desk, operations, queries
from workforce.cli import cli
from workforce.values import AppealDecision, Standing


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def test_me_tells_who_a_token_acts_for_and_what_is_missing(app: Flask, world: World) -> None:
    with world.db.transaction(world.vendor) as session:
        agreement = operations.publish_agreement(
            session, world.manager, code="nda", titles={"en": "T"}, texts={"en": "X"}
        )
    _person, actor = world.annotator()
    program = Program(app, world.db, actor)
    me = program.send("GET", "/me").json
    assert me is not None
    assert (me["email"], me["place"]["role"], me["annotator"]["status"]) == (
        "amina.wanjiru@example.org", "annotator", "active",
    )  # fmt: skip
    assert [one["locale"] for one in me["annotator"]["languages"] if one["mode"] == "read"] == ["en", "sw-KE"]
    assert [one["id"] for one in me["agreements_to_sign"]] == [agreement.id]
    signed = program.send("POST", f"/agreements/{agreement.id}/signatures", {"locale": "en"})
    assert signed.status_code == 201
    assert program.send("GET", "/me").json["agreements_to_sign"] == []  # type: ignore[index]
    manager = Program(app, world.db, world.manager).send("GET", "/me").json
    assert manager is not None and manager["annotator"] is None


def test_without_a_good_token_there_is_nothing(app: Flask, world: World) -> None:
    client = app.test_client()
    for header in ({}, {"Authorization": "Bearer pph_wrong"}, {"Authorization": "Basic x"}):
        answer = client.get("/api/v1/me", headers=header)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_a_token_does_no_more_than_its_scopes(app: Flask, world: World) -> None:
    person, _actor = world.applicant()
    program = Program(app, world.db, world.manager, ("people:read",))
    assert program.send("GET", "/people").status_code == 200
    assert program.send("POST", f"/people/{person.id}/admit").status_code == 403
    assert program.send("GET", "/pools").status_code == 403


def test_people_are_listed_admitted_declined_and_verified(app: Flask, world: World) -> None:
    amina, _actor = world.applicant("Amina Wanjiru")
    nia, _actor = world.applicant("Nia Otieno")
    program = Program(app, world.db, world.manager)
    listed = program.send("GET", "/people?status=applied&limit=1").json
    assert listed is not None and len(listed["items"]) == 1 and listed["next_after"]
    assert "email" not in listed["items"][0]
    assert program.send("GET", "/people?status=asleep").status_code == 422
    assert program.send("GET", "/people?order=name").status_code == 422
    assert program.send("POST", f"/people/{amina.id}/admit").json["status"] == "active"  # type: ignore[index]
    assert program.send("POST", f"/people/{amina.id}/admit").status_code == 409
    assert program.send("POST", f"/people/{nia.id}/decline", {"reason": "Enough."}).json["status"] == "declined"  # type: ignore[index]
    claim = program.send("GET", f"/people/{amina.id}").json["languages"][0]  # type: ignore[index]
    verified = program.send("POST", f"/languages/{claim['id']}/verify", {"kind": "test", "ref": "A1"})
    assert verified.json["status"] == "verified"  # type: ignore[index]
    rejected = program.send("POST", f"/languages/{claim['id']}/reject", {"reason": "A mistake."})
    assert rejected.json["status"] == "rejected"  # type: ignore[index]
    wait = {"status": "paused", "reason": "Wait.", "until": "2001-01-01T00:00:00Z"}
    wrong = program.send("POST", f"/people/{amina.id}/standing", wait)
    assert wrong.status_code == 422 and set(wrong.get_json()["fields"]) == {"until"}
    paused = program.send(
        "POST", f"/people/{amina.id}/standing", wait | {"until": (clock.now() + timedelta(days=9)).isoformat()}
    )
    assert paused.json["status"] == "paused"  # type: ignore[index]


def test_strangers_and_colleagues_of_other_roles_are_refused(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    stranger = Program(app, world.db, world.stranger)
    assert stranger.send("GET", f"/people/{person.id}").status_code == 404
    assert (
        stranger.send("POST", f"/people/{person.id}/standing", {"status": "paused", "reason": "x"}).status_code == 404
    )
    assert stranger.send("PUT", f"/pools/{world.pool_id}", {"name": "Mine"}).status_code == 404
    own = Program(app, world.db, actor)
    assert own.send("GET", "/people").status_code == 403
    assert own.send("POST", f"/people/{person.id}/standing", {"status": "active", "reason": "x"}).status_code == 403
    assert own.send("POST", f"/people/{person.id}/standing", {"status": "left", "reason": "Bye."}).status_code == 200


def test_unknown_fields_are_refused_and_a_repeated_key_does_nothing(app: Flask, world: World) -> None:
    program = Program(app, world.db, world.manager)
    pool = {"name": "Horn of Africa", "about": {"am": "ሰላም"}}
    assert program.send("POST", "/pools", {**pool, "org_id": world.other_vendor_id}).status_code == 422
    first = program.send("POST", "/pools", pool, **{"Idempotency-Key": "key-0001"})
    again = program.send("POST", "/pools", pool, **{"Idempotency-Key": "key-0001"})
    assert (first.status_code, again.status_code, first.json) == (201, 201, again.json)
    assert program.send("POST", "/pools", pool).status_code == 409
    assert len(program.send("GET", "/pools").json["items"]) == 2  # type: ignore[index]


def test_a_person_applies_to_another_vendor_with_their_token(app: Flask, world: World) -> None:
    with world.db.transaction(Scope.tenant(world.other_vendor_id)) as session:
        pool = operations.create_pool(session, world.stranger, name="Sahel")
    _person, actor = world.annotator()
    program = Program(app, world.db, actor)
    body = {"country": "KE", "languages": [{"locale": "sw-KE", "proficiency": "native", "modes": ["read", "speak"]}]}
    applied = program.send("POST", f"/pools/{pool.id}/applications", body)
    assert (applied.status_code, applied.json["status"]) == (201, "applied")  # type: ignore[index]
    assert program.send("POST", f"/pools/{pool.id}/applications", body).status_code == 409
    assert program.send("POST", "/pools/unknown/applications", body).status_code == 404
    wrong = {"country": "KE", "languages": [{"locale": "xx-YY", "proficiency": "native", "modes": ["read"]}]}
    assert program.send("POST", f"/pools/{world.pool_id}/applications", wrong).status_code == 422


def test_profile_and_languages_are_changed_by_their_owner(app: Flask, world: World) -> None:
    _person, actor = world.annotator()
    program = Program(app, world.db, actor)
    changed = program.send("PUT", "/me/profile", {"country": "TZ", "weekly_hours": 3}).json
    assert changed is not None and (changed["country"], changed["weekly_hours"], changed["skills"]) == ("TZ", 3, [])
    stated = program.send(
        "POST", "/me/languages", {"locale": "lg_UG", "proficiency": "b2", "modes": ["read", "write", "listen", "speak"]}
    )
    assert [(each["locale"], each["mode"]) for each in stated.json["items"]] == [  # type: ignore[index]
        ("lg-UG", mode) for mode in ("read", "write", "listen", "speak")
    ]
    assert Program(app, world.db, world.manager).send("PUT", "/me/profile", {}).status_code == 403


def test_receipts_are_told_in_the_callers_language_and_appealed(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    program, manager = Program(app, world.db, actor), Program(app, world.db, world.manager)
    colleague = Program(app, world.db, world.colleague)
    manager.send("POST", f"/people/{person.id}/standing", {"status": "paused", "reason": "Bank details."})
    (receipt,) = program.send("GET", "/receipts").json["items"]  # type: ignore[index]
    assert receipt["what"] == "All your work with this vendor is paused."
    assert "decided_by" not in receipt and receipt["decided_by_rule"] is False
    opened = program.send("POST", f"/receipts/{receipt['id']}/appeal", {"text": "They are right."})
    assert opened.status_code == 201
    (row,) = colleague.send("GET", "/appeals").json["items"]  # type: ignore[index]
    case = f"/appeals/{row['appeal']['id']}"
    assert manager.send("POST", f"{case}/decision", {"outcome": "upheld", "answer": "No."}).status_code == 403
    decided = colleague.send("POST", f"{case}/decision", {"outcome": "overturned", "answer": "So they are."}).json
    assert decided is not None
    assert (decided["appeal"]["outcome"], decided["receipt"]["state"]) == ("overturned", "overturned")
    assert program.send("GET", f"/receipts/{receipt['id']}").json["appeal"]["answer"] == "So they are."  # type: ignore[index]
    with world.db.reading(world.vendor) as session:
        back = queries.annotator_by_id(session, person.id)
    assert back is not None and back.status is Standing.ACTIVE


def test_what_stands_at_the_desk_answers_in_place_of_the_plain_act(app: Flask, world: World) -> None:
    given_back: list[AppealDecision] = []

    def decide(session, actor, appeal_id, *, outcome, answer):  # type: ignore[no-untyped-def]
        decision = operations.decide_appeal(session, actor, appeal_id, outcome=outcome, answer=answer)
        given_back.append(decision)
        return decision

    desk.use_desk(decide)
    person, actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        claim_id = queries.claims_of(session, person.id)[0].id
    asked = {"status": "paused", "reason": "A reason.", "evidence": [{"kind": "language_claim", "id": "x" * 22}]}
    program = Program(app, world.db, world.manager)
    wrong = program.send("POST", f"/people/{person.id}/standing", asked)
    assert wrong.status_code == 422 and "evidence" in wrong.json["fields"]  # type: ignore[index]
    asked["evidence"] = [{"kind": "language_claim", "id": claim_id}]
    assert program.send("POST", f"/people/{person.id}/standing", asked).status_code == 200
    with world.db.transaction(world.vendor) as session:
        assert queries.receipts_of(session, person.id)[0][0].evidence == tuple(asked["evidence"])
        receipt_id = queries.receipts_of(session, person.id)[0][0].id
        appeal = operations.open_appeal(session, actor, receipt_id)
    body = {"outcome": "overturned", "answer": "Yes."}
    answer = Program(app, world.db, world.reviewer).send("POST", f"/appeals/{appeal.id}/decision", body)
    assert answer.status_code == 200
    assert [one.receipt_id for one in given_back] == [receipt_id]


def test_a_team_is_read_and_changed(app: Flask, world: World) -> None:
    program = Program(app, world.db, world.client_admin)
    account_id = world.account("Q A")
    with world.db.transaction(Scope.system("test")) as session:
        membership_id = operations.add_membership(
            session, world.client_admin, account_id=account_id, org_id=world.client_id, role="client_qa"
        )
    assert program.send("POST", "/team/offers", {"email": "qa@example.org", "role": "finance"}).status_code == 403
    assert {row["role"] for row in program.send("GET", "/team").json["items"]} == {"client_admin", "client_qa"}  # type: ignore[index]
    assert Program(app, world.db, world.manager).send("DELETE", f"/team/{membership_id}").status_code == 404
    assert program.send("DELETE", f"/team/{membership_id}").status_code == 204


def test_agreements_are_published_and_listed(app: Flask, world: World) -> None:
    program = Program(app, world.db, world.manager)
    body = {"code": "nda", "titles": {"en": "T"}, "texts": {"en": "X"}, "required_from": "confidential"}
    assert program.send("POST", "/agreements", body).json["version"] == 1  # type: ignore[index]
    same = program.send("POST", "/agreements", body)
    assert (same.status_code, (same.json or {})["code"]) == (422, "agreement.unchanged")
    changed = program.send("POST", "/agreements", {**body, "texts": {"en": "Y"}})
    assert (changed.json or {})["version"] == 2
    assert program.send("POST", "/agreements", {**body, "required_from": "secret"}).status_code == 422
    (listed,) = program.send("GET", "/agreements").json["items"]  # type: ignore[index]
    assert (listed["code"], listed["version"]) == ("nda", 2)


def test_the_use_of_a_token_is_seen_on_the_account(app: Flask, world: World) -> None:
    Program(app, world.db, world.manager).send("GET", "/me")
    with world.db.reading(Scope.system("test")) as session:
        (token,) = queries.tokens_of(session, world.manager.account_id or "")
    assert token.last_used_at is not None


def test_the_command_prints_one_token_that_works(app: Flask, world: World) -> None:
    printed = app.test_cli_runner().invoke(cli, ["token", "VERA.manager@example.org", "--days", "2"])
    assert printed.exit_code == 0
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {printed.output.strip()}"})
    assert answer.json["email"] == "vera.manager@example.org"  # type: ignore[index]
    assert app.test_cli_runner().invoke(cli, ["token", "nobody@example.org"]).exit_code == 1
    assert app.test_cli_runner().invoke(cli, ["token", "vera.manager@example.org", "--role", "operator"]).exit_code == 1


STRANGER = {
    "email": "zuhura@people.example", "name": "Zuhura Ali", "password": "seven quiet rivers run", "country": "TZ",
    "time_zone": "Africa/Dar_es_Salaam", "weekly_hours": 12,
    "languages": [{"locale": "sw", "proficiency": "native", "modes": ["read", "write"]}],
}  # fmt: skip


def nobody(app: Flask, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    """A request without cookie, and without a token if none is given."""
    return app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=headers)


def test_somebody_without_an_account_applies_whole_and_gets_a_token_once_admitted(app: Flask, world: World) -> None:
    with world.db.transaction(world.vendor) as session:
        operations.publish_agreement(session, world.manager, code="conduct", titles={"en": "T"}, texts={"en": "X"})
    offer = nobody(app, "GET", f"/pools/{world.pool_id}/offer").json
    assert [one["code"] for one in offer["agreements"]] == ["conduct"]
    path = f"/pools/{world.pool_id}/applicants"
    unsigned = nobody(app, "POST", path, STRANGER)
    assert (unsigned.status_code, list(unsigned.json["fields"])) == (422, ["agreements"])
    signed = STRANGER | {"signatures": [{"agreement_id": offer["agreements"][0]["id"], "locale": "en"}]}
    assert nobody(app, "POST", path, signed | {"password": "short"}).status_code == 422
    assert nobody(app, "POST", "/pools/nothing/applicants", signed).status_code == 404
    assert nobody(app, "POST", path, signed).json["state"] == "received"
    asked = {"email": STRANGER["email"], "password": STRANGER["password"], "name": "work"}
    assert nobody(app, "POST", "/account/tokens", asked).status_code == 409
    manager: Any = Program(app, world.db, world.manager)
    (applied,) = manager.send("GET", "/people?status=applied").json["items"]
    assert applied["name"] == "Zuhura Ali"
    manager.send("POST", f"/people/{applied['id']}/admit")
    assert list(nobody(app, "POST", "/account/tokens", asked | {"name": "n" * 81}).json["fields"]) == ["name"]
    made = nobody(app, "POST", "/account/tokens", asked)
    assert made.status_code == 201 and "secret" not in made.json["token"]
    own = {"Authorization": f"Bearer {made.json['secret']}"}
    me = nobody(app, "GET", "/me", None, own).json
    assert (me["name"], me["place"]["role"], me["agreements_to_sign"]) == ("Zuhura Ali", "annotator", [])
    listed = nobody(app, "GET", "/account/tokens", None, own).json["items"]
    assert listed == [made.json["token"] | {"last_used_at": listed[0]["last_used_at"]}]
    gone = nobody(app, "DELETE", f"/account/tokens/{listed[0]['id']}", None, own)
    assert gone.status_code == 204
    assert nobody(app, "GET", "/me", None, own).status_code == 401


def test_an_application_never_tells_whether_an_account_exists(app: Flask, world: World) -> None:
    path, taken = f"/pools/{world.pool_id}/applicants", "amina.wanjiru@example.org"
    world.applicant("Amina Wanjiru")
    for broken in (
        {},
        {"weekly_hours": 10, "languages": [{"locale": "xx-nothing", "proficiency": "native", "modes": ["read"]}]},
    ):
        new, known = (nobody(app, "POST", path, STRANGER | broken | {"email": who}) for who in ("n@new.example", taken))
        assert (new.status_code, new.json.get("fields"), new.json.get("state")) == (
            known.status_code, known.json.get("fields"), known.json.get("state"),
        )  # fmt: skip
    refused = [
        nobody(app, "POST", "/account/tokens", {"email": who, "password": "not this one at all", "name": "t"})
        for who in ("n@new.example", taken, "nobody@at.all.example")
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in refused} == {(401, "sign_in.refused")}
    with world.db.reading(Scope.system("test")) as session:
        kept = queries.find_account(session, taken)
        assert kept is not None and kept.name == "Amina Wanjiru"


def test_an_account_is_changed_by_its_owner_with_a_token(app: Flask, world: World) -> None:
    program: Any = Program(app, world.db, world.manager)
    changed = {"name": "New Name", "locale": "sw", "time_zone": "Africa/Nairobi"}
    assert program.send("PUT", "/account", changed).status_code == 204
    me = program.send("GET", "/me").json
    assert {name: me[name] for name in changed} == changed
    assert list(program.send("PUT", "/account", changed | {"time_zone": "Moon/Far"}).json["fields"]) == ["time_zone"]
    browser = Visitor(app, world.db, world.manager)
    (device,) = program.send("GET", "/account/sessions").json["items"]
    assert program.send("DELETE", f"/account/sessions/{device['id']}").status_code == 204
    assert program.send("DELETE", f"/account/sessions/{device['id']}").status_code == 404
    assert browser.get("/account").status_code == 303
    sent = {"current_password": "wrong", "new_password": "seven quiet rivers run"}
    assert list(program.send("PUT", "/account/password", sent).json["fields"]) == ["current_password"]


def test_what_a_key_keeps_is_sealed_for_its_caller_and_key(app: Flask, world: World) -> None:
    program = Program(app, world.db, world.manager)
    program.send("POST", "/pools", {"name": "Sahel"}, **{"Idempotency-Key": "key-0002"})
    with world.db.transaction(Scope.system("test")) as session:
        (row,) = session.scalars(select(Idempotency))
        assert row.body.startswith("v1|") and "Sahel" not in row.body
        session.execute(update(Idempotency).values(key="key-0003"))  # moved to another key, it opens for nobody
    moved = program.send("POST", "/pools", {"name": "Sahel"}, **{"Idempotency-Key": "key-0003"})
    assert (moved.status_code, moved.get_json()["code"]) == (409, "idempotency.unreadable")


def test_what_is_asked_too_often_is_told_to_wait(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.MOST, "apply", 2)
    path = f"/pools/{world.pool_id}/applicants"
    answers = [nobody(app, "POST", path, STRANGER) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
