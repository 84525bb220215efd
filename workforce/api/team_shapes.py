"""What the API takes and tells of a team."""

from datetime import datetime

from pydantic import Field

from kernel.policy import Role
from web.forms import InModel, OutModel
from workforce.values import OfferState


class RoleOfferIn(InModel):
    """A role for whoever reads this address."""

    email: str = Field(max_length=300)
    role: Role


class RoleAcceptIn(InModel):
    """Whoever accepts a role and has no account yet."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=1_000)
    locale: str = Field(default="en", max_length=35)


class RoleOfferOut(OutModel):
    """A role that is offered to an address."""

    id: str
    email: str
    role: Role
    state: OfferState
    offered_at: datetime
    expires_at: datetime


class RoleOffersOut(OutModel):
    """A page of offers."""

    items: list[RoleOfferOut]
    next_after: str | None


class OfferedRoleOut(OutModel):
    """What somebody is offered, as the address of the letter tells it."""

    email: str
    role: Role
    organization: str


class MemberOut(OutModel):
    """A role of somebody in the organization."""

    membership_id: str
    account_id: str
    name: str
    email: str
    role: Role
    from_at: datetime
    is_suspended: bool


class TeamOut(OutModel):
    """A page of the team."""

    items: list[MemberOut]
    next_after: str | None
