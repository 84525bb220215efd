"""A forgotten password: asking for the way to a new one, which is mailed, and setting it there once."""

from flask import Response
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid, TooMany
from kernel.policy import system_actor
from kernel.tenancy import Scope
from web.forms import FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.forgotten import ask_new_password
from workforce.pages import pages


class Forgotten(FormModel):
    """Whose password is forgotten."""

    email: str = Field(max_length=300)


class NewPassword(FormModel):
    """The new one."""

    password: str = Field(max_length=2000)


@pages.get("/forgotten")
def forgotten() -> Response:
    """The form that asks for a new password."""
    return page("workforce/forgotten.html", form=empty_form(), errors={}, is_sent=False)


@pages.post("/forgotten")
def ask_for_password() -> Response:
    """Mail the way to it. Whether anybody has the address is not told."""
    form = read_form(Forgotten)
    if not form.ok:
        return page("workforce/forgotten.html", 422, form=form, errors=form.errors, is_sent=False)
    try:
        ask_new_password(form.data.email)
    except TooMany as problem:
        response = page("workforce/forgotten.html", 429, form=form, errors={"": problem.message}, is_sent=False)
        response.headers["Retry-After"] = str(problem.retry_after)
        return response
    return page("workforce/forgotten.html", form=form, errors={}, is_sent=True)


@pages.get("/new-password/<token>")
def new_password(token: str) -> Response:
    """The form for the new password; looking at it uses nothing up."""
    return _show(token)


@pages.post("/new-password/<token>")
def set_new_password(token: str) -> Response:
    """Set it; the address is worth nothing afterwards, and every device is signed out."""
    form = read_form(NewPassword)
    if not form.ok:
        return _show(token, form.errors, 422)
    try:
        with db.transaction(Scope.system("forgotten password")) as session:
            operations.set_password_by_link(session, system_actor("forgotten password"), token, form.data.password)
    except Invalid as problem:
        return _show(token, problem.fields, 422)
    except Conflict:
        return _show(token, status=409)
    flash("good", _("Your password is set. Sign in with it."))
    return see("web.sign_in")


def _show(token: str, errors: dict[str, Message] | None = None, status: int = 200) -> Response:
    with db.reading(Scope.system("forgotten password")) as session:
        account_id = queries.account_of_link(session, token)
        account = queries.account_of(session, account_id) if account_id else None
    return page("workforce/new_password.html", status, account=account, token=token, errors=errors or {})
