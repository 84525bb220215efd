"""Jobs of the installation itself: linking the audit log."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel import audit
from kernel.jobs import job
from kernel.policy import Actor


@job(queue="urgent", every=timedelta(seconds=5))
def link_audit(session: Session, actor: Actor) -> dict[str, Any]:
    """Link what *take* and *submit* wrote unlinked."""
    return {"linked": audit.link_pending(session)}
