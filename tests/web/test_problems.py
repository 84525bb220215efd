"""What a caller is told when something fails: tokens, the database, a disk that is full."""

import errno
import sqlite3

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from kernel.crypto import CannotDecrypt, unseal
from kernel.db import Database
from kernel.policy import Role
from tests.web.conftest import PASSWORD, make_org, make_persona
from web import problems
from web.views import health


def test_a_program_without_a_token_is_asked_for_one_and_a_bad_one_is_called_so(client: FlaskClient) -> None:
    missing = client.post("/api/v1/team/offers", json={})
    assert (missing.status_code, missing.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert missing.get_json()["code"] == "token.missing" and "Authorization: Bearer" in missing.get_json()["detail"]
    for method, path in (("GET", "/team"), ("POST", "/team/offers")):
        bad = client.open(f"/api/v1{path}", method=method, headers={"Authorization": "Bearer pph_wrong"})
        assert (bad.status_code, bad.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
        assert bad.get_json()["code"] == "token.refused" and "token" in bad.get_json()["detail"]


def test_tokens_that_are_made_rightly_are_not_counted_and_wrong_passwords_are(
    client: FlaskClient, db: Database
) -> None:
    persona = make_persona(db, make_org(db, "vendor", "Baraza"), Role.VENDOR_MANAGER, "vendor@one.example")
    right = {"email": persona.email, "password": PASSWORD, "name": "script", "days": 1}
    for _time in range(35):
        made = client.post("/api/v1/account/tokens", json=right)
        assert made.status_code == 201, made.get_json()
        token = made.get_json()
        mine = {"Authorization": f"Bearer {token['secret']}"}
        assert client.delete(f"/api/v1/account/tokens/{token['token']['id']}", headers=mine).status_code == 204
    wrong = [client.post("/api/v1/account/tokens", json=right | {"password": "no"}).status_code for _ in range(11)]
    assert wrong == [401] * 10 + [429]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (OperationalError("x", {}, sqlite3.OperationalError("database is locked")), 503, "database.unavailable"),
        (OperationalError("x", {}, sqlite3.OperationalError("database or disk is full")), 507, "storage.full"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "storage.full"),
        (OSError(errno.EFBIG, "File too large"), 507, "storage.full"),
        (IntegrityError("x", {}, sqlite3.IntegrityError("UNIQUE constraint failed")), 500, "fault"),
    ],
)
def test_only_what_may_pass_is_to_be_tried_again(app: Flask, fault: Exception, status: int, code: str) -> None:
    app.config["PROPAGATE_FAULTS"] = False
    with app.test_request_context("/api/v1/team"):
        told = problems._from_database(fault) if isinstance(fault, DBAPIError) else problems._from_fault(fault)
    assert (told.status_code, told.get_json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/openapi.json"])
def test_a_fault_is_told_by_its_number_and_its_trace_stands_in_the_log_alone(
    app: Flask, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_FAULTS"] = False

    def fails(**_named: object) -> None:
        raise RuntimeError("what a fault says")

    with app.test_request_context(path):
        endpoint = request.endpoint or ""
    monkeypatch.setitem(app.view_functions, endpoint, fails)
    told = app.test_client().get(path)
    text, number = told.get_data(as_text=True), told.headers["X-Request-Id"]
    assert told.status_code == 500 and number in text
    assert not any(word in text for word in ("what a fault says", "RuntimeError", "Traceback", "test_problems"))
    (line,) = [one for one in caplog.records if one.getMessage() == f"fault: {number}"]
    assert line.exc_info is not None and "what a fault says" in caplog.text and "in fails" in caplog.text


def test_what_no_key_opens_is_told_in_words(app: Flask) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        unseal("v2|gone|AAAA|AAAA", "item|content_sealed|i|o")
    with app.test_request_context("/api/v1/team"):
        told = app.make_response(app.handle_user_exception(caught.value))
    assert (told.status_code, told.get_json()["code"]) == (503, "sealed.unreadable")
    assert "field keys" in told.get_json()["detail"]


def test_an_installation_whose_files_cannot_be_written_is_not_ready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200

    def full(**_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(health, "TemporaryFile", full)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "files")
