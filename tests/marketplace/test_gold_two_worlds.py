"""Gold in two worlds: whatever an annotator can see or measure is the same, whichever units are gold."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

import kernel.db
from calibration.models import GoldKey
from kernel import clock, ids
from kernel.db import Database
from kernel.policy import Role, system_actor
from kernel.storage import LocalStorage
from kernel.tenancy import Scope
from marketplace import storage
from marketplace.models import LanePerson, Slot, Unit
from marketplace.operations import imports, planning
from marketplace.values.imports import BatchKind
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market, csv_of
from tests.web.conftest import test_settings as settings_of
from workforce.operations.accounts import add_membership
from workforce.operations.tokens import create_token
from wsgi import create_app

UNITS = 60
GOLD = 25


@dataclass
class Seen:
    """What came over the wire, and what was asked of the database for it."""

    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)


def build(database: Database) -> tuple[Desk, str]:
    """A lane with hidden gold placed before one person, the same to the letter each time."""
    with ids.use_seed(11):
        market = Market(database)
        market.found()
        desk = open_desk(market, people=1, unit_count=UNITS + 20, overlap=1)
        rows = [
            {"text": f"known {number}", "locale": "sw-KE", "label": ("refund", "network", "other")[number % 3],
             "pool": "live"}
            for number in range(GOLD)
        ]  # fmt: skip
        with market.system() as session:
            project_id = session.scalars(select(Unit.project_id)).first()
        assert project_id is not None
        batch = market.upload(market.qa, project_id, "gold.csv", csv_of(rows), BatchKind.GOLD)
        market.work()
        with market.as_(market.qa) as session:
            imports.confirm_import(session, market.qa, batch.id, leave_out_bad=False)
        market.work()
        task = desk.take(0)
        assert task is not None
        desk.answer(0, task)
        with market.system() as session:
            session.execute(update(LanePerson).values(planned_to=0))
            planning.plan_people(session, system_actor("test"))
        with market.system() as session:
            actor = system_actor("test")
            person = desk.people[0]
            membership = add_membership(
                session, actor, account_id=person.account_id or "", org_id=market.vendor, role=Role.ANNOTATOR
            )
            _, secret = create_token(
                session, actor, account_id=person.account_id or "", membership_id=membership, name="test",
                scopes=("all",), days=1,
            )  # fmt: skip
    return desk, secret


def move_gold(database: Database) -> None:
    """The keys go to other items of the lane: what was gold is work, and the other way round."""
    with database.transaction(Scope.system("test")) as session:
        keyed = set(session.scalars(select(GoldKey.item_id)))
        others = session.scalars(
            select(Unit.item_id).where(Unit.item_id.not_in(keyed)).order_by(Unit.item_id).limit(len(keyed))
        ).all()
        for key, item_id in zip(session.scalars(select(GoldKey).order_by(GoldKey.id)).all(), others, strict=True):
            key.item_id = item_id


@contextmanager
def recorded(database: Database, seen: Seen) -> Iterator[None]:
    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def work_through(database: Database, desk: Desk, secret: str, folder: Path) -> Seen:
    """Sixty units through the API, with a seeded source of ids and a fixed clock."""
    kernel.db.use(database)
    client = create_app(settings_of(folder), database).test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    seen = Seen()
    with ids.use_seed(23), clock.use_clock(lambda: desk.market.now), recorded(database, seen):
        for turn in range(UNITS):
            taken = client.post("/api/v1/assignments/next", json={}, headers=headers)
            seen.answers.append((taken.status_code, dict(taken.headers), taken.get_data(as_text=True)))
            assignment = taken.get_json()["assignment"]
            choice = ("refund", "network", "other")[turn % 3]
            path = f"/api/v1/assignments/{assignment['id']}/answer"
            answered = client.post(path, json={"answer": {"choice": choice}}, headers=headers)
            seen.answers.append((answered.status_code, dict(answered.headers), answered.get_data(as_text=True)))
            for path in ("/api/v1/earnings", "/api/v1/quality", "/api/v1/lanes"):
                other = client.get(path, headers=headers)
                seen.answers.append((other.status_code, dict(other.headers), other.get_data(as_text=True)))
            desk.market.later(seconds=30)
    return seen


@pytest.fixture(params=["sqlite", "postgresql"])
def two_databases(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Database]]:
    name = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    template = request.getfixturevalue(name)
    with template.copy() as one, template.copy() as other:
        yield one, other


def test_no_byte_and_no_statement_depends_on_which_units_are_gold(
    two_databases: tuple[Database, Database], tmp_path: Path
) -> None:
    storage.use_storage(LocalStorage(tmp_path))
    seen = []
    for database, is_moved in zip(two_databases, (False, True), strict=True):
        kernel.db.use(database)
        desk, secret = build(database)
        kept = kept_slots(desk)
        assert kept >= 3, "the planner placed gold among the person's next units"
        if is_moved:
            move_gold(database)
        seen.append(work_through(database, desk, secret, tmp_path))
    one, other = seen
    assert all(status == 200 for status, _, _ in one.answers)
    assert one.answers == other.answers
    assert one.statements == other.statements
    assert not any(re.search(r"gold_key|\bgrade\b", statement) for statement in one.statements)


def kept_slots(desk: Desk) -> int:
    with desk.market.system() as session:
        return len(session.scalars(select(Slot.unit_id).where(Slot.kept_for == desk.annotators[0])).all())
