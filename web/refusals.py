"""Refusals that the decision function does not see, as lines of the process's log: forms, limits, tokens, input, hosts.

Strangers can bring about as many of them as they like. So none goes into the audit log, whose chain everybody waits
for; of a kind and a network the first one of each minute is written, and the others are counted.
"""

import logging
import threading
from datetime import datetime, timedelta

from flask import g, has_request_context, request

from kernel import clock
from web import current
from web.sessions import network_of

log = logging.getLogger("polyphony.security")
WINDOW = timedelta(minutes=1)
MOST = 500  # lines of a process in a minute, whatever comes


class Bounded:
    """Which refusals of the present minute were written already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._written: set[tuple[str, str]] = set()
        self._left_out = 0

    def take(self, kind: str, network: str, now: datetime) -> tuple[bool, int]:
        """Whether this one is written, and how many of the window before it were not."""
        with self._lock:
            before = 0
            if self._since is None or not self._since <= now < self._since + WINDOW:
                before, self._left_out = self._left_out, 0
                self._since = now
                self._written.clear()
            is_new = (kind, network) not in self._written and len(self._written) < MOST
            if is_new:
                self._written.add((kind, network))
            else:
                self._left_out += 1
            return is_new, before


_bounded = Bounded()


def note(kind: str) -> None:
    """One refusal of this request: when, which, of which route, from which network. Nothing that anybody typed."""
    if not has_request_context():
        return
    now, network = clock.now(), network_of(request.remote_addr)
    is_written, before = _bounded.take(kind, network, now)
    if before:
        log.warning("event=refusals.left_out at=%s count=%d", now.isoformat(), before)
    if is_written:
        log.warning(
            "event=refused kind=%s at=%s request=%s method=%s route=%s network=%s account=%s", kind, now.isoformat(),
            g.get("request_id", "-"), _method(), request.endpoint or "-", network, _account(kind),
        )  # fmt: skip


def _method() -> str:
    return request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "-"


def _account(kind: str) -> str:
    """Whose session or token it was: a number that says nothing outside the database."""
    if kind == "host":
        return "-"  # before anybody was asked who they are
    return current.actor().account_id or "-"
