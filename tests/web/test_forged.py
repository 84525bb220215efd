"""What a caller makes up: forms and proofs of somebody else, methods, tokens in the wrong place, headers of proxies."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import request
from flask.testing import FlaskClient

from kernel import clock
from kernel.db import Database
from kernel.policy import Role
from tests.web.conftest import PASSWORD, Persona, csrf_of, make_org, make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_of
from web import views
from web.app import create_base_app

OURS = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"name": 'Mallory "><script>alert(1)</script>', "locale": "en", "time_zone": "UTC"}


@pytest.fixture
def two(db: Database) -> tuple[Persona, Persona]:
    org_id = make_org(db, "vendor", "Baraza")
    return (
        make_persona(db, org_id, Role.VENDOR_MANAGER, "one@one.example"),
        make_persona(db, org_id, Role.VENDOR_MANAGER, "two@one.example"),
    )


def name_of(client: FlaskClient) -> str:
    return str(client.get("/account").get_data(as_text=True))


def test_a_form_of_whoever_sat_here_before_is_shown_and_saves_nothing(
    client: FlaskClient, two: tuple[Persona, Persona]
) -> None:
    sign_in(client, two[0].email)
    of_one = csrf_of(client, "/account")
    client.post("/sign-out", data={"csrf_token": of_one})
    sign_in(client, two[1].email)
    sent = TYPED | {"csrf_token": of_one, "current_password": "typed by one", "proof_code": "123456"}
    shown = client.post("/account", data=sent, headers=OURS)
    text = shown.get_data(as_text=True)
    assert shown.status_code == 400 and "<script>alert" not in text
    assert "typed by one" not in text and "123456" not in text and of_one not in text
    assert "Mallory" not in name_of(client)


@pytest.mark.parametrize("where", ["query", "json", "text", "cookie", "elsewhere", "nowhere"])
def test_a_form_token_counts_where_forms_have_it_and_nowhere_else(
    client: FlaskClient, two: tuple[Persona, Persona], where: str
) -> None:
    sign_in(client, two[0].email)
    token = csrf_of(client, "/account")
    if where == "query":
        answer = client.post(f"/account?csrf_token={token}", data=TYPED)
    elif where == "json":
        answer = client.post("/account", json=TYPED | {"csrf_token": token})
    elif where == "text":
        answer = client.post("/account", data=f"csrf_token={token}&name=Mallory", content_type="text/plain")
    elif where == "cookie":
        client.set_cookie("csrf_token", token)
        answer = client.post("/account", data=TYPED)
    elif where == "elsewhere":
        other = client.application.test_client()
        sign_in(other, two[1].email)
        answer = client.post("/account", data=TYPED | {"csrf_token": csrf_of(other, "/account")})
    else:
        answer = client.post("/account", data=TYPED)
    assert answer.status_code in (400, 415)
    assert "Mallory" not in name_of(client)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_and_no_field_makes_another_method_of_a_request(
    client: FlaskClient, two: tuple[Persona, Persona], name: str
) -> None:
    sign_in(client, two[0].email)
    sent = TYPED | {"csrf_token": csrf_of(client, "/account"), "_method": "POST"}
    for ask in (client.get, client.head, client.options):
        assert ask("/account", query_string=sent, headers={name: "POST"}).status_code == 200
    assert client.open("/account", method="TRACE").status_code == 405
    assert "Mallory" not in name_of(client)


def test_a_cookie_opens_no_operation_of_the_api_and_a_token_no_page(
    client: FlaskClient, db: Database, two: tuple[Persona, Persona]
) -> None:
    secret, bare = token_of(db, two[0]), client.application.test_client()
    for query in (f"access_token={secret}", f"token={secret}", f"Authorization=Bearer%20{secret}"):
        assert bare.get(f"/api/v1/account/passkeys?{query}").status_code == 401
    headers = {"Authorization": f"Bearer {secret}"}
    assert bare.get("/api/v1/account/passkeys", headers=headers).status_code == 200
    at_the_door = bare.get("/account", headers=headers)
    assert at_the_door.status_code == 303 and "/sign-in" in at_the_door.headers["Location"]
    assert bare.post("/account", data=TYPED, headers=headers).status_code in (303, 400, 401, 403)
    sign_in(client, two[0].email)
    changed = {"name": "Mallory", "locale": "en", "time_zone": "UTC"}
    for how in ({"json": changed}, {"data": changed}, {"data": "{}", "content_type": "text/plain"}):
        assert client.put("/api/v1/account", headers=OURS, **how).status_code in (400, 401, 403, 415)
    assert "Mallory" not in name_of(client)


def test_a_proof_counts_for_the_token_and_the_session_that_it_was_made_with_alone(
    client: FlaskClient, db: Database
) -> None:
    worker = make_persona(db, make_org(db, "vendor", "Baraza"), Role.ANNOTATOR, "worker@one.example")
    one, other = ({"Authorization": f"Bearer {token_of(db, worker)}"} for _each in range(2))
    sign_in(client, worker.email)
    bare, later = client.application.test_client(), clock.now() + timedelta(minutes=20)
    form = {"kind": "mobile", "holder": "Nia Otieno", "account": "+254712345678"}

    def sent(program: dict[str, str]) -> int:
        return bare.put("/api/v1/payout-method", json=form, headers=program).status_code

    with clock.use_clock(lambda: later):
        assert (sent(one), sent(other)) == (403, 403)
        assert bare.post("/api/v1/step-up", json={"password": PASSWORD}, headers=one).status_code == 204
        assert (sent(other), sent(one)) == (403, 200)
        page = client.post("/pay/method", data=form | {"csrf_token": csrf_of(client, "/pay/method")})
        assert page.status_code == 403 and 'name="proof_password"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("proxies", "headers", "seen"),
    [
        (0, {"Forwarded": "for=6.6.6.6;proto=https;host=evil.example", "X-Real-IP": "6.6.6.6"}, "127.0.0.1"),
        (1, {"Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6", "CF-Connecting-IP": "6.6.6.6"}, "127.0.0.1"),
        (1, {"X-Forwarded-For": ", ".join(["6.6.6.6"] * 1000 + ["203.0.113.9"])}, "203.0.113.9"),
        (1, {"X-Forwarded-For": "2001:db8::1"}, "2001:db8::1"),
        (0, {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example"}, "127.0.0.1"),
        (2, {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.example"}, "127.0.0.1"),
    ],
)
def test_nothing_but_the_entry_of_the_named_proxy_says_where_a_request_is_from_and_for_whom(
    tmp_path: Path, proxies: int, headers: dict[str, str], seen: str
) -> None:
    app = create_base_app(replace(settings_of(tmp_path), trusted_proxies=proxies))
    views.register(app)
    found: list[tuple[str | None, str]] = []
    app.before_request(lambda: found.append((request.remote_addr, request.host)))
    app.test_client().get("/nothing-here", headers=headers)
    assert found == [(seen, "localhost")]
