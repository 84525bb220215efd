"""Somebody's browser and token before the pages and the API of calibration."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from calibration.operations.tests import WARNINGS
from kernel import clock, ids
from kernel.policy import Role, system_actor
from tests.calibration_db.world import World
from workforce.models import Annotator
from workforce.operations.accounts import add_membership, create_account
from workforce.operations.tokens import create_token

PASSWORD = "a quiet river under seven bridges"


class Door:
    """Somebody's browser and token."""

    def __init__(self, app: Flask, world: World, role: Role, org_id: str, works_as: str = "") -> None:
        self.world, self.client = world, app.test_client()
        self.email = f"{ids.new_id()}@example.org"
        with world.system() as session:
            machine = system_actor("test")
            account = create_account(session, machine, email=self.email, name="Somebody", password=PASSWORD)
            self.account_id = account.id
            if works_as:
                annotator = world.people[works_as][0]
                world.people[works_as] = (annotator, account.id)
                row = session.get_one(Annotator, annotator)
                row.account_id = account.id
                session.flush()
            membership = add_membership(session, machine, account_id=account.id, org_id=org_id, role=role)
            _token, secret = create_token(
                session, machine, account_id=account.id, membership_id=membership, name="t", scopes=("all",), days=30
            )
        self.headers = {"Authorization": f"Bearer {secret}"}

    def enter(self) -> "Door":
        with self.at():
            token = self._token("/sign-in")
            data = {"email": self.email, "password": PASSWORD, "csrf_token": token}
            assert self.client.post("/sign-in", data=data).status_code == 303
        return self

    @contextmanager
    def at(self) -> Iterator[None]:
        with clock.use_clock(lambda: self.world.now):
            yield

    def get(self, path: str, status: int = 200) -> str:
        with self.at():
            answer = self.client.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)[-3000:]
        return answer.get_data(as_text=True)

    def post(self, path: str, status: int = 303, **data: Any) -> Any:
        with self.at():
            answer = self.client.post(
                path, data={"accepted": list(WARNINGS), **data, "csrf_token": self._token("/quality")}
            )
        assert answer.status_code == status, answer.get_data(as_text=True)[-3000:]
        return answer

    def api(self, method: str, path: str, status: int = 200, /, **json: Any) -> Any:
        with self.at():
            send: dict[str, Any] = {"json": json} if json else {}
            answer = self.client.open(f"/api/v1{path}", method=method, headers=self.headers, **send)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json(silent=True)

    def _token(self, path: str) -> str:
        text = self.client.get(path).get_data(as_text=True)
        return text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
