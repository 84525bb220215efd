"""Welcome addresses: where somebody who was added to a team sets a first password, once, within a week."""

from flask import Response, url_for
from itsdangerous import BadData, URLSafeSerializer

from i18n import Message, _
from kernel import clock, db
from kernel.crypto import derive
from kernel.errors import Invalid
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from web.forms import FormModel, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.pages import pages
from workforce.values import AccountView

_DAYS = 7


class FirstPassword(FormModel):
    """What the form sends."""

    password: str


def welcome_address(account: AccountView) -> str:
    """The address to hand to the person. It is bound to the state of the account, so that it works once."""
    until = int(clock.now().timestamp()) + _DAYS * 86400
    return url_for("workforce.welcome", token=_seal().dumps([account.id, account.auth_epoch, until]), _external=True)


@pages.get("/welcome/<token>")
def welcome(token: str) -> Response:
    """The form for the first password."""
    return page("workforce/welcome.html", account=_account(token), token=token, errors={})


@pages.post("/welcome/<token>")
def set_first_password(token: str) -> Response:
    """Set it; the address is worth nothing afterwards."""
    account, form = _account(token), read_form(FirstPassword)
    errors: dict[str, Message] = dict(form.errors)
    if account is not None and form.ok:
        try:
            with db.transaction(Scope.system("first password")) as session:
                operations.set_password(session, Actor(account.id, None, None), account.id, form.data.password)
            flash("good", _("Your password is set. Sign in with it."))
            return see("web.sign_in")
        except Invalid as problem:
            errors = problem.fields
    return page("workforce/welcome.html", 422, account=account, token=token, errors=errors)


def _account(token: str) -> AccountView | None:
    """The account that the address is for, while it is good."""
    try:
        account_id, epoch, until = _seal().loads(token)
    except (BadData, ValueError, TypeError):
        return None
    if until < clock.now().timestamp():
        return None
    with db.reading(Scope.system("first password")) as session:
        account = queries.account_of(session, account_id)
    return account if account and account.is_active and account.auth_epoch == epoch else None


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(derive(current.settings().secret_key, "welcome address"), salt="welcome")
