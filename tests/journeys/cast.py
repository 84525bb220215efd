"""The people of a journey with their tokens, the application they use, and a clock that the journey winds on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from kernel import clock, jobs
from kernel.db import Database
from kernel.ids import new_id
from kernel.policy import Role
from tests.support import contract
from tests.web.conftest import Persona, make_org, make_persona, token_of

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Cast:
    """A client, a vendor, and everybody in them; `now` is what all clocks show."""

    app: Flask
    db: Database
    now: datetime = START
    orgs: dict[str, str] = field(default_factory=dict)
    people: dict[str, "Person"] = field(default_factory=dict)

    def org(self, name: str, kind: str) -> str:
        with clock.use_clock(self.time):
            self.orgs[name] = make_org(self.db, kind, name)
        return self.orgs[name]

    def join(self, name: str, org: str, role: Role) -> "Person":
        """Somebody with an account and a role, who signs their requests with a token."""
        with clock.use_clock(self.time):
            persona = make_persona(self.db, self.orgs[org], role, f"{name}@{org}.example")
            self.people[name] = Person(self, persona, token_of(self.db, persona))
        return self.people[name]

    def renew(self) -> None:
        """New tokens for everybody, after a jump in time that the old ones did not outlive."""
        with clock.use_clock(self.time):
            for person in self.people.values():
                person.token = token_of(self.db, person.persona)

    def time(self) -> datetime:
        return self.now

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def work(self) -> None:
        """Let the schedule start what is due, and carry every job to its end; none may fail."""
        with clock.use_clock(self.time):
            jobs.start_periodic(self.db)
            jobs.drain(self.db)

    def seconds(self, count: float = 61) -> None:
        """Let time pass, with the jobs that go with it."""
        self.later(seconds=count)
        self.work()

    def nobody(self) -> "Person":
        """Somebody without an account."""
        return Person(self, Persona("", "", "", "", Role.ANNOTATOR), "")


@dataclass
class Person:
    """Somebody before the API."""

    cast: Cast
    persona: Persona
    token: str

    def call(self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None) -> TestResponse:
        """A request; what comes back must be as the description of the API has it."""
        operation = contract.operation_at(self.cast.app, method, path)
        sent = contract.demanded_headers(operation, new_id()) | (headers or {})
        if self.token:
            sent = {"Authorization": f"Bearer {self.token}"} | sent
        with clock.use_clock(self.cast.time):
            answer = self.cast.app.test_client().open(f"/api/v1{path}", method=method, json=json, headers=sent)
        contract.assert_described(operation, answer)
        return answer

    def ask(self, method: str, path: str, json: Any = None, status: int | tuple[int, ...] = (200, 201)) -> Any:
        """A request that must be answered with this status; what it says."""
        answer = self.call(method, path, json)
        wanted = (status,) if isinstance(status, int) else status
        assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.text[:1500]}"
        return answer.get_json(silent=True)

    def get(self, path: str, status: int = 200) -> Any:
        return self.ask("GET", path, status=status)

    def post(self, path: str, json: Any = None, status: int | tuple[int, ...] = (200, 201)) -> Any:
        return self.ask("POST", path, json, status)

    def put(self, path: str, json: Any = None, status: int | tuple[int, ...] = (200, 201)) -> Any:
        return self.ask("PUT", path, json, status)


Answer = Callable[[dict[str, Any]], str]  # what somebody answers to a content
