"""`/api/v1/team`: who has which role in the organization."""

from typing import TYPE_CHECKING

from i18n import _
from kernel.errors import Invalid
from kernel.policy import Actor
from web.forms import PageQuery
from workforce import operations, queries
from workforce.api import api
from workforce.api.shapes import MemberIn, MemberOut, MembershipOut, TeamOut

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@api.get("/team", query=PageQuery, returns=TeamOut)
def team(session: "Session", actor: Actor, query: PageQuery) -> TeamOut:
    """Everybody with a role in your organization."""
    rows, next_after = queries.members_of(session, actor.org_id or "", after=query.after, limit=query.limit)
    return TeamOut(items=[MemberOut.model_validate(row) for row in rows], next_after=next_after)


@api.post("/team", body=MemberIn, returns=MembershipOut, creates=True)
def add_member(session: "Session", actor: Actor, body: MemberIn) -> MembershipOut:
    """Give somebody a role; an account is made for an address that has none."""
    account = queries.find_account(session, body.email)
    if account is None:
        if not body.name:
            message = _("This is needed.")
            raise Invalid("member.no_name", message, fields={"name": message})
        account = operations.create_account(session, actor, email=body.email, name=body.name)
    membership_id = operations.add_membership(
        session, actor, account_id=account.id, org_id=actor.org_id or "", role=body.role
    )
    return MembershipOut(membership_id=membership_id, account_id=account.id)


@api.delete("/team/<membership_id>")
def end_member(session: "Session", actor: Actor, membership_id: str) -> None:
    """End a role, with all that rests on it."""
    operations.end_membership(session, actor, membership_id)
