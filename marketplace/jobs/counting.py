"""The job that counts lanes for pages."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel.jobs import job
from kernel.policy import Actor
from marketplace.operations import counting


@job(queue="bulk", every=timedelta(seconds=60))
def count_lanes(session: Session, actor: Actor) -> dict[str, Any]:
    """Count every lane that goes on."""
    return {"lanes": counting.count_lanes(session, actor)}
