"""The door: signing in and out, sessions that die, forms that came from elsewhere, limits."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import request
from flask.testing import FlaskClient
from sqlalchemy import select

from kernel.db import Database
from kernel.models import AuditEvent
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import PASSWORD, Persona, csrf_of, make_org, make_persona, sign_in
from tests.web.conftest import test_settings as settings_of
from web import views
from web.app import create_base_app
from web.devices import device_of
from web.models import AuthSession

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def manager(db: Database) -> Persona:
    return make_persona(db, make_org(db, "vendor", "Baraza"), Role.VENDOR_MANAGER, "vendor@one.example")


def actions(database: Database) -> list[str]:
    with database.reading(Scope.system("test")) as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)))


def test_the_right_password_opens_the_home_page_and_is_audited(
    client: FlaskClient, db: Database, manager: Persona
) -> None:
    assert sign_in(client, manager.email) == 303
    assert client.get("/account").status_code == 200
    assert "session.opened" in actions(db)
    with db.reading(Scope.system("test")) as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "session.opened")).one()
    assert (noted.outcome, noted.actor_ref) == ("done", manager.account_id) and noted.details["factor"] == "password"


@pytest.mark.parametrize("email", ["vendor@one.example", "nobody@one.example"])
def test_a_wrong_password_and_an_unknown_person_get_the_same_answer_and_the_same_line_in_the_log(
    client: FlaskClient, db: Database, manager: Persona, email: str
) -> None:
    response = client.post("/sign-in", data={"email": email, "password": "wrong", "csrf_token": csrf_of(client)})
    assert response.status_code == 422
    assert "do not fit together" in response.get_data(as_text=True)
    with db.reading(Scope.system("test")) as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "session.refused")).one()
    assert (noted.outcome, noted.object_ref, noted.actor_ref, noted.details) == ("denied", None, None, {})


def test_a_copied_cookie_dies_with_sign_out(client: FlaskClient, db: Database, manager: Persona) -> None:
    sign_in(client, manager.email)
    cookie = client.get_cookie("sid")
    assert cookie is not None
    copied = client.application.test_client()
    copied.set_cookie("sid", cookie.value)
    assert copied.get("/account").status_code == 200
    assert client.post("/sign-out", data={"csrf_token": csrf_of(client, "/account")}).status_code == 303
    response = copied.get("/account")
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/sign-in")


def test_only_the_hash_of_a_cookie_is_kept(client: FlaskClient, db: Database, manager: Persona) -> None:
    sign_in(client, manager.email)
    cookie = client.get_cookie("sid")
    assert cookie is not None
    with db.reading(Scope.system("test")) as session:
        assert cookie.value not in session.scalars(select(AuthSession.secret_hash)).all()


def test_a_fourth_session_ends_the_oldest(client: FlaskClient, db: Database, manager: Persona) -> None:
    clients = [client.application.test_client() for _ in range(4)]
    for one in clients:
        assert sign_in(one, manager.email) == 303
    assert [one.get("/account").status_code for one in clients] == [303, 200, 200, 200]


def test_a_form_without_its_token_changes_nothing(client: FlaskClient, db: Database, manager: Persona) -> None:
    sign_in(client, manager.email)
    response = client.post("/account", data={"name": "Mallory", "locale": "en", "time_zone": "UTC"})
    assert response.status_code == 400
    assert "Mallory" not in client.get("/account").get_data(as_text=True)


def test_a_form_of_ours_that_waited_too_long_is_kept(client: FlaskClient, manager: Persona) -> None:
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
    client.environ_base["HTTP_USER_AGENT"] = agent
    sign_in(client, manager.email)
    ours = {"Sec-Fetch-Site": "same-origin"}
    form = {"name": 'Vera "V" O', "locale": "en", "time_zone": "UTC", "csrf_token": "of a session before"}
    kept = client.post("/account", data=form, headers=ours)
    page = kept.get_data(as_text=True)
    assert kept.status_code == 400 and 'action="/account"' in page and 'value="Vera &#34;V&#34; O"' in page
    assert "of a session before" not in page
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    assert client.post("/account", data=form | {"csrf_token": token}, headers=ours).status_code == 303
    shown = client.get("/account").get_data(as_text=True)
    assert "Vera &#34;V&#34; O" in shown and "Chrome on Android" in shown


@pytest.mark.parametrize(
    ("proxies", "sent", "seen"),
    [
        (0, "6.6.6.6", "127.0.0.1"), (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"), (2, "6.6.6.6", "127.0.0.1"),
    ],
)  # fmt: skip
def test_only_proxies_that_are_named_say_where_a_request_is_from(
    tmp_path: Path, proxies: int, sent: str, seen: str
) -> None:
    app = create_base_app(replace(settings_of(tmp_path), trusted_proxies=proxies))
    views.register(app)
    found: list[str | None] = []
    app.before_request(lambda: found.append(request.remote_addr))
    app.test_client().get("/nothing-here", headers={"X-Forwarded-For": sent})
    assert found == [seen]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
         ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Safari/604.1",
         ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", ("Firefox", "Linux")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_a_device_is_told_in_words(agent: str, words: tuple[str, str]) -> None:
    assert device_of(agent) == words


def test_a_form_from_another_site_is_refused_even_with_a_token(client: FlaskClient, manager: Persona) -> None:
    sign_in(client, manager.email)
    token = csrf_of(client, "/account")
    response = client.post(
        "/account", data={"name": "Mallory", "locale": "en", "time_zone": "UTC", "csrf_token": token},
        headers={"Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert response.status_code == 403


def hidden_fields(text: str) -> list[tuple[str, str]]:
    """The hidden fields of a page in its main form."""
    form = text.split('<form class="card"', 1)[1].split("</form>", 1)[0]
    return [(name, unescape(value)) for name, value in HIDDEN.findall(form)]


def test_what_was_sent_after_the_session_had_ended_waits_for_the_person(
    client: FlaskClient, db: Database, manager: Persona
) -> None:
    sign_in(client, manager.email)
    typed = {"name": 'Amina "A" <b>', "locale": "sw", "time_zone": "UTC", "csrf_token": csrf_of(client, "/account")}
    client.delete_cookie("sid")
    door = client.post("/account", data=typed, headers={"Referer": "http://localhost/account"})
    assert (door.status_code, "This was not sent" in door.text) == (401, True)
    kept = dict(hidden_fields(door.text))
    assert (kept["next"], kept["again_field:name"]) == ("/account", 'Amina "A" <b>')
    wrong = client.post("/sign-in", data=kept | {"email": manager.email, "password": "wrong"})
    kept = dict(hidden_fields(wrong.text))
    again = client.post("/sign-in", data=kept | {"email": manager.email, "password": PASSWORD})
    assert (again.status_code, 'action="/account"' in again.text) == (200, True)
    assert "<bdi>Amina &#34;A&#34; &lt;b&gt;</bdi>" in again.text and "<bdi>sw</bdi>" not in again.text
    assert "2 fields as you left them on the page" in again.text
    assert 'Amina "A" <b>' not in unescape(client.get("/account").text), "nothing is sent by itself"
    assert client.post("/account", data=dict(hidden_fields(again.text))).status_code == 303
    assert 'Amina "A" <b>' in unescape(client.get("/account").text)


def test_a_part_of_a_page_whose_session_ended_leads_to_signing_in_and_back(client: FlaskClient) -> None:
    for there, back in (
        ("http://localhost/account?tab=2", "/account?tab%3D2"),
        ("http://elsewhere.example/x", "/jobs"),
    ):
        part = client.get("/jobs/AAAAAAAAAAAAAAAAAAAAAA", headers={"HX-Request": "true", "HX-Current-URL": there})
        assert part.status_code == 401 and f'<a href="/sign-in?next={back}' in part.text, part.text


def test_an_answer_whose_session_ended_leads_back_to_its_unit(client: FlaskClient, db: Database) -> None:
    bare, unit = client.application.test_client(), "/work/AAAAAAAAAAAAAAAAAAAAAA"
    strange = bare.post(f"{unit}/answer", data={"choice": "refund"})
    assert hidden_fields(strange.text)[1:] == [("next", unit)], "nothing proves that it came from our page"
    ours = bare.post(f"{unit}/answer", data={"choice": "refund"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert hidden_fields(ours.text)[1:] == [
        ("next", unit), ("again_path", f"{unit}/answer"), ("again_field:choice", "refund"),
    ]  # fmt: skip
    secret = bare.post("/account/password", data={"new_password": "x"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert hidden_fields(secret.text)[1:] == [("next", "/account")]


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [("/sign-out", "/"), ("/language", "/"), ("/work/AAAAAAAAAAAAAAAAAAAAAA/answer", "/work/AAAAAAAAAAAAAAAAAAAAAA")],
)
def test_the_address_of_a_form_opens_its_page(client: FlaskClient, db: Database, address: str, leads_to: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, leads_to)


def test_the_address_of_a_form_that_looks_like_a_page_opens_the_page_above(client: FlaskClient, db: Database) -> None:
    annotator = make_persona(db, make_org(db, "vendor", "Baraza"), Role.ANNOTATOR, "amina@one.example")
    sign_in(client, annotator.email)
    assert client.get("/work/next").headers["Location"] == "/work"
    assert client.get("/work/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404


def test_the_eleventh_try_is_told_to_wait_however_the_address_is_spelled(client: FlaskClient, db: Database) -> None:
    make_persona(db, make_org(db, "vendor", "Baraza"), Role.VENDOR_MANAGER, "vendor@bücher.example")
    spellings = ["vendor@bücher.example", "Vendor@xn--bcher-kva.example", "\uff56endor@b\u0075\u0308cher\u3002example"]
    form = {"password": "wrong", "csrf_token": csrf_of(client)}
    tries = [form | {"email": spellings[number % 3]} for number in range(12)]
    statuses = [client.post("/sign-in", data=typed).status_code for typed in tries]
    assert statuses == [422] * 10 + [429] * 2
    response = client.post("/sign-in", data=form | {"email": spellings[2], "password": PASSWORD})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/no-such-page", "\t/"]
)
def test_a_way_back_never_leads_out(client: FlaskClient, manager: Persona, target: str) -> None:
    response = client.post(
        "/sign-in",
        data={"email": manager.email, "password": PASSWORD, "csrf_token": csrf_of(client), "next": target},
    )
    assert response.headers["Location"] == "/"


def test_changing_the_password_ends_the_other_sessions(client: FlaskClient, manager: Persona) -> None:
    other = client.application.test_client()
    sign_in(other, manager.email)
    sign_in(client, manager.email)
    response = client.post(
        "/account/password",
        data={
            "current_password": PASSWORD, "new_password": "another river, another seven bridges",
            "csrf_token": csrf_of(client, "/account"),
        },
    )  # fmt: skip
    assert response.status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_every_page_forbids_scripts_from_elsewhere_and_storing(client: FlaskClient) -> None:
    response = client.get("/sign-in")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert "Cookie" in response.headers["Vary"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_language_follows_the_choice_then_the_browser(client: FlaskClient) -> None:
    assert 'lang="ar" dir="rtl"' in client.get("/sign-in", headers={"Accept-Language": "ar-EG"}).get_data(as_text=True)
    client.post("/language", data={"locale": "sw", "csrf_token": csrf_of(client)})
    assert 'lang="sw"' in client.get("/sign-in", headers={"Accept-Language": "ar"}).get_data(as_text=True)


def test_health_is_one_word(client: FlaskClient) -> None:
    assert client.get("/healthz").get_data(as_text=True) == "ok"
    assert client.get("/readyz").get_data(as_text=True) == "ready"
