"""A client, its vendor with a grant on the project, and a stranger."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kernel.db import Database, now_of
from kernel.models import AccessGrant
from kernel.policy import Actor, Role
from kernel.tenancy import Scope

CLIENT, VENDOR, STRANGER, PROJECT = "client", "vendor", "stranger", "project"
MANAGER = Actor("ana", CLIENT, Role.CLIENT_PM)


@pytest.fixture
def grant(db: Database) -> Callable[[], None]:
    """The client lets the vendor see the project; the returned function takes it back."""
    with db.transaction(Scope.tenant(CLIENT)) as session:
        now = now_of(session)
        session.add(
            AccessGrant(
                id="grant",
                subject_kind="project",
                subject_id=PROJECT,
                org_id=CLIENT,
                grantee_org_id=VENDOR,
                rights=["work"],
                from_at=now,
                until_at=now + timedelta(days=30),
            )
        )

    def revoke() -> None:
        with db.transaction(Scope.tenant(CLIENT)) as session:
            row = session.get_one(AccessGrant, "grant")
            row.revoked_at = now_of(session)

    return revoke
