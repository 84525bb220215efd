"""`/api/v1/account/address`: confirming one's e-mail address, and changing it."""

from typing import TYPE_CHECKING

from pydantic import Field

from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from web import limits
from web.forms import InModel, OutModel
from workforce.api import api
from workforce.confirming import confirmation_address
from workforce.operations import addresses as acts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AddressIn(InModel):
    """Another address to sign in with."""

    new_email: str = Field(max_length=300)


class ConfirmedOut(OutModel):
    """Whether the confirmed address is a new one, which ends all sessions."""

    is_new: bool


def _own() -> Scope:
    return Scope.system("own account")


@api.put("/account/address", body=AddressIn, returns=None, scope=_own, before=limits.spends("letters"))
def change_address(session: "Session", actor: Actor, body: AddressIn) -> None:
    """Mail the way to another address to it; nothing is changed before it is gone"""
    acts.change_address(session, actor, actor.account_id or "", body.new_email, confirmation_address)


@api.post(
    "/account/address/confirmation", returns=None, status=204, scope=_own, before=limits.spends("letters")
)  # fmt: skip
def confirm_own_address(session: "Session", actor: Actor) -> None:
    """Mail the way by which your address is confirmed once more"""
    acts.send_confirmation(session, actor, actor.account_id or "", confirmation_address)


@api.post("/confirm-address/<token>", returns=ConfirmedOut, scope=_own, public=True)
def confirm_address(session: "Session", actor: Actor, token: str) -> ConfirmedOut:
    """Confirm an address by the last part of the mailed one, which is used up by it"""
    return ConfirmedOut(is_new=acts.confirm_address(session, system_actor("address of an account"), token))
