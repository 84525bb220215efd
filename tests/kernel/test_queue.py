"""The way to RQ: ids alone, in JSON, carried by a real worker; and a Redis that is away costs delay only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rq import Queue
from rq.exceptions import DeserializationError
from rq.serializers import JSONSerializer
from sqlalchemy import select

from kernel import jobs, queue
from kernel.db import Database
from kernel.models import OutboxEvent
from kernel.tenancy import Scope
from kernel.ticker import sweep

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = Scope.system("test")


@pytest.fixture
def rq(valkey_url: str) -> queue.Rq:
    transport = queue.Rq(valkey_url)
    queue.use_transport(transport)
    return transport


def ask(db: Database) -> str:
    """A job of the product that every worker knows, and that does nothing on an empty database."""
    from admin.jobs import link_audit

    with db.transaction(SYSTEM) as session:
        event_id = jobs.enqueue(session, link_audit)
    assert event_id is not None
    return event_id


def queued(rq: queue.Rq) -> list[str]:
    return Queue("urgent", connection=rq.redis, serializer=JSONSerializer).job_ids


def test_an_id_waits_in_its_queue_as_json(db_sqlite: Database, rq: queue.Rq) -> None:
    event_id = ask(db_sqlite)
    assert queued(rq) == [f"ob-{event_id}-0"]
    job = Queue("urgent", connection=rq.redis, serializer=JSONSerializer).fetch_job(f"ob-{event_id}-0")
    assert (job.func_name, job.args, job.kwargs) == ("kernel.worker.carry", [event_id], {})
    assert b"pickle" not in job.data and event_id.encode() in job.data


def test_the_sweep_does_not_make_the_queue_longer(db_sqlite: Database, rq: queue.Rq) -> None:
    event_id = ask(db_sqlite)
    for _ in range(3):
        sweep(db_sqlite)
    assert queued(rq).count(f"ob-{event_id}-0") == 1


def test_a_flushed_redis_is_filled_again(db_sqlite: Database, rq: queue.Rq) -> None:
    event_id = ask(db_sqlite)
    rq.redis.flushall()
    sweep(db_sqlite)
    assert f"ob-{event_id}-0" in queued(rq)


def test_a_redis_that_is_away_is_left_alone_and_the_sweep_carries(db_sqlite: Database) -> None:
    away = queue.Rq("redis://127.0.0.1:1/0")
    queue.use_transport(away)
    event_id = ask(db_sqlite)  # the act itself succeeds
    assert not away.is_there()
    assert not away.send("urgent", event_id, 0)
    sweep(db_sqlite)
    with db_sqlite.reading(SYSTEM) as session:
        assert session.scalar(select(OutboxEvent.done_at).where(OutboxEvent.id == event_id)) is not None


def test_a_real_worker_carries_a_job(db_postgresql: Database, rq: queue.Rq, tmp_path: Path) -> None:
    event_id = ask(db_postgresql)
    environ = os.environ | {
        "DATABASE_URL": db_postgresql.url.render_as_string(hide_password=False), "REDIS_URL": rq.url,
        "POLYPHONY_DATA": str(tmp_path), "POLYPHONY_ENV": "test",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "kernel.worker", "--burst"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with db_postgresql.reading(SYSTEM) as session:
        event = session.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id)).one()
        assert event.done_at is not None, event.last_error
    assert queued(rq) == []


def test_a_pickle_in_the_queue_is_not_opened(rq: queue.Rq) -> None:
    import pickle

    target = Queue("urgent", connection=rq.redis, serializer=JSONSerializer)
    job = target.enqueue_call("kernel.worker.carry", args=("x",), job_id="hostile")
    rq.redis.hset(job.key, "data", pickle.dumps(("os.system", None, ("true",), {})))
    hostile = target.fetch_job("hostile")
    with pytest.raises(DeserializationError):
        _ = hostile.args
