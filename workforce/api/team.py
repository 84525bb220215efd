"""`/api/v1/team`: who has which role in the organization, and to whom one is offered."""

from typing import TYPE_CHECKING

from flask import request

from i18n import current_locale
from kernel import db
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current, limits
from web.forms import PageQuery
from workforce import operations, queries
from workforce.api import api
from workforce.api.invitations import WelcomeOut
from workforce.api.team_shapes import (
    MemberOut,
    OfferedRoleOut,
    RoleAcceptIn,
    RoleOfferIn,
    RoleOfferOut,
    RoleOffersOut,
    TeamOut,
)
from workforce.confirming import role_offer_address
from workforce.operations import offers, signing_out
from workforce.queries.offers import offer_by_secret, open_offers
from workforce.values import OfferState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@api.get("/team", query=PageQuery, returns=TeamOut)
def team(session: "Session", actor: Actor, query: PageQuery) -> TeamOut:
    """Everybody with a role in your organization."""
    rows, next_after = queries.members_of(session, actor.org_id or "", after=query.after, limit=query.limit)
    return TeamOut(items=[MemberOut.model_validate(row) for row in rows], next_after=next_after)


@api.get("/team/offers", query=PageQuery, returns=RoleOffersOut)
def role_offers(session: "Session", actor: Actor, query: PageQuery) -> RoleOffersOut:
    """Roles of your organization that are offered and can still be accepted, newest first."""
    rows, next_after = open_offers(session, actor.org_id or "", after=query.after, limit=query.limit)
    return RoleOffersOut(items=[RoleOfferOut.model_validate(row) for row in rows], next_after=next_after)


@api.post("/team/offers", body=RoleOfferIn, returns=RoleOfferOut, creates=True, before=limits.spends("invite"))
def offer_role(session: "Session", actor: Actor, body: RoleOfferIn) -> RoleOfferOut:
    """Offer an address a role by a letter; it is given when whoever reads the letter accepts. The same again is another
    letter, in place of the one before. Whether the address has an account is not told."""
    found = offers.offer_role(
        session, actor, email=body.email, role=body.role, locale=current_locale(), address_of=role_offer_address
    )
    return RoleOfferOut.model_validate(found)


@api.delete("/team/offers/<offer_id>", scope=lambda: queries.reach(current.actor()))
def withdraw_offer(session: "Session", actor: Actor, offer_id: str) -> None:
    """Take an offer back; its letter leads nowhere from now on."""
    offers.withdraw_offer(session, actor, offer_id)


@api.delete("/team/<membership_id>")
def end_member(session: "Session", actor: Actor, membership_id: str) -> None:
    """End a role, with all that rests on it."""
    operations.end_membership(session, actor, membership_id)


def _scope_of_secret() -> Scope:
    """The organization that offers a role with this secret."""
    with db.reading(Scope.system("role offer")) as session:
        found = offer_by_secret(session, (request.view_args or {})["token"])
    if found is None:
        raise not_found()
    return Scope.tenant(found.org_id)


@api.get("/role/<token>", returns=OfferedRoleOut, scope=_scope_of_secret, public=True)
def role_offer(session: "Session", actor: Actor, token: str) -> OfferedRoleOut:
    """What is offered, by the last part of the mailed address; looking uses nothing up."""
    found = offer_by_secret(session, token)
    organization = queries.organization_of(session, found.org_id) if found else None
    if found is None or organization is None or found.state is not OfferState.WAITING:
        raise not_found()
    return OfferedRoleOut(email=found.email, role=found.role, organization=organization.name)


@api.post("/role/<token>", body=RoleAcceptIn, returns=WelcomeOut, creates=True, scope=_scope_of_secret, public=True)
def accept_role(session: "Session", actor: Actor, token: str, body: RoleAcceptIn) -> WelcomeOut:
    """Accept a role without an account, which is made with it."""
    account_id, membership_id = offers.accept_offer(
        session, actor, token, name=body.name, password=body.password, locale=body.locale
    )
    return WelcomeOut(account_id=account_id, membership_id=membership_id)


@api.post("/account/roles/<token>", returns=WelcomeOut, creates=True, scope=_scope_of_secret)
def accept_role_as_oneself(session: "Session", actor: Actor, token: str) -> WelcomeOut:
    """Accept a role with your account, whose address it must be for."""
    account_id, membership_id = offers.accept_offer(session, actor, token)
    return WelcomeOut(account_id=account_id, membership_id=membership_id)


@api.post("/team/<membership_id>/sign-out", returns=None, status=204)
def sign_out_member(session: "Session", actor: Actor, membership_id: str) -> None:
    """End every session of somebody of the team; tokens of programs go on."""
    signing_out.sign_out_member(session, actor, membership_id)


@api.post("/people/<annotator_id>/sign-out", returns=None, status=204, scope=lambda: queries.reach(current.actor()))
def sign_out_person(session: "Session", actor: Actor, annotator_id: str) -> None:
    """End every session of somebody who works for your organization; tokens of programs go on."""
    signing_out.sign_out_person(session, actor, annotator_id)
