"""Jobs of money: silence is acceptance, looked at every minute."""

from datetime import timedelta
from typing import Any

from kernel.jobs import Work, job
from payouts.operations import earnings


@job(queue="default", long=True, every=timedelta(minutes=1))
def approve_due(work: Work) -> dict[str, Any]:
    """Approve what waited for as long as it may, in chunks, each a transaction of its own."""
    done = 0
    while True:
        with work.transaction() as session:
            count = earnings.approve_due(session, work.actor)
            done += count
            work.advance(session, done)
        if count < earnings.CHUNK:
            return {"approved": done}
