"""Next and submit through the whole application, beside a bare Flask handler in the same run and on the same database.

`python bench/next_task.py` prints it; `make bench` does so with all the rest.
The bare handler does what no take could do without: it reads one row by an index, changes it and commits. What the
product adds to that (sign-in, policy, eligibility, the pick, audit, money) is the ratio.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify
from flask.testing import FlaskClient
from sqlalchemy import Column, Integer, MetaData, Table, event, insert, select, update

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import kernel.db
from bench.tables import percentile, table
from calibration import lanes
from kernel import clock
from kernel.config import Settings
from kernel.crypto import use_keys
from kernel.db import Database
from kernel.policy import Role, system_actor
from kernel.storage import LocalStorage, use_storage
from marketplace.queries.facts import lane_facts
from tests.marketplace.desk import Desk, add_units, open_desk
from tests.marketplace.orders import Market
from tests.support.databases import PostgresTemplate, SqliteTemplate
from tests.support.postgres import Cluster
from workforce.operations.accounts import add_membership
from workforce.operations.tokens import create_token
from wsgi import create_app

SMALL, LARGE = 1_000, 50_000
ROUNDS, WARM, PEOPLE = 150, 15, 5
_BARE = Table("bench_bare", MetaData(), Column("id", Integer, primary_key=True), Column("taken", Integer, index=True))


@dataclass
class Timed:
    """Milliseconds of each call, and how many statements one of them sent."""

    milliseconds: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def middle(self) -> float:
        return percentile(self.milliseconds, 0.5)

    @property
    def slow(self) -> float:
        return percentile(self.milliseconds, 0.95)


def main() -> Iterator[str]:
    """The tables of both databases; where no PostgreSQL can be started, one sentence takes its place."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        yield _tables("SQLite", SqliteTemplate(Path(folder)).copy, Path(folder))
        try:
            cluster = running.enter_context(Cluster())
        except (RuntimeError, OSError) as problem:
            yield f"PostgreSQL: not measured, as no server could be started ({problem})\n"
        else:
            yield _tables("PostgreSQL", PostgresTemplate(cluster).copy, Path(folder))


def _tables(name: str, copy: Callable[[], Any], folder: Path) -> str:
    rows, middles = [], {}
    with copy() as database:
        kernel.db.use(database)
        bench = Bench(database, folder / name)
        for units in (SMALL, LARGE):
            print(f"… {name}, {units:,} open units", file=sys.stderr, flush=True)
            bench.fill(units)
            found = bench.measure()
            for what, timed in found.items():
                ratio = timed.middle / found["bare"].middle
                rows.append([what, units, timed.statements, timed.middle, timed.slow, ratio])
                middles[what, units] = timed.middle
    for what in ("next", "submit"):
        growth = middles[what, LARGE] / middles[what, SMALL]
        rows.append([f"{what}: {LARGE:,} to {SMALL:,}", "", "", "", "", growth])
    return table(
        f"{name}: milliseconds through the application, and as a ratio to a bare handler",
        ["", "open units", "statements", "p50", "p95", "ratio"], rows,
    )  # fmt: skip


class Bench:
    """An application on a database, people who work through its API, and the bare handler."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        use_storage(LocalStorage(folder))
        use_keys(settings_in(folder).field_keys)
        lanes.use_provider(lane_facts)
        market = Market(database, now=clock.now())
        market.found()
        self.desk = open_desk(market, people=PEOPLE, unit_count=10, overlap=1)
        self.units = 10
        self.heads = [{"Authorization": f"Bearer {secret}"} for secret in _tokens(self.desk)]
        self.app = create_app(settings_in(folder), database).test_client()
        self.bare = _bare(database).test_client()

    def fill(self, units: int) -> None:
        """Bring the lane to so many units."""
        add_units(self.desk, units - self.units, prefix=f"to {units}:")
        self.units = units
        with self.database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.exec_driver_sql("COMMIT")

    def measure(self) -> dict[str, Timed]:
        """Next, submit and the bare handler in turn, so that whatever else the machine does hits all alike."""
        found = {"next": Timed(), "submit": Timed(), "bare": Timed()}
        for number in range(WARM + ROUNDS):
            head = self.heads[number % PEOPLE]
            keep = {name: timed if number >= WARM else Timed() for name, timed in found.items()}
            taken = self._call(keep["next"], self.app, "/api/v1/assignments/next", {}, head)
            assignment = taken.get_json()["assignment"]
            path = f"/api/v1/assignments/{assignment['id']}/answer"
            self._call(keep["submit"], self.app, path, {"answer": {"choice": "refund"}}, head)
            self._call(keep["bare"], self.bare, "/next", {}, {})
        return found

    def _call(self, timed: Timed, client: FlaskClient, path: str, body: Any, head: dict[str, str]) -> Any:
        with counted(self.database) as sent:
            start = time.perf_counter()
            answer = client.post(path, json=body, headers=head)
            timed.milliseconds.append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:300]}")
        timed.statements = len(sent)
        return answer


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent within the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _tokens(desk: Desk) -> list[str]:
    """A token for each of the people."""
    secrets, actor = [], system_actor("bench")
    with desk.market.system() as session:
        for person in desk.people:
            account_id = person.account_id or ""
            membership = add_membership(
                session, actor, account_id=account_id, org_id=desk.market.vendor, role=Role.ANNOTATOR
            )
            _view, secret = create_token(
                session, actor, account_id=account_id, membership_id=membership, name="bench", scopes=("all",), days=1
            )
            secrets.append(secret)
    return secrets


def settings_in(folder: Path) -> Settings:
    """Settings of an application whose files lie in this folder."""
    folder.mkdir(exist_ok=True)
    return Settings(
        environment="test", database_url="sqlite:///unused.db", redis_url=None, data_dir=folder,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip


def _bare(database: Database) -> Flask:
    """One row read by an index, changed and committed; nothing else."""
    app = Flask("bare")
    with database.engine.begin() as connection:
        _BARE.create(connection)
        connection.execute(insert(_BARE), [{"id": number, "taken": 0} for number in range(2_000)])

    @app.post("/next")
    def take() -> Response:
        with database.engine.begin() as connection:
            found = connection.scalar(select(_BARE.c.id).where(_BARE.c.taken == 0).order_by(_BARE.c.id).limit(1))
            connection.execute(update(_BARE).where(_BARE.c.id == found).values(taken=1))
        return jsonify(id=found)

    return app


if __name__ == "__main__":
    for told in main():
        print(told, flush=True)
