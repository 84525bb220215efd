"""Accepting a role: the page behind a mailed address."""

from flask import Response
from pydantic import Field

from i18n import Message, _, current_locale
from kernel import db
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.tenancy import Scope
from web import current, languages
from web.forms import Form, FormModel, empty_form, read_form
from web.render import page, role_label
from workforce import queries
from workforce.operations import offers
from workforce.pages import pages
from workforce.pages.apply import let_in
from workforce.queries.offers import offer_by_secret
from workforce.values import OfferState, OfferView


class Accepted(FormModel):
    """What the form sends; whoever is signed in needs neither."""

    name: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=1_000)


@pages.get("/role/<token>")
def role_offer(token: str) -> Response:
    """What is offered, and the form; looking at it uses nothing up."""
    return _show(token, _found(token), empty_form())


@pages.post("/role/<token>")
def accept_role(token: str) -> Response:
    """Accept it, with an account that is made by that or with the one that is signed in."""
    found, form = _found(token), read_form(Accepted)
    if found is None or found.state is not OfferState.WAITING:
        return _show(token, found, form, 409)
    if languages.is_turned(form):
        return _show(token, found, form)
    if form.ok:
        try:
            with db.transaction(Scope.tenant(found.org_id)) as session:
                account_id, membership_id = offers.accept_offer(
                    session, current.actor(), token, name=form.data.name, password=form.data.password,
                    locale=current_locale(),
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
        except (Conflict, Forbidden) as problem:
            form.errors[""] = problem.message
        else:
            return let_in(account_id, membership_id, _("Welcome. The role is yours."), to="web.home")
    return _show(token, _found(token), form, 422)


def _found(token: str) -> OfferView | None:
    with db.reading(Scope.system("role offer")) as session:
        return offer_by_secret(session, token)


def _show(token: str, found: OfferView | None, form: Form[Accepted], status: int = 200) -> Response:
    worthless: Message | None = offers.UNKNOWN
    account = organization = None
    if found is not None:
        worthless = None if found.state is OfferState.WAITING else offers.WORTHLESS[found.state]
        with db.reading(Scope.system("role offer")) as session:
            account = queries.find_account(session, found.email)
            organization = queries.organization_of(session, found.org_id)
    person = current.person()
    return page(
        "workforce/role_offer.html", status, offer=found, organization=organization, form=form, errors=form.errors,
        signed_in=person, has_account=account is not None, token=token, worthless=worthless, role_label=role_label,
        is_theirs=account is not None and person is not None and account.id == person.id,
    )  # fmt: skip
