"""Passkeys through the pages: made, listed, used at each door, refused wherever something is not right, taken off."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from kernel import guard, presence
from kernel.db import Database
from kernel.models import OutgoingMail
from kernel.policy import PASSKEY, Decision, Demand, Reason, Role
from kernel.tenancy import Scope
from tests.support.authenticator import Authenticator
from tests.web.conftest import PASSWORD, Persona, csrf_of, make_org, make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_of
from tests.web.test_factors import Time, actions, enrol, is_out, send, time
from web.models import AuthSession, PasskeyChallenge
from web.passkeys import FIELD
from workforce.models import Account, Passkey, RecoveryCode
from wsgi import create_app

__all__ = ["time"]
LIST, CHALLENGE = "/account/passkeys", "/passkey-challenge"


def asked(client: FlaskClient, path: str = CHALLENGE, on: str = "/account", **form: str) -> dict[str, Any]:
    answer = client.post(path, data=form, headers={"X-CSRFToken": csrf_of(client, on)})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def add(client: FlaskClient, device: Authenticator, name: str = "Laptop") -> TestResponse:
    made = device.make(asked(client, f"{LIST}/challenge"))
    return send(client, LIST, name=name, new_passkey=made)


def show(client: FlaskClient, device: Authenticator) -> int:
    """Prove by the passkey who one is."""
    return send(client, "/confirm", "/confirm", **{FIELD: device.use(asked(client))}).status_code


def enter(client: FlaskClient, device: Authenticator, **wrong: str) -> TestResponse:
    """Sign in by the passkey alone."""
    signed = device.use(asked(client, on="/sign-in", alone="yes"), **wrong)
    return bring(client, signed)


def bring(client: FlaskClient, signed: str, on: str = "/sign-in") -> TestResponse:
    return client.post("/sign-in/passkey", data={FIELD: signed, "csrf_token": csrf_of(client, on), "next": "/team"})


def step(client: FlaskClient, email: str, device: Authenticator) -> TestResponse:
    """Sign in with the password, and the passkey after it."""
    form = {"email": email, "password": PASSWORD, "csrf_token": csrf_of(client)}
    assert client.post("/sign-in", data=form).headers["Location"].startswith("/sign-in/code")
    assert 'src="/static/passkeys.js' in client.get("/sign-in/code").get_data(as_text=True)
    return client.post("/sign-in/code", data={
        FIELD: device.use(asked(client, on="/sign-in/code")), "csrf_token": csrf_of(client, "/sign-in/code"),
    })  # fmt: skip


def session_of(database: Database, person: Persona) -> AuthSession:
    with database.reading(Scope.system("test")) as session:
        newest = select(AuthSession).where(
            AuthSession.account_id == person.account_id, AuthSession.revoked_at.is_(None)
        )
        return session.scalars(
            newest.order_by(AuthSession.proven_at.desc(), AuthSession.created_at.desc()).limit(1)
        ).one()


def test_the_life_of_passkeys(app: Flask, db: Database, time: Time) -> None:
    org = make_org(db, "vendor", "Baraza")
    manager = make_persona(db, org, Role.VENDOR_MANAGER, "vendor@one.example")
    other = make_persona(db, org, Role.ANNOTATOR, "other@one.example")
    client, elsewhere = app.test_client(), app.test_client()
    laptop, phone = Authenticator(), Authenticator(counts=False)
    assert (sign_in(elsewhere, manager.email), sign_in(client, manager.email)) == (303, 303)

    # The first one brings recovery codes, ends every other session, and counts as a proof.
    told = add(client, laptop).get_data(as_text=True)
    codes = re.findall(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}\b", told)
    assert len(set(codes)) == 10 and is_out(elsewhere) and not is_out(client)
    assert session_of(db, manager).passkey_at is None, "made is not shown"
    time.later(minutes=1)

    # A code that a false page got makes no further passkey; one that is there does.
    assert send(client, "/confirm", "/confirm", proof_code=codes[9]).status_code == 303
    assert send(client, f"{LIST}/challenge").status_code == 403
    refused = send(client, LIST, name="Phone", new_passkey="{}")
    assert refused.status_code == 403 and "proof_code" not in refused.get_data(as_text=True)
    assert "/confirm?next=/account/passkeys&amp;factor=passkey" in client.get(LIST).get_data(as_text=True)
    assert show(client, laptop) == 303 and session_of(db, manager).passkey_at == time.now
    assert add(client, phone, "Phone ‹b›").status_code == 303
    listed = client.get(LIST).get_data(as_text=True)
    assert "Laptop" in listed and "Phone ‹b›" in listed and "Not used yet" in listed and "needs JavaScript" in listed

    # Each door: after the password, alone, and as a proof anew; a code of the recovery list goes on.
    assert step(elsewhere, manager.email, laptop).headers["Location"] == "/"
    assert session_of(db, manager).mfa_kind == "passkey"
    alone = app.test_client()
    assert enter(alone, phone).headers["Location"] == "/team" and alone.get("/team").status_code == 200
    assert presence.here().passkey_at == time.now, "what decisions on health data rest on"
    assert alone.get("/team", headers={"User-Agent": "Firefox/120.0 (X11; Linux x86_64)"}).status_code == 200
    assert presence.here().passkey_at is None, "another device than the one that showed it"
    time.later(minutes=20)
    assert send(client, f"{LIST}/challenge").status_code == 403
    proof = {FIELD: laptop.use(asked(client))}
    before = client.get_cookie("sid")
    assert send(client, "/confirm?next=/pay", "/confirm", **proof).headers["Location"] == "/pay"
    after = client.get_cookie("sid")
    assert before and after and before.value != after.value and session_of(db, manager).passkey_at == time.now
    assert send(client, "/confirm", "/confirm", **proof).status_code == 422, "the same answer once more"
    time.later(minutes=20)
    assert send(client, "/confirm", "/confirm", proof_code=codes[0]).status_code == 303
    with db.reading(Scope.system("test")) as session:
        row = session.scalars(select(AuthSession).where(AuthSession.mfa_at == time.now)).one()
    assert row.mfa_kind == "recovery" and row.passkey_at is not None and row.passkey_at < time.now

    # What is shown and taken off: the API does it too, other people's are nobody's, and the last one of staff stays.
    program = {"Authorization": f"Bearer {token_of(db, manager)}"}
    stranger = app.test_client()
    assert sign_in(stranger, other.email) == 303
    keys = app.test_client().get("/api/v1/account/passkeys", headers=program).get_json()["items"]
    assert [(key["name"], key["doubted_at"]) for key in keys] == [("Laptop", None), ("Phone ‹b›", None)]
    assert set(keys[0]) == {"id", "name", "created_at", "last_used_at", "doubted_at"}
    ids = [key["id"] for key in keys]
    assert send(stranger, f"{LIST}/{ids[0]}/remove").status_code == 404
    assert send(client, f"{LIST}/{ids[0]}/remove").status_code == 303
    assert session_of(db, manager).passkey_at is None, "the one that was shown may be gone"
    assert enter(app.test_client(), laptop).status_code == 422
    last = send(client, f"{LIST}/{ids[1]}/remove")
    assert last.status_code == 409 and "only second factor" in last.get_data(as_text=True)
    bearer = app.test_client()
    assert bearer.post("/api/v1/step-up", json={"code": codes[1]}, headers=program).status_code == 204
    assert bearer.delete(f"/api/v1/account/passkeys/{ids[1]}", headers=program).status_code == 409
    enrol(client, time)
    assert send(client, f"{LIST}/{ids[1]}/remove").status_code == 303
    with db.reading(Scope.system("test")) as session:
        letters = session.scalar(select(func.count()).select_from(OutgoingMail))
        assert session.get_one(Account, manager.account_id).factor_since is not None, "the app is still there"
    assert letters == 8  # two added, two removed, a recovery code three times, and the app
    assert {"passkey.added", "passkey.removed", "passkey.refused"} <= set(actions(db))


def test_whatever_is_not_right_opens_nothing(app: Flask, db: Database, time: Time) -> None:
    org = make_org(db, "vendor", "Baraza")
    nia = make_persona(db, org, Role.ANNOTATOR, "nia@one.example")
    odo = make_persona(db, org, Role.ANNOTATOR, "odo@one.example")
    client, others, laptop, theirs = app.test_client(), app.test_client(), Authenticator(), Authenticator()
    assert (sign_in(client, nia.email), sign_in(others, odo.email)) == (303, 303)
    options = asked(client, f"{LIST}/challenge")
    refused = [
        (client, replace(laptop, origin="https://evil.example").make(options)),
        (client, laptop.make(options)),  # used up by the one before
        (others, laptop.make(asked(client, f"{LIST}/challenge"))),
        (client, laptop.make(options | asked(client))),  # asked for something else
    ]
    assert [send(who, LIST, name="x", new_passkey=made).status_code for who, made in refused] == [422] * 4
    assert send(client, LIST, name="", new_passkey=laptop.make(asked(client, f"{LIST}/challenge"))).status_code == 422
    assert add(client, laptop).status_code == 200 and add(others, theirs).status_code == 200
    assert show(others, theirs) == 303
    assert add(others, replace(laptop, counter=0)).status_code == 409, "a passkey that somebody has"

    thief = app.test_client()
    # Nothing that is asked for tells who exists: the same for everybody, but for the bytes.
    first, second = (asked(app.test_client(), on="/sign-in", alone="yes") for _ in range(2))
    assert first["allowCredentials"] == [] and first["challenge"] != second["challenge"]
    assert enter(thief, laptop, origin="https://evil.example").status_code == 422
    assert enter(thief, laptop, party="evil.example").status_code == 422
    question = asked(thief, on="/sign-in", alone="yes")
    signed = laptop.use(question)
    assert bring(app.test_client(), signed).status_code == 422, "drawn for another browser"
    assert bring(thief, signed).status_code == 303 and not is_out(thief)
    assert bring(thief, signed, "/account").status_code == 422, "the same answer once more"
    late = app.test_client()
    signed = laptop.use(asked(late, on="/sign-in", alone="yes"))
    time.later(minutes=6)
    assert bring(late, signed).status_code == 422, "too late"
    unnamed = replace(laptop, owner=None, counter=laptop.counter + 5)
    assert enter(late, unnamed).status_code == 422, "nobody said whose it is"
    assert enter(late, replace(unnamed, owner=odo.account_id)).status_code == 422, "somebody else's name"
    assert [bring(late, odd).status_code for odd in ("", "{}", "x" * 30_000)] == [422] * 3
    assert is_out(late)

    # After the password of one, the passkey of another is worth nothing.
    form = {"email": nia.email, "password": PASSWORD, "csrf_token": csrf_of(late)}
    assert late.post("/sign-in", data=form).status_code == 303
    question = asked(late, on="/sign-in/code")
    assert [each["id"] for each in question["allowCredentials"]] == [laptop.id]
    assert give(late, theirs.use(question)).status_code == 422 and is_out(late)

    # A counter that goes back is that of a copy: refused, and the person is told.
    copy = replace(laptop, counter=1)
    assert enter(app.test_client(), copy).status_code == 422
    with db.reading(Scope.system("test")) as session:
        row = session.scalars(select(Passkey).where(Passkey.account_id == nia.account_id)).one()
        assert row.doubted_at == time.now and row.sign_count == laptop.counter - 1
    assert "passkey.counter_back" in actions(db)
    assert enter(app.test_client(), replace(laptop, counter=90)).status_code == 303
    assert "counter went back" in client.get(LIST).get_data(as_text=True)

    # Whose account is closed gets in by nothing; a passkey that is gone, neither.
    with db.transaction(Scope.system("test")) as session:
        session.execute(update(Account).where(Account.id == nia.account_id).values(status="suspended"))
    assert enter(app.test_client(), replace(laptop, counter=99)).status_code == 422
    with db.reading(Scope.system("test")) as session:
        assert len(session.scalars(select(PasskeyChallenge.id)).all()) < 5, "what is over is removed"


def give(client: FlaskClient, signed: str) -> TestResponse:
    return client.post("/sign-in/code", data={FIELD: signed, "csrf_token": csrf_of(client, "/sign-in/code")})


def test_an_annotator_may_go_back_to_a_password_alone(app: Flask, db_sqlite: Database, time: Time) -> None:
    person = make_persona(db_sqlite, make_org(db_sqlite, "vendor", "Baraza"), Role.ANNOTATOR, "nia@one.example")
    client = app.test_client()
    assert sign_in(client, person.email) == 303 and add(client, Authenticator()).status_code == 200
    with db_sqlite.reading(Scope.system("test")) as session:
        passkey_id = session.scalars(select(Passkey.id)).one()
    assert send(client, f"{LIST}/{passkey_id}/remove").status_code == 303
    with db_sqlite.reading(Scope.system("test")) as session:
        assert session.get_one(Account, person.account_id).factor_since is None
        assert session.scalars(select(RecoveryCode.id)).all() == []
    row = session_of(db_sqlite, person)
    assert (row.mfa_at, row.mfa_kind, row.passkey_at) == (None, None, None)
    assert sign_in(app.test_client(), person.email) == 303


def test_data_that_asks_for_a_passkey_leads_to_it(app: Flask, db_sqlite: Database, time: Time) -> None:
    person = make_persona(db_sqlite, make_org(db_sqlite, "vendor", "Baraza"), Role.ANNOTATOR, "nia@one.example")
    client, laptop = app.test_client(), Authenticator()
    assert sign_in(client, person.email) == 303
    shut: list[Reason] = [Reason.MFA_MISSING]

    def closed() -> str:
        demands = tuple(Demand(reason, False, 30, None, PASSKEY) for reason in shut)
        raise guard.refusal(Decision(False, tuple(shut), demands=demands))

    account, app.view_functions["web.account"] = app.view_functions["web.account"], closed
    lacks = client.get("/account", follow_redirects=True)
    assert lacks.request.path == LIST and "you have none yet" in lacks.get_data(as_text=True)
    app.view_functions["web.account"] = account
    assert add(client, laptop).status_code == 200
    app.view_functions["web.account"] = closed
    for shut[0] in (Reason.MFA_MISSING, Reason.MFA_STALE):
        asks = client.get("/account", follow_redirects=True)
        page = asks.get_data(as_text=True)
        assert asks.request.full_path == "/confirm?next=/account&factor=passkey"
        assert 'data-passkey="use"' in page and "proof_code" not in page, "a code would not do"


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    name = "db_sqlite" if "db_sqlite" in request.fixturenames else "db"
    return create_app(settings_of(tmp_path), request.getfixturevalue(name))
