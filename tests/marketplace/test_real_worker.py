"""Work is finished by the processes of an installation, not only by jobs that a test carries in its own process."""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from kernel import queue
from kernel.db import Database
from kernel.models import OutboxEvent
from kernel.tenancy import Scope
from kernel.ticker import sweep
from tests.marketplace.desk import open_desk
from tests.marketplace.orders import Market

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = Scope.system("test")


def run(code: list[str], db: Database, folder: Path, redis_url: str) -> str:
    """What a fresh process of the product says, on this database and queue."""
    environ = os.environ | {
        "DATABASE_URL": db.url.render_as_string(hide_password=False), "REDIS_URL": redis_url,
        "POLYPHONY_DATA": str(folder), "POLYPHONY_ENV": "test",
    }  # fmt: skip
    done = subprocess.run([sys.executable, *code], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_worker_settles_units_and_grades_and_tells_what_it_could_not_do(
    market: Market, valkey_url: str, tmp_path: Path
) -> None:
    desk = open_desk(market, people=2, unit_count=3, overlap=2)
    for person in range(2):
        while (task := desk.take(person)) is not None:
            desk.answer(person, task)
    transport = queue.Rq(valkey_url)
    queue.use_transport(transport)
    for _ in range(3):  # what a job leaves to another one is sent by the next sweep
        sweep(desk.db)
        run(["-m", "kernel.worker", "--burst"], desk.db, tmp_path, valkey_url)
    with desk.db.reading(SYSTEM) as session:
        failed = session.execute(
            select(OutboxEvent.job, OutboxEvent.last_error).where(OutboxEvent.last_error.is_not(None))
        ).all()
    assert failed == []
    assert {unit.state for unit in desk.units()} <= {"settled", "review"}


def test_a_process_without_pages_has_every_port_filled_that_jobs_reach(db_sqlite: Database, tmp_path: Path) -> None:
    """Whoever adds a port fills it in `connect`, or says here why a job never asks for it."""
    ask = "from kernel.start import start; start(); from kernel.ports import Port; print(*Port.empty(), sep='|')"
    # How passwords are hashed is settled by the first one.
    assert run(["-c", ask], db_sqlite, tmp_path, "").strip() == "way of hashing passwords"
