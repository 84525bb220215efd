"""Gold in two worlds: whatever an annotator can see or measure is the same, whichever units are gold."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

import kernel.db
from admin.queries.person import tables_of
from calibration.models import GoldKey
from kernel import clock, ids, storage
from kernel.db import Database
from kernel.policy import Role, system_actor
from kernel.storage import LocalStorage
from kernel.tenancy import Scope
from marketplace.models import LanePerson, Slot, Unit
from marketplace.operations import imports, planning
from marketplace.values.imports import BatchKind
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market, csv_of
from tests.support import is_soak, scale
from tests.support.words import address_of
from tests.web.conftest import PASSWORD, sign_in
from tests.web.conftest import test_settings as settings_of
from workforce.hashing import hash_password
from workforce.models import Account
from workforce.operations.accounts import add_membership
from workforce.operations.tokens import create_token
from wsgi import create_app

UNITS = scale(32, 60)
GOLD = 25
FORM_TOKEN = re.compile(r'csrf[-_]token" (?:content|value)="[^"]+"')  # random, and the same for every unit
KNOWN = "known"  # begins the text of every unit that is gold in the first world
ACTS = ("skip", "report", "late", "answer")
EMAIL = "amina@people.example"
PAGES = ("/work", "/work/done", "/quality", "/pay")


@dataclass
class Seen:
    """What came over the wire, and what was asked of the database for it."""

    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    copy: dict[str, list[Any]] = field(default_factory=dict)  # of the person's own data, table by table
    acts: Counter[tuple[str, bool]] = field(default_factory=Counter)  # and whether on one of the units in question

    def note(self, response: TestResponse) -> TestResponse:
        headers = {name: text for name, text in response.headers if name != "Set-Cookie"}
        self.answers.append((response.status_code, headers, FORM_TOKEN.sub("", response.get_data(as_text=True))))
        return response


def build(database: Database) -> tuple[Desk, str]:
    """A lane with hidden gold placed before one person, the same to the letter each time."""
    with ids.use_seed(11):
        market = Market(database)
        market.found()
        desk = open_desk(market, people=2, unit_count=UNITS + 20, overlap=1)
        rows = [
            {"text": f"{KNOWN} {number}", "locale": "sw-KE", "label": ("refund", "network", "other")[number % 3],
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
            account = session.get_one(Account, person.account_id)
            account.email, account.email_key = EMAIL, address_of(EMAIL)
            account.password_hash = hash_password(PASSWORD)
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


@dataclass
class Person:
    """One person with two doors to the same work: a program's and a browser's."""

    desk: Desk
    api: FlaskClient
    browser: FlaskClient
    headers: dict[str, str]
    seen: Seen
    content: dict[str, Any] = field(default_factory=dict)  # of the unit in hand

    def ask(self, method: str, path: str, json: Any = None) -> TestResponse:
        return self.seen.note(self.api.open(f"/api/v1{path}", method=method, json=json, headers=self.headers))

    def look(self, *paths: str) -> None:
        for path in paths:
            self.seen.note(self.browser.get(path))

    def skip(self, path: str, answer: Any) -> None:
        self.ask("POST", f"{path}/skip", {"reason": "unclear"})

    def report(self, path: str, answer: Any) -> None:
        self.ask("POST", f"{path}/report", {"reason": "personal_data", "note": "A name."})

    def answer(self, path: str, answer: Any) -> None:
        """With a draft and an extension on the way."""
        self.ask("PUT", f"{path}/draft", {"answer": answer})
        self.desk.market.later(minutes=5)
        self.ask("POST", f"{path}/extend")
        self.look(path.replace("/assignments/", "/work/"))
        self.ask("POST", f"{path}/answer", {"answer": answer})

    def late(self, path: str, answer: Any) -> None:
        """The lease runs out, somebody else answers the unit, and then this person does."""
        self.desk.market.later(minutes=16)
        self.look("/work")
        self.desk.market.later(minutes=15)
        assert self.desk.expire() == 1
        content = None
        while content != self.content:  # what else has come back is handed out first
            other = self.desk.take(1)
            assert other is not None
            self.desk.answer(1, other)
            content = other.content
        assert self.ask("POST", f"{path}/answer", {"answer": answer}).status_code == 202


def work_through(database: Database, desk: Desk, secret: str, folder: Path) -> Seen:
    """Many units through the API and the pages, with a seeded source of ids and a fixed clock."""
    kernel.db.use(database)
    app = create_app(settings_of(folder), database)
    seen = Seen()
    person = Person(desk, app.test_client(), app.test_client(), {"Authorization": f"Bearer {secret}"}, seen)
    with ids.use_seed(23), clock.use_clock(lambda: desk.market.now):
        assert sign_in(person.browser, EMAIL) == 303
        with recorded(database, seen):
            for turn in range(UNITS):
                _one_unit(person, turn)
                desk.market.later(seconds=30)
            with database.reading(Scope.system("test")) as session:
                rows = tables_of(session, desk.people[0].account_id or "")
                seen.copy = {table: sorted(map(repr, found)) for table, found in rows if table != "auth_session"}
    return seen


def _one_unit(person: Person, turn: int) -> None:
    """Every kind of act comes to units of both kinds, with a look at the pages before and after it."""
    assignment = person.ask("POST", "/assignments/next", {}).get_json()["assignment"]
    person.content = assignment["content"]
    path, is_known = f"/assignments/{assignment['id']}", person.content["text"].startswith(KNOWN)
    answer = {"choice": ("refund", "network", "other")[turn % 3]}
    acts = person.seen.acts
    done = sum(count for (_act, of_known), count in acts.items() if of_known == is_known)
    if is_known or done < len(ACTS):
        act = ACTS[done % len(ACTS)]
        person.look("/work", f"/work/{assignment['id']}")
        getattr(person, act)(path, answer)
        person.look(*PAGES)
    else:
        act = "plain"
        person.ask("POST", f"{path}/answer", {"answer": answer})
    acts[act, is_known] += 1
    for other in ("/earnings", "/quality", "/lanes"):
        person.ask("GET", other)


@pytest.fixture(params=["sqlite", "postgresql"] if is_soak() else ["sqlite"])
def two_databases(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Database]]:
    name = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    template = request.getfixturevalue(name)
    with template.copy() as one, template.copy() as other:
        yield one, other


@pytest.mark.soak
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
    assert one.acts == other.acts and all(one.acts[act, known] for act in ACTS for known in (True, False)), one.acts
    assert {status for status, _, _ in one.answers} == {200, 202}
    assert one.answers == other.answers
    assert one.statements == other.statements
    assert one.copy == other.copy and len(one.copy["assignment"]) > UNITS
    assert not any(re.search(r"gold_key|\bgrade\b", statement) for statement in one.statements)


def kept_slots(desk: Desk) -> int:
    with desk.market.system() as session:
        return len(session.scalars(select(Slot.unit_id).where(Slot.kept_for == desk.annotators[0])).all())
