"""The team of an organization: who has which role, offering one to somebody, ending one."""

from flask import Response, request
from pydantic import Field

from i18n import _, current_locale
from kernel import db
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import Role
from web import current, limits
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, role_label, see
from workforce import operations, queries
from workforce.confirming import role_offer_address
from workforce.operations import offers, signing_out
from workforce.pages import pages
from workforce.queries.offers import open_offers
from workforce.rules.roles import grantable
from workforce.values import OrgKind

SIGNED_OUT = _("The person is signed out everywhere, and can sign in again.")


class OfferForm(FormModel):
    """What the form of an offer sends."""

    email: str = Field(max_length=300)
    role: Role


@pages.get("/team")
def team() -> Response:
    """Everybody with a role in the organization, and to whom one is offered."""
    return _show(empty_form())


@pages.post("/team")
def offer_role() -> Response:
    """Offer a role to an address; whoever reads it decides."""
    form = read_form(OfferForm)
    if form.ok:
        limits.spend("invite")
        try:
            with db.transaction(current.scope()) as session:
                offers.offer_role(
                    session, current.actor(), email=form.data.email, role=form.data.role, locale=current_locale(),
                    address_of=role_offer_address,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors["email"] = problem.message
        except Forbidden as problem:
            form.errors["role"] = problem.message
    if not form.ok:
        return _show(form, 422)
    flash("good", _("The letter is on its way. The role is given when whoever reads it accepts."))
    return see("workforce.team")


@pages.post("/team/offers/<offer_id>/withdraw")
def withdraw_offer(offer_id: str) -> Response:
    """Take an offer back."""
    with db.transaction(queries.reach(current.actor())) as session:
        offers.withdraw_offer(session, current.actor(), offer_id)
    flash("good", _("The offer is taken back; its letter leads nowhere now."))
    return see("workforce.team")


@pages.post("/team/<membership_id>/end")
def end_member(membership_id: str) -> Response:
    """End a role."""
    with db.transaction(current.scope()) as session:
        operations.end_membership(session, current.actor(), membership_id)
    flash("good", _("The role is ended, with all that rested on it."))
    return see("workforce.team")


@pages.post("/team/<membership_id>/sign-out")
def sign_out_member(membership_id: str) -> Response:
    """End every session of somebody of the team."""
    with db.transaction(current.scope()) as session:
        signing_out.sign_out_member(session, current.actor(), membership_id)
    flash("good", SIGNED_OUT)
    return see("workforce.team")


@pages.post("/people/<annotator_id>/sign-out")
def sign_out_person(annotator_id: str) -> Response:
    """End every session of somebody who works for the vendor."""
    with db.transaction(queries.reach(current.actor())) as session:
        signing_out.sign_out_person(session, current.actor(), annotator_id)
    flash("good", SIGNED_OUT)
    return see("workforce.person", annotator_id=annotator_id)


def _show(form: Form[OfferForm], status: int = 200) -> Response:
    actor = current.actor()
    with db.reading(current.scope()) as session:
        rows, after = queries.members_of(session, actor.org_id or "", after=request.args.get("after") or None)
        offered, offers_after = open_offers(
            session, actor.org_id or "", after=request.args.get("offers_after") or None, limit=25
        )
    roles = [(role.value, role_label(role)) for role in grantable(actor.role, OrgKind(actor.org_kind or "vendor"))]
    return page(
        "workforce/team.html", status, rows=rows, after=after, offered=offered, offers_after=offers_after, form=form,
        errors=form.errors, roles=roles, own_id=actor.account_id, role_label=role_label,
    )  # fmt: skip
