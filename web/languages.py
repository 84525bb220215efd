"""The language of the interface as somebody chooses it: for their account or this browser, amid a form too."""

from typing import Any

from flask import Response, after_this_request, request

from i18n import SHIPPED, _, set_locale
from kernel import db
from kernel.tenancy import Scope
from web import current, sessions
from web.forms import Form
from web.identity import directory
from web.render import flash

FIELD = "shown_in"  # what a button of a form brings that wants the same form in another language


def chosen() -> str | None:
    """What this browser was told to speak, whoever uses it."""
    found = request.cookies.get(sessions.of_this_host("lang", current.settings()), "")
    return found if found in SHIPPED else None


def choose(wanted: str) -> bool:
    """Remember a language for the account, or else for this browser; False for one that is not shipped."""
    if wanted not in SHIPPED:
        return False
    user = current.signed_in()
    if user:
        with db.transaction(Scope.system("choice of language")) as session:
            directory().set_locale(session, user.person.id, wanted)
    settings = current.settings()

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(
            sessions.of_this_host("lang", settings), wanted, max_age=31536000, httponly=True, samesite="Lax",
            secure=settings.is_production,
        )  # fmt: skip
        return response

    return True


def is_turned(form: Form[Any]) -> bool:
    """Whether a form was not sent but asked for in another language, in which it is shown from here on as it was typed;
    of a password nothing is sent back."""
    wanted = request.form.get(FIELD, "")
    if not choose(wanted):
        return False
    set_locale(wanted)
    form.errors.clear()
    if form.values.pop("password", ""):
        flash("wait", _("Nothing was sent. Type your password once more."))
    return True
