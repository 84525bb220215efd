"""The way to RQ: after a commit an outbox id is handed to a queue, and losing it costs delay only."""

import logging
import time
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from kernel.ports import Port

log = logging.getLogger("polyphony.queue")
_BREAK_SECONDS = 5.0
_QUEUED_SECONDS = 120  # what the queue has lost by then, the sweep sends again


class Transport(Protocol):
    """A way to the workers; False if it could not take the row now."""

    def send(self, queue: str, event_id: str, attempt: int) -> bool: ...


class Null:
    """No Redis: rows wait for the sweep of whoever runs the jobs."""

    def send(self, queue: str, event_id: str, attempt: int) -> bool:
        return False


class Rq:
    """RQ with the JSON serializer; when Redis is away it is left alone for some seconds, and the sweep takes over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.redis = Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.2)
        self._queues: dict[str, Queue] = {}
        self._away_until = 0.0

    def send(self, queue: str, event_id: str, attempt: int) -> bool:
        if time.monotonic() < self._away_until:
            return False
        try:
            target = self._queues.get(queue) or Queue(queue, connection=self.redis, serializer=JSONSerializer)
            self._queues[queue] = target
            target.enqueue_call(
                "kernel.worker.carry", args=(event_id,), job_id=f"ob-{event_id}-{attempt}", timeout=3600,
                result_ttl=60, failure_ttl=3600, ttl=_QUEUED_SECONDS, unique=True,
            )  # fmt: skip
        except DuplicateJobError:
            return True  # it is on its way; the sweep must not make the queue longer each time it looks
        except (RedisError, OSError) as error:
            log.warning("queue is away: %s", error)
            self._away_until = time.monotonic() + _BREAK_SECONDS
            return False
        return True

    def worker_connection(self) -> Redis:
        """A connection for a worker, which waits on Redis for longer than a request may."""
        return Redis.from_url(self.url)

    def is_there(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self.redis.ping())
        except (RedisError, OSError):
            return False


_transport: Port[Transport] = Port("transport of jobs", Null())


def use_transport(transport: Transport) -> None:
    """Set the process's way to the workers."""
    _transport.put(transport)


def transport() -> Transport:
    """The process's way to the workers."""
    return _transport.get()


def send(queue: str, event_id: str, attempt: int) -> bool:
    """Hand an outbox row to a worker; False if it has to wait for the sweep."""
    return transport().send(queue, event_id, attempt)
