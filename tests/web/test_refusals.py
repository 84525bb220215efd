"""Refusals that are no decision of the matrix are lines of the log, and not more of them than somebody can read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from kernel import clock
from kernel.db import Database
from kernel.models import AuditEvent
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.web.conftest import csrf_of, make_org, make_persona, sign_in
from web import limits, refusals
from web.refusals import MOST, WINDOW, Bounded

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_bounded", Bounded())


@pytest.fixture(autouse=True)
def at() -> Iterator[list[datetime]]:
    """The time, which a test may move on."""
    time = [NOW]
    with clock.use_clock(lambda: time[0]):
        yield time


@pytest.fixture
def db(db_sqlite: Database) -> Database:
    """What is written to a log is the same on either database."""
    return db_sqlite


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    told = [record.getMessage() for record in caplog.records if record.name == "polyphony.security"]
    return [dict(part.split("=", 1) for part in line.split(" ")) for line in told]


def events(db: Database) -> int:
    with db.reading(Scope.system("test")) as session:
        return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def test_each_kind_is_one_line_with_its_route_and_network_and_nothing_that_was_typed(
    app: Flask, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    person = make_persona(db, make_org(db, "vendor", "Baraza"), Role.VENDOR_MANAGER, "nia@one.example")
    client, stranger = app.test_client(), app.test_client()
    sign_in(client, person.email)
    token, before = csrf_of(client, "/account"), events(db)
    secret = "a secret word"
    form = {"name": secret, "locale": "en"}
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/account", data=form).status_code == 400
    assert client.post("/account", data={**form, "csrf_token": token}, headers=foreign).status_code == 403
    client.post("/account", data={**form, "csrf_token": token, "name": "a\0b"})
    assert stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    address = {"REMOTE_ADDR": "203.0.113.9"}
    for _number in range(limits.MOST["letters"] + 31):
        stranger.post(
            "/forgotten", environ_overrides=address,
            data={"email": "x@one.example", "csrf_token": csrf_of(stranger, "/forgotten")},
        )  # fmt: skip
    told = lines(caplog)
    assert {(line["kind"], line["route"]) for line in told if line["event"] == "refused"} >= {
        ("form.token", "web.save_account"), ("form.site", "web.save_account"),
        ("input.unstorable", "web.save_account"), ("api.token", "workforce_api.me"),
    }  # fmt: skip
    (limited,) = [line for line in told if line.get("kind", "").startswith("limit.")]
    assert (limited["network"], limited["account"], limited["method"]) == ("203.0.113.0/24", "-", "POST")
    first = next(line for line in told if line["kind"] == "form.token")
    assert (first["account"], first["at"], first["network"]) == (person.account_id, NOW.isoformat(), "127.0.0.0/24")
    assert re.fullmatch(r"\w{10}", first["request"])
    assert secret not in caplog.text and "one.example" not in " ".join(str(line) for line in told)
    assert events(db) == before, "strangers write nothing into the chain that everybody waits for"


def test_of_a_kind_and_a_network_the_first_in_a_minute_is_written_and_the_others_are_counted(
    app: Flask, at: list[datetime], caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()

    def forged(times: int, address: str) -> None:
        for _number in range(times):
            client.post("/language", data={"locale": "sw"}, environ_overrides={"REMOTE_ADDR": address})

    forged(20, "203.0.113.9")
    forged(20, "203.0.113.77")
    forged(5, "198.51.100.4")
    assert [line["network"] for line in lines(caplog)] == ["203.0.113.0/24", "198.51.100.0/24"]
    at[0] += WINDOW
    forged(2, "203.0.113.9")
    later = lines(caplog)[2:]
    assert [line["event"] for line in later] == ["refusals.left_out", "refused"]
    assert later[0]["count"] == "43"


def test_a_flood_from_everywhere_stays_within_the_bound() -> None:
    bounded = Bounded()
    taken = [bounded.take("form.token", f"network {number}", NOW)[0] for number in range(3 * MOST)]
    assert sum(taken) == MOST
    assert bounded.take("form.token", "network 0", NOW + timedelta(minutes=1)) == (True, 2 * MOST)
