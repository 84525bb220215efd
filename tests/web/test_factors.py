"""Second factors and step-up through pages and API: nothing opens early, nothing works twice, nothing typed is lost."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from kernel import clock
from kernel.db import Database
from kernel.models import AuditEvent
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import PASSWORD, Persona, csrf_of, make_org, make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_of
from workforce.models import TotpFactor
from workforce.rules import totp
from wsgi import create_app

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Time:
    """The clock of a test, which stands still until it is moved."""

    now = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def time() -> Iterator[Time]:
    moving = Time()
    with clock.use_clock(moving):
        yield moving


class Phone:
    """An authenticator app that was told a secret."""

    def __init__(self, secret: str, time: Time) -> None:
        self.secret, self.time = totp.bytes_of(secret), time

    def code(self) -> str:
        """The code of a step that was not shown yet: half a minute goes by."""
        self.time.later(seconds=30)
        return totp.code_at(self.secret, totp.step_of(self.time.now))


def send(client: FlaskClient, path: str, on: str = "/account", **data: str) -> TestResponse:
    return client.post(path, data=data | {"csrf_token": csrf_of(client, on)})


def enrol(client: FlaskClient, time: Time) -> tuple[Phone, list[str]]:
    """A second factor by the pages, with its recovery codes."""
    assert send(client, "/account/second-factor").status_code == 303
    shown = client.get("/account/second-factor").get_data(as_text=True)
    found = re.search(r"secret=([A-Z2-7]{32})&amp;", shown)
    assert found and '<svg class="qr"' in shown and totp.in_groups(found[1]) in shown
    phone = Phone(found[1], time)
    assert "not right" in send(client, "/account/second-factor/confirm", code="000000").get_data(as_text=True)
    told = send(client, "/account/second-factor/confirm", code=phone.code()).get_data(as_text=True)
    codes = re.findall(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}\b", told)
    assert len(set(codes)) == totp.RECOVERY_CODES
    return phone, codes


def second_step(client: FlaskClient, email: str, code: str) -> TestResponse:
    """Sign in with the password and then with a code."""
    form = {"email": email, "password": PASSWORD, "csrf_token": csrf_of(client), "next": "/team"}
    asked = client.post("/sign-in", data=form)
    assert asked.headers["Location"] == "/sign-in/code?next=/team"
    return give(client, code)


def give(client: FlaskClient, code: str) -> TestResponse:
    token = csrf_of(client, "/sign-in/code")
    return client.post("/sign-in/code", data={"code": code, "next": "/team", "csrf_token": token})


def is_out(client: FlaskClient) -> bool:
    return client.get("/account").headers.get("Location", "").startswith("/sign-in")


def actions(database: Database) -> list[str]:
    with database.reading(Scope.system("test")) as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)))


def test_the_life_of_a_second_factor(app: Flask, db: Database, time: Time) -> None:
    manager = make_persona(db, make_org(db, "vendor", "Baraza"), Role.VENDOR_MANAGER, "vendor@one.example")
    client, other, thief = app.test_client(), app.test_client(), app.test_client()
    assert (sign_in(other, manager.email), sign_in(client, manager.email)) == (303, 303)
    before = client.get_cookie("sid")
    phone, codes = enrol(client, time)
    after = client.get_cookie("sid")
    assert before and after and before.value != after.value
    assert is_out(other) and not is_out(client)
    with db.reading(Scope.system("test")) as session:
        sealed = session.scalars(select(TotpFactor.secret_sealed)).one()
    assert totp.text_of(phone.secret) not in sealed

    # The password alone opens nothing at all, neither pages nor API.
    used = phone.code()
    assert second_step(thief, manager.email, "000000").status_code == 422
    assert is_out(thief) and thief.get("/api/v1/account/sessions").status_code == 401
    assert second_step(other, manager.email, used).headers["Location"] == "/team"
    assert not is_out(other)
    assert give(thief, used).status_code == 422, "a code that was used"
    assert [give(thief, "111111").status_code for _ in range(4)] == [422] * 4  # two of them were counted before
    locked = give(thief, phone.code())
    assert locked.status_code == 429 and "quarter of an hour" in locked.get_data(as_text=True)
    time.later(minutes=16)
    assert is_out(thief) and thief.get("/sign-in/code").headers["Location"] == "/sign-in", "it waited long enough"

    # A recovery code signs in once, and a new set ends the old one.
    assert second_step(thief, manager.email, codes[0].lower()).status_code == 303
    assert second_step(app.test_client(), manager.email, codes[0]).status_code == 422
    stale = send(other, "/account/second-factor/codes")
    assert stale.status_code == 403 and 'name="proof_code"' in stale.get_data(as_text=True)
    fresh = send(other, "/account/second-factor/codes", proof_code=phone.code())
    assert fresh.status_code == 200 and codes[1] not in fresh.get_data(as_text=True)
    assert second_step(app.test_client(), manager.email, codes[1]).status_code == 422

    # A token by password needs the code, too.
    asked = {"email": manager.email, "password": PASSWORD, "name": "t"}
    assert client.post("/api/v1/account/tokens", json=asked).status_code == 401
    assert client.post("/api/v1/account/tokens", json=asked | {"code": phone.code()}).status_code == 201

    # Beside the factor a short password will do, and without it only to set up another one.
    short = {"current_password": PASSWORD, "new_password": "kTf3!mQx"}
    assert send(other, "/account/password", **short, proof_code=phone.code()).status_code == 303

    # Switching off takes both.
    end = "/account/second-factor/end"
    for wrong in ({"current_password": "no", "code": phone.code()}, {"current_password": "kTf3!mQx", "code": "000000"}):
        assert send(other, end, **wrong).status_code == 422
    assert send(other, end, current_password="kTf3!mQx", code=phone.code()).status_code == 303
    assert sign_in(client, manager.email, "kTf3!mQx") == 303
    assert client.get("/team").headers["Location"] == "/account/second-factor"
    long = {"current_password": "kTf3!mQx", "new_password": PASSWORD}
    assert send(client, "/account/password", **long).status_code == 303
    assert client.get("/team").status_code == 200
    assert {"factor.added", "factor.refused", "factor.code_used", "factor.codes_renewed", "factor.ended"} <= set(
        actions(db)
    )


def test_step_up_keeps_the_form_and_tells_programs(app: Flask, db: Database, time: Time) -> None:
    org = make_org(db, "vendor", "Baraza")
    worker = make_persona(db, org, Role.ANNOTATOR, "worker@one.example")
    client = app.test_client()
    sign_in(client, worker.email)
    program = {"Authorization": f"Bearer {token_of(db, worker)}"}
    time.later(minutes=20)
    form = {"kind": "mobile", "holder": "Nia O'Tieno", "account": "+254712345678"}
    asked = send(client, "/pay/method", "/pay/method", **form)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 403 and 'action="/pay/method"' in page
    assert 'name="holder" value="Nia O&#39;Tieno"' in page and 'name="proof_password"' in page
    refused = send(client, "/pay/method", "/pay/method", **form, proof_password="wrong")
    assert refused.status_code == 422 and 'value="+254712345678"' in refused.get_data(as_text=True)
    before = client.get_cookie("sid")
    done = send(client, "/pay/method", "/pay/method", **form, proof_password=PASSWORD)
    after = client.get_cookie("sid")
    assert (done.status_code, done.headers["Location"]) == (303, "/pay/method")
    assert before and after and before.value != after.value

    answer = client.put("/api/v1/payout-method", json=form, headers=program)
    assert (answer.status_code, answer.json["type"]) == (403, "urn:polyphony:problem:step_up.needed")  # type: ignore[index]
    bare = app.test_client()
    assert bare.post("/api/v1/step-up", json={"password": "wrong"}, headers=program).status_code == 422
    assert bare.post("/api/v1/step-up", json={"password": PASSWORD}, headers=program).status_code == 204
    assert bare.put("/api/v1/payout-method", json=form, headers=program).status_code == 200
    time.later(minutes=15)
    assert bare.put("/api/v1/payout-method", json=form, headers=program).status_code == 403

    # Before a page that is protected: the question, and back.
    assert client.get("/confirm?next=//evil.example").status_code == 200
    gone = send(client, "/confirm?next=/pay", "/confirm", proof_password=PASSWORD)
    assert (gone.status_code, gone.headers["Location"]) == (303, "/pay")

    # Files of people and the giving of roles ask, too; a form that asks for a proof is offered before it.
    manager = make_persona(db, org, Role.VENDOR_MANAGER, "manager@one.example")
    sign_in(bare, manager.email)
    by_token = {"Authorization": f"Bearer {token_of(db, manager)}"}
    time.later(minutes=20)
    for path in ("/people/file", "/invitations/file"):
        answer = send(bare, path, "/people", state="waiting", hours="5")
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 403 and 'name="proof_password"' in shown and 'value="5"' in shown
    assert 'formaction="/people/clearance' in bare.get("/people").get_data(as_text=True)
    role = {"email": worker.email, "role": "reviewer"}
    asked = send(bare, "/team", "/team", **role)
    assert asked.status_code == 403 and 'name="role" value="reviewer"' in asked.get_data(as_text=True)
    program_asks = app.test_client()
    for method, path in (("POST", "/people/file"), ("POST", "/team/offers")):
        answer = program_asks.open(
            f"/api/v1{path}", method=method, json=role if path == "/team/offers" else {}, headers=by_token
        )
        assert (answer.status_code, answer.json["type"]) == (403, "urn:polyphony:problem:step_up.needed")  # type: ignore[index]
    assert send(bare, "/team", "/team", **role, proof_password=PASSWORD).status_code == 303
    assert send(bare, "/people/file", "/people").status_code == 303


def test_a_role_that_needs_a_second_factor_and_a_lost_phone(db: Database, time: Time, tmp_path: Path) -> None:
    app = create_app(replace(settings_of(tmp_path), second_factor_roles=("operator",)), db)
    org = make_org(db, "operator", "Polyphony")
    people = [make_persona(db, org, Role.OPERATOR, f"{name}@one.example") for name in ("otto", "olga", "omar")]
    first, second, lost = (_equipped(app, person, time) for person in people)
    with db.reading(Scope.system("test")) as session:
        assert len(session.scalars(select(TotpFactor.id)).all()) == 3
    reason = "Omar lost the phone on a journey; I called him back."
    ask = {"email": people[2].email, "reason": reason}
    assert send(lost, "/second-factor-resets", "/second-factor-resets", **ask).status_code == 403, "not for oneself"
    assert send(first, "/second-factor-resets", "/second-factor-resets", **ask).status_code == 303
    assert send(first, "/second-factor-resets", "/second-factor-resets", **ask).status_code == 422, "it waits already"
    listed = second.get("/second-factor-resets").get_data(as_text=True)
    found = re.search(r"/second-factor-resets/(\w{22})/decide", listed)
    assert found and "journey" in listed
    path = found[0]
    for same in (first, lost):
        assert send(same, path, decision="agree").status_code == 403, "another person than who asked, or whose it is"
    assert send(second, path, decision="agree").status_code == 303
    assert send(second, path, decision="agree").status_code == 409
    assert is_out(lost)
    assert sign_in(lost, people[2].email) == 303
    home = lost.get("/admin", follow_redirects=True)
    assert home.request.path == "/account/second-factor" and reason in home.get_data(as_text=True)
    token = {"Authorization": f"Bearer {token_of(db, people[2])}"}
    answer = app.test_client().get("/api/v1/second-factor-resets", headers=token)
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed.mfa_missing")  # type: ignore[index]
    assert {"factor.reset_asked", "factor.reset"} <= set(actions(db))


def _equipped(app: Flask, person: Persona, time: Time) -> FlaskClient:
    """A browser of somebody who was sent to set up a second factor, and did."""
    client = app.test_client()
    assert sign_in(client, person.email) == 303
    assert client.get("/admin").headers["Location"] == "/account/second-factor"
    enrol(client, time)
    assert client.get("/admin").status_code == 200
    return client
