"""Work is finished by the processes of an installation, not only by jobs that a test carries in its own process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from kernel import clock, queue
from kernel.db import Database
from kernel.models import OutboxEvent
from kernel.tenancy import Scope
from kernel.ticker import sweep
from tests.marketplace.desk import open_desk
from tests.marketplace.orders import Market
from tests.support import is_soak

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = Scope.system("test")
SECONDS = 120
# The worker's own entry. At its end it says which ports `connect` left empty.
WORK = (
    "from kernel.ports import Port; from kernel.worker import main; code = main(); "
    "print(*Port.empty(), sep='|'); raise SystemExit(code)"
)


def worker(db: Database, folder: Path, redis_url: str) -> "subprocess.Popen[str]":
    """A fresh worker of the product, on this database and queue."""
    environ = os.environ | {
        "DATABASE_URL": db.url.render_as_string(hide_password=False), "REDIS_URL": redis_url,
        "POLYPHONY_DATA": str(folder), "POLYPHONY_ENV": "test",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)


def waiting(db: Database) -> list[str]:
    """The jobs that are neither done nor given up, and whose time has come."""
    due = OutboxEvent.available_at <= clock.now()
    with db.reading(SYSTEM) as session:
        return list(
            session.scalars(
                select(OutboxEvent.job).where(OutboxEvent.done_at.is_(None), OutboxEvent.dead_at.is_(None), due)
            )
        )


@pytest.mark.soak
@pytest.mark.parametrize("db", ["sqlite", "postgresql"] if is_soak() else ["postgresql"], indirect=True)
def test_a_worker_settles_units_and_grades_and_tells_what_it_could_not_do(
    market: Market, valkey_url: str, tmp_path: Path
) -> None:
    """Whoever adds a port fills it in `connect`, or says here why a job never asks for it."""
    desk = open_desk(market, people=2, unit_count=3, overlap=2)
    for person in range(2):
        while (task := desk.take(person)) is not None:
            desk.answer(person, task)
    queue.use_transport(queue.Rq(valkey_url))
    with worker(desk.db, tmp_path, valkey_url) as process:
        try:
            sweep(desk.db)
            until = time.monotonic() + SECONDS
            while left := waiting(desk.db):
                assert process.poll() is None and time.monotonic() < until, left
                time.sleep(0.25)
                sweep(desk.db)  # what a job leaves to another one
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    # How passwords are hashed is settled by the first one.
    assert said.strip() == "way of hashing passwords"
    with desk.db.reading(SYSTEM) as session:
        failed = session.execute(
            select(OutboxEvent.job, OutboxEvent.last_error).where(OutboxEvent.last_error.is_not(None))
        ).all()
    assert failed == []
    assert {unit.state for unit in desk.units()} <= {"settled", "review"}
