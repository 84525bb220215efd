"""The job of appeals that nobody answered by their day."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from kernel.errors import Conflict, NotFound
from kernel.jobs import Work, job
from marketplace.operations.appeals import hold_decision
from workforce.queries.receipts import late_appeals


@job(queue="default", long=True, every=timedelta(minutes=10))
def hold_late_appeals(work: Work) -> dict[str, Any]:
    """Put the decisions on hold whose appeals nobody answered by their day, each for itself: one that cannot be is
    left to whoever answers it."""
    with work.reading() as session:
        late = late_appeals(session)
    held = 0
    for appeal_id in late:
        with suppress(Conflict, NotFound), work.transaction() as session:
            held += hold_decision(session, work.actor, appeal_id)
    return {"held": held}
