"""`/api/v1/account/passkeys`: which there are, and taking one off; making and using one is a browser's affair."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from kernel.policy import Actor
from kernel.tenancy import Scope
from web import sessions
from web.forms import OutModel
from workforce import operations, queries
from workforce.api import api

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class PasskeyOut(OutModel):
    """A passkey; the key itself is told to nobody. `doubted_at`: when its counter went back, as that of a copy does."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    doubted_at: datetime | None


def _own() -> Scope:
    return Scope.system("own passkeys")


@api.get("/account/passkeys", returns=list[PasskeyOut], scope=_own)
def passkeys(session: "Session", actor: Actor) -> Any:
    """One's passkeys; they are added and used in a browser"""
    return queries.passkeys_of(session, actor, actor.account_id or "")


@api.delete("/account/passkeys/<passkey_id>", scope=_own)
def remove_passkey(session: "Session", actor: Actor, passkey_id: str) -> None:
    """Take one of one's passkeys off; every device is signed out"""
    operations.remove_passkey(session, actor, passkey_id)
    sessions.end_other_sessions(session, actor.account_id or "", actor.session_ref)
