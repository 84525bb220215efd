"""A process that works until it is killed: people take and answer, the jobs of the night run; each answer is told
once it is committed, on a line of its own. A second is a minute here, from the hour on that is given.

`python -m tests.support.victim DATABASE FOLDER HOUR LANE VENDOR PERSON…`
"""

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from kernel import clock, jobs
from kernel.config import Settings
from kernel.db import Database
from kernel.ids import repeatable
from kernel.policy import Actor, Role
from kernel.start import start
from kernel.tenancy import Scope
from marketplace.operations import answers, returning, taking
from marketplace.values.work import NoWork
from tests.marketplace.orders import START

_telling = threading.Lock()


def say(*words: str) -> None:
    with _telling:
        print(*words, flush=True)


def settings_of(database_url: str, folder: str) -> Settings:
    return Settings(
        environment="test", database_url=database_url, redis_url=None, data_dir=Path(folder),
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip


def work(database: Database, lane: str, vendor: str, account: str) -> None:
    """Take and answer; every seventh unit is skipped. Says each judgment after its commit."""
    actor, scope = Actor(account, vendor, Role.ANNOTATOR, org_kind="vendor"), Scope.tenant(vendor)
    draws = repeatable(account)
    while True:
        task = database.run(scope, lambda session: taking.take_next(session, actor, lane), 50)
        if isinstance(task, NoWork):
            return
        if draws.random() < 1 / 7:
            database.run(
                scope, partial(returning.skip, actor=actor, assignment_id=task.assignment_id, reason="unclear"), 50
            )
            continue
        given = {"choice": draws.choice(("refund", "refund", "refund", "network"))}
        database.run(
            scope, partial(answers.submit_answer, actor=actor, assignment_id=task.assignment_id, payload=given), 50
        )
        say("answered", task.assignment_id)


def keep_house(database: Database, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        jobs.start_periodic(database)
        jobs.drain(database)


def main(database_url: str, folder: str, hour: str, lane: str, vendor: str, *people: str) -> None:
    _, database = start(settings_of(database_url, folder))
    stop, begun = threading.Event(), clock.monotonic()

    def in_time(act: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with clock.use_clock(lambda: START + timedelta(hours=int(hour), minutes=clock.monotonic() - begun)):
                act()

        return run

    say("ready")
    threads = [
        threading.Thread(target=in_time(lambda person=person: work(database, lane, vendor, person)))  # type: ignore[misc]
        for person in people
    ]
    keeper = threading.Thread(target=in_time(lambda: keep_house(database, stop)))
    for thread in (*threads, keeper):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    keeper.join()
    say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
