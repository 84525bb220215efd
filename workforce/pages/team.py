"""The team of an organization: who has which role, adding somebody, ending a role."""

from flask import Response, request
from pydantic import Field

from i18n import _, current_locale
from kernel import db
from kernel.errors import Conflict, Forbidden, Invalid
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, role_label, see
from workforce import operations, queries
from workforce.pages import pages
from workforce.pages.welcome import welcome_address
from workforce.rules.roles import grantable
from workforce.values import AccountView, OrgKind


class MemberForm(FormModel):
    """What the form of a new member sends."""

    email: str = Field(max_length=300)
    name: str = Field(default="", max_length=200)
    role: str


@pages.get("/team")
def team() -> Response:
    """Everybody with a role in the organization."""
    return _show(empty_form())


@pages.post("/team")
def add_member() -> Response:
    """Give a role; somebody without an account gets one, and an address to set its password at."""
    form, invited = read_form(MemberForm), None
    if form.ok:
        try:
            invited = _add(form.data)
        except Invalid as problem:
            form.add(problem)
        except (Conflict, Forbidden) as problem:
            form.errors["role"] = problem.message
    if not form.ok:
        return _show(form, 422)
    if invited is not None:
        return _show(empty_form(), welcome=welcome_address(invited))
    flash("good", _("The role is given."))
    return see("workforce.team")


@pages.post("/team/<membership_id>/end")
def end_member(membership_id: str) -> Response:
    """End a role."""
    with db.transaction(current.scope()) as session:
        operations.end_membership(session, current.actor(), membership_id)
    flash("good", _("The role is ended, with all that rested on it."))
    return see("workforce.team")


def _add(data: MemberForm) -> AccountView | None:
    """The account, if it was made just now."""
    actor = current.actor()
    with db.transaction(current.scope()) as session:
        known = queries.find_account(session, data.email)
        account = known or operations.create_account(
            session, actor, email=data.email, name=data.name or data.email.partition("@")[0], locale=current_locale()
        )
        operations.add_membership(session, actor, account_id=account.id, org_id=actor.org_id or "", role=data.role)
    return None if known else account


def _show(form: Form[MemberForm], status: int = 200, welcome: str = "") -> Response:
    actor = current.actor()
    with db.reading(current.scope()) as session:
        rows, after = queries.members_of(session, actor.org_id or "", after=request.args.get("after") or None)
    roles = [(role.value, role_label(role)) for role in grantable(actor.role, OrgKind(actor.org_kind or "vendor"))]
    return page(
        "workforce/team.html", status, rows=rows, after=after, form=form, errors=form.errors, roles=roles,
        welcome=welcome, own_id=actor.account_id, role_label=role_label,
    )  # fmt: skip
