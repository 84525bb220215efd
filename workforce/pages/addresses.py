"""One's e-mail address: whether it is confirmed, another letter, another address, and the page that confirms."""

from flask import Response
from pydantic import Field

from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.policy import system_actor
from kernel.tenancy import Scope
from web import current, limits
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import queries
from workforce.confirming import confirmation_address
from workforce.operations import addresses as acts
from workforce.pages import pages


class AddressForm(FormModel):
    """What the form of another address sends."""

    new_email: str = Field(max_length=300)


@pages.get("/account/address")
def address() -> Response:
    """The address, and the form for another one."""
    return _show(empty_form())


@pages.post("/account/address")
def change_address() -> Response:
    """Mail the way to another address; nothing is changed before it is gone."""
    form = read_form(AddressForm)
    if form.ok:
        limits.spend("letters")
        try:
            with db.transaction(Scope.system("own account")) as session:
                acts.change_address(
                    session, current.actor(), current.actor().account_id or "", form.data.new_email,
                    confirmation_address,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _show(form, 422)
    flash("good", _("A letter is on its way to the new address. Nothing is changed before you confirm there."))
    return see("workforce.address")


@pages.post("/account/address/confirmation")
def confirm_own_address() -> Response:
    """Mail the way by which the address is confirmed once more."""
    limits.spend("letters")
    with db.transaction(Scope.system("own account")) as session:
        actor = current.actor()
        acts.send_confirmation(session, actor, actor.account_id or "", confirmation_address)
    flash("good", _("A letter is on its way to you."))
    return see("workforce.address")


@pages.get("/confirm-address/<token>")
def address_link(token: str) -> Response:
    """The page behind a mailed address; looking at it confirms nothing, as programs that read mail look, too."""
    return _confirm_page(token)


@pages.post("/confirm-address/<token>")
def confirm_address(token: str) -> Response:
    """Confirm."""
    try:
        with db.transaction(Scope.system("address of an account")) as session:
            is_new = acts.confirm_address(session, system_actor("address of an account"), token)
    except Conflict as problem:
        return _confirm_page(token, {"": problem.message}, 409)
    flash(
        "good", _("Confirmed. Sign in with the new address.") if is_new else _("Your address is confirmed. Thank you.")
    )
    return see("web.sign_in") if is_new or current.person() is None else see("web.home")


def _confirm_page(token: str, errors: dict[str, object] | None = None, status: int = 200) -> Response:
    with db.reading(Scope.system("address of an account")) as session:
        link = queries.address_link(session, token)
        email = link.email if link else None
    return page("workforce/confirm_address.html", status, email=email, token=token, errors=errors or {})


def _show(form: Form[AddressForm], status: int = 200) -> Response:
    with db.reading(Scope.system("own account")) as session:
        account = queries.account_of(session, current.actor().account_id or "")
    return page("workforce/address.html", status, account=account, form=form, errors=form.errors)
