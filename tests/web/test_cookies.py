"""The cookies of an installation in production, as a browser is told of them."""

from dataclasses import replace
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.db import Database
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import csrf_of, make_org, make_persona, sign_in
from tests.web.conftest import test_settings as settings_in
from workforce.models import Pool
from wsgi import create_app

HTTPS = {"base_url": "https://work.example.org"}


class Secure(FlaskClient):
    """A browser that comes by https."""

    def open(self, *args: Any, **more: Any) -> TestResponse:
        return super().open(*args, **{**HTTPS, "headers": {"Referer": "https://work.example.org/"}, **more})


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    settings = replace(
        settings_in(tmp_path), environment="production", server_name="work.example.org",
        passkey_origin="https://work.example.org", second_factor_roles=(),
    )  # fmt: skip
    app = create_app(settings, db)
    app.test_client_class = Secure
    return app


def told(response: TestResponse) -> dict[str, "Morsel[str]"]:
    """The cookies that a response sets, by name."""
    found: dict[str, Morsel[str]] = {}
    for line in response.headers.getlist("Set-Cookie"):
        found |= SimpleCookie(line)
    return found


def test_every_cookie_of_production_is_secure_out_of_scripts_reach_and_bound_to_this_host(
    app: Flask, db: Database
) -> None:
    vendor = make_org(db, "vendor", "Baraza")
    person = make_persona(db, vendor, Role.ANNOTATOR, "nia@one.example")
    with db.transaction(Scope.system("test")) as session:
        pool = session.query(Pool).one()
        pool.is_open = True
        pool_id = pool.id
    stranger, client = app.test_client(), app.test_client()
    begun = {"name": "Nia", "csrf_token": csrf_of(stranger, f"/apply/{pool_id}")}
    answers = [
        client.get("/sign-in"),
        client.post("/language", data={"locale": "sw", "csrf_token": csrf_of(client)}),
        stranger.post(f"/apply/{pool_id}/draft", data=begun),
    ]
    assert 'lang="sw"' in client.get("/sign-in").get_data(as_text=True), "the language is read under the name it is set"
    assert sign_in(client, person.email) == 303
    session_cookie = client.get_cookie("__Host-sid", "work.example.org")
    assert session_cookie is not None and session_cookie.secure and session_cookie.http_only
    assert (session_cookie.path, session_cookie.same_site) == ("/", "Lax")
    answers.append(client.post("/sign-out", data={"csrf_token": csrf_of(client, "/work")}))
    names = set()
    for answer in answers:
        for name, cookie in told(answer).items():
            names.add(name)
            assert name.startswith("__Host-"), name
            assert cookie["secure"] and cookie["httponly"], f"also what takes {name} away"
            assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/", "Lax", "")
    assert names == {"__Host-form", "__Host-lang", "__Host-sid", f"__Host-application-{pool_id}"}
