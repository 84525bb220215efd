"""The schedule: `python -m kernel.ticker` starts periodic jobs, and sends again what the queue lost."""

import logging
import signal
import threading

from kernel import db, jobs, queue
from kernel.start import start
from kernel.tenancy import Scope

log = logging.getLogger("polyphony.ticker")
SWEEP_SECONDS = 2.0


def sweep(database: db.Database) -> int:
    """One round: periodic jobs whose time has come, then everything due. Without Redis it is carried right here."""
    jobs.start_periodic(database)
    with database.reading(Scope.system("sweep")) as session:
        rows = jobs.due(session)
    for event_id, queue_name, attempt in rows:
        if not queue.send(queue_name, event_id, attempt):
            jobs.run_event(database, event_id)
    return len(rows)


def main() -> int:
    """Sweep until told to stop."""
    _, database = start()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    while not stop.wait(SWEEP_SECONDS):
        try:
            sweep(database)
        except Exception:
            log.exception("a sweep failed; the next one tries again")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
