"""Limits of rate, counted in the database, so that they hold whatever else is away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import request
from sqlalchemy import update
from sqlalchemy.orm import Session

from i18n import _
from kernel import db
from kernel.crypto import digest
from kernel.db import insert_ignoring, now_of
from kernel.errors import TooMany
from kernel.models import RateBucket
from kernel.tenancy import Scope
from web import current, refusals, sessions

HOUR = 3600
MOST = {
    "apply": 30, "import": 300, "units": 1200, "export": 600, "invite": 300, "letters": 10,
    "documents": 30, "voices": 30, "drafts": 300,
}  # fmt: skip
"""How often one account, or one network where nobody is signed in, may do each of these in an hour."""


def count(session: Session, what: str, who: str, *, most: int, seconds: int) -> None:
    """Count one more try of `what` by `who`; raises TooMany when there were `most` in the window already."""
    now = now_of(session)
    key = f"{what}:{digest(who)[:40]}"
    insert_ignoring(
        session, RateBucket, [{"key": key, "window_ends_at": now + timedelta(seconds=seconds), "count": 0}], ["key"]
    )
    row = session.get(RateBucket, key, with_for_update=True, populate_existing=True)
    assert row is not None
    if row.window_ends_at <= now:
        row.window_ends_at, row.count = now + timedelta(seconds=seconds), 0
    if row.count >= most:
        refusals.note(f"limit.{what}")
        wait = max(1, int((row.window_ends_at - now).total_seconds()))
        raise TooMany("too_many", _("Too many tries. Wait a while, then try again."), retry_after=wait)
    row.count += 1


def spend(what: str) -> None:
    """Count one more act of the kind for whoever asks, in a transaction of its own, before the act is begun."""
    who = current.actor().account_id or sessions.network_of(request.remote_addr)
    with db.transaction(Scope.system("limit of rate")) as session:
        count(session, what, who, most=MOST[what], seconds=HOUR)


def spends(what: str) -> Callable[..., None]:
    """The same as something that an operation of the API does before it."""

    def before(**_arguments: Any) -> None:
        spend(what)

    return before


def uncount(session: Session, what: str, who: str) -> None:
    """Take the last try back, after a success, where only failures are to count."""
    key = f"{what}:{digest(who)[:40]}"
    session.execute(
        update(RateBucket).where(RateBucket.key == key, RateBucket.count > 0).values(count=RateBucket.count - 1)
    )


def forget(session: Session, what: str, who: str) -> None:
    """Start the count anew, after a success."""
    session.execute(update(RateBucket).where(RateBucket.key == f"{what}:{digest(who)[:40]}").values(count=0))
