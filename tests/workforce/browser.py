"""The application with workforce's pages alone, and people who are signed in to it."""

import re
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.config import Settings
from kernel.crypto import use_keys
from kernel.db import Database
from kernel.policy import Actor
from kernel.registry import load_jobs
from kernel.tenancy import Scope
from tests.workforce.conftest import SYSTEM
from web import sessions, views
from web.app import create_base_app
from workforce import operations, queries, register
from workforce.directory import person_of


def application(folder: Path) -> Flask:
    """The base application and workforce."""
    settings = Settings("test", "sqlite:///unused", None, folder, secret_key="x" * 43)
    use_keys((("t", "A" * 43),))
    load_jobs()
    app = create_base_app(settings)
    views.register(app)
    register.register(app)
    return app


class Visitor:
    """A browser, signed in or not."""

    def __init__(self, app: Flask, db: Database, actor: Actor | None = None) -> None:
        self.app, self.db, self.client = app, db, FlaskClient(app, use_cookies=True)
        self.client = app.test_client()
        if actor is not None:
            self.client.set_cookie("sid", self._secret(actor))

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, on: str | None = None) -> TestResponse:
        """Send a form as the page at `on` would: with its token."""
        shown = self.client.get(on or path).get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', shown)
        assert found, shown
        return self.client.post(path, data={**(data or {}), "csrf_token": found[1]})

    def text(self, path: str) -> str:
        """A page that must be there."""
        response = self.client.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)

    def _secret(self, actor: Actor) -> str:
        here = self.app.test_request_context(environ_base=self.client.environ_base)
        with here, self.db.transaction(Scope.system("test")) as session:
            account = queries.account_of(session, actor.account_id or "")
            assert account is not None
            return sessions.open_session(session, self.app.config["SETTINGS"], person_of(account), actor.membership_id)


class Program:
    """A program with a personal token."""

    def __init__(self, app: Flask, db: Database, actor: Actor, scopes: tuple[str, ...] = ("all",)) -> None:
        assert actor.account_id and actor.membership_id
        with db.transaction(Scope.system("test")) as session:
            self.secret = operations.create_token(
                session, SYSTEM, account_id=actor.account_id, membership_id=actor.membership_id,
                name="test", scopes=scopes, days=1,
            )[1]  # fmt: skip
        self.client = app.test_client()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """One request with the token."""
        return self.client.open(
            f"/api/v1{path}", method=method, json=body, headers={"Authorization": f"Bearer {self.secret}", **headers}
        )
