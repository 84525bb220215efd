"""The job worker: `python -m kernel.worker` carries what waits in RQ by its outbox id; `--burst` until nothing does."""

import sys

from rq import Worker
from rq.serializers import JSONSerializer

from kernel import db, jobs, queue
from kernel.start import start


def carry(event_id: str) -> str:
    """What RQ calls: an id, nothing else."""
    if not db.is_configured():
        start()
    return jobs.run_event(db.current(), event_id)


def main() -> int:
    """Work until told to stop. A fork for each job keeps a crash from taking the worker along."""
    _, database = start()
    transport = queue.transport()
    if not isinstance(transport, queue.Rq):
        print("REDIS_URL is not set: there is no queue to work on.", file=sys.stderr)
        return 2
    database.dispose()  # connections must not be shared with the forks
    names = list(jobs.QUEUES)
    worker = Worker(names, connection=transport.worker_connection(), serializer=JSONSerializer)
    worker.work(burst="--burst" in sys.argv[1:], with_scheduler=False, logging_level="WARNING")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
