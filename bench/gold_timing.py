"""Next and submit for hidden gold beside ordinary units, in one run of the same people: the clock must tell nothing.

Gold is imported, placed by the planner and met among other units, all as in a lane at work. The ratios are of gold to
work; beside them stands what two halves of the work alone differ by, drawn at random, which is what chance does.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import select

import kernel.db
from bench.next_task import PEOPLE, Bench, Timed
from bench.tables import percentile, table
from kernel import clock, ids
from kernel.db import Database
from kernel.policy import system_actor
from marketplace.models import Unit
from marketplace.operations import imports, planning
from marketplace.values.imports import BatchKind
from tests.marketplace.orders import csv_of
from tests.support.databases import PostgresTemplate, SqliteTemplate
from tests.support.postgres import Cluster

GOLD, TAKES, WARM, PLAN_EVERY = 120, 1_000, 50, 50
KNOWN = "known"  # begins the text of gold, for this measurement alone
CLASSES = ("refund", "network", "other")
SHARES = (("p50", 0.5), ("p95", 0.95))


def main() -> Iterator[str]:
    """One table for each database; where no PostgreSQL can be started, one sentence takes its place."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        with SqliteTemplate(Path(folder)).copy() as database:
            yield _table("SQLite", database, Path(folder))
        try:
            cluster = running.enter_context(Cluster())
        except (RuntimeError, OSError) as problem:
            yield f"PostgreSQL: not measured, as no server could be started ({problem})\n"
        else:
            with PostgresTemplate(cluster).copy() as database:
                yield _table("PostgreSQL", database, Path(folder))


def _table(name: str, database: Database, folder: Path) -> str:
    print(f"… {name}, {TAKES:,} takes", file=sys.stderr, flush=True)
    kernel.db.use(database)
    found = GoldBench(database, folder / f"{name}-gold").measure_kinds(TAKES)
    rows: list[list[object]] = []
    for what in ("next", "submit"):
        gold, work = (found[what, is_gold].milliseconds for is_gold in (True, False))
        halves = _halves(work)
        for label, share in SHARES:
            of_gold, of_work = percentile(gold, share), percentile(work, share)
            chance = percentile(halves[0], share) / percentile(halves[1], share)
            rows.append([f"{what} {label}", len(gold), of_gold, len(work), of_work, of_gold / of_work, chance])
    statements = {found[what, True].statements == found[what, False].statements for what in ("next", "submit")}
    same = "the same number of statements" if statements == {True} else "NOT the same number of statements"
    return table(
        f"{name}: milliseconds for gold beside work, {same}",
        ["", "gold", "ms", "work", "ms", "ratio", "by chance"], rows,
    )  # fmt: skip


def _halves(values: list[float]) -> tuple[list[float], list[float]]:
    shuffled = list(values)
    ids.repeatable("halves").shuffle(shuffled)
    return shuffled[::2], shuffled[1::2]


class GoldBench(Bench):
    """The bench of takes and answers, with hidden gold among the units."""

    def __init__(self, database: Database, folder: Path, gold: int = GOLD) -> None:
        super().__init__(database, folder)
        self._import_gold(gold)

    def measure_kinds(self, takes: int, warm: int = WARM) -> dict[tuple[str, bool], Timed]:
        """Time next and submit apart for gold and for work: by what was done, and whether to gold."""
        self.fill(takes + warm + 100)
        found = {(what, is_gold): Timed() for what in ("next", "submit") for is_gold in (True, False)}
        for number in range(warm + takes):
            if number % PLAN_EVERY == 0:
                self._plan()
            self._one(found, self.heads[number % PEOPLE], is_kept=number >= warm)
        return found

    def _one(self, found: dict[tuple[str, bool], Timed], head: dict[str, str], *, is_kept: bool) -> None:
        taking, answering = Timed(), Timed()
        taken = self._call(taking, self.app, "/api/v1/assignments/next", {}, head).get_json()["assignment"]
        path, answer = f"/api/v1/assignments/{taken['id']}/answer", {"answer": {"choice": "refund"}}
        self._call(answering, self.app, path, answer, head)
        if is_kept:
            is_gold = taken["content"]["text"].startswith(KNOWN)
            for what, timed in (("next", taking), ("submit", answering)):
                found[what, is_gold].milliseconds += timed.milliseconds
                found[what, is_gold].statements = timed.statements

    def _plan(self) -> None:
        """The planner's round, which a worker would do."""
        with self.desk.market.system() as session:
            planning.plan_people(session, system_actor("bench"))

    def _import_gold(self, count: int) -> None:
        market = self.desk.market
        rows: list[dict[str, Any]] = [
            {"text": f"{KNOWN} {number}", "locale": "sw-KE", "label": CLASSES[number % 3], "pool": "live"}
            for number in range(count)
        ]
        with market.system() as session:
            project_id = session.scalars(select(Unit.project_id)).first()
        assert project_id is not None
        batch = market.upload(market.qa, project_id, "gold.csv", csv_of(rows), BatchKind.GOLD)
        market.work()
        with market.as_(market.qa) as session:
            imports.confirm_import(session, market.qa, batch.id, leave_out_bad=False)
        market.work()
        market.now = clock.now()
