"""One's own account: name and language, password, where one is signed in, tokens for programs."""

from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask import Response
from pydantic import Field

from i18n import SHIPPED, Message, _, current_locale
from kernel import db, networks
from kernel.errors import Invalid, NotFound
from kernel.tenancy import Scope
from web import current, sessions, stepup
from web.forms import FormModel, read_form
from web.identity import directory
from web.problems import NOT_FOUND
from web.render import flash, page, see
from web.sessions import SignedIn, request_time
from web.views import pages

_ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "posix", "right"))
)


class Profile(FormModel):
    """What the profile form sends."""

    name: str = Field(max_length=120)
    locale: str
    time_zone: str


class NewPassword(FormModel):
    """What the password form sends."""

    current_password: str
    new_password: str


class NewToken(FormModel):
    """What the token form sends."""

    token_name: str = Field(max_length=80)
    days: int = Field(default=90, ge=1, le=365)


def country_name(network: str) -> str:
    """The country of a network in the reader's language, where the installation knows it."""
    code = networks.country_of(network.partition("/")[0])
    return Locale.parse(current_locale(), sep="-").territories.get(code, code) if code else ""


def _me() -> SignedIn:
    user = current.signed_in()
    assert user is not None and user.session_id is not None
    return user


def _show(errors: dict[str, Message] | None = None, new_token: str | None = None, status: int = 200) -> Response:
    user = _me()
    with db.reading(Scope.system("own account")) as session:
        live = sessions.live_sessions(session, user.person.id)
        tokens = directory().tokens(session, user.person.id)
    rows: list[dict[str, Any]] = [
        {
            "id": row.id, "created_at": row.created_at, "seen_at": row.seen_at, "ip_net": row.network,
            "device": sessions.device_words(row), "country": country_name(row.network),
            "current": row.id == user.session_id,
        }
        for row in live
    ]  # fmt: skip
    return page(
        "web/account.html", status, account=user.person, kinds=stepup.factor_kinds(user.person),
        sessions=rows, tokens=tokens, new_token=new_token,
        scopes=[], time_zones=["UTC", *_ZONES], errors=errors or {},
        now=request_time(),
    )  # fmt: skip


@pages.route("/account", methods=["GET"])
def account() -> Response:
    """The account page."""
    return _show()


@pages.post("/account")
def save_account() -> Response:
    """Change name, language and time zone."""
    form = read_form(Profile)
    if form.ok and (form.data.locale not in SHIPPED or form.data.time_zone not in ("UTC", *_ZONES)):
        form.errors["locale"] = _("Choose one of the values offered.")
    if form.ok:
        try:
            with db.transaction(Scope.system("own account")) as session:
                directory().set_profile(
                    session, current.actor(), name=form.data.name, locale=form.data.locale,
                    time_zone=form.data.time_zone,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _show(form.errors, status=422)
    flash("good", _("Saved."))
    return see("web.account")


@pages.post("/account/password")
def change_password() -> Response:
    """Change the password; every other session ends."""
    form = read_form(NewPassword)
    user = _me()
    if form.ok:
        try:
            with db.transaction(Scope.system("own account")) as session:
                person = directory().set_password(
                    session, current.actor(), old=form.data.current_password, new=form.data.new_password
                )
                sessions.end_other_sessions(session, user.person.id, user.session_id)
                sessions.rotate(session, user.session_id or "", epoch=person.epoch)
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _show(form.errors, status=422)
    flash("good", _("Your password is changed, and every other device is signed out."))
    return see("web.account")


@pages.post("/account/sessions/<session_id>/end")
def revoke_session(session_id: str) -> Response:
    """End one of one's own sessions."""
    with db.transaction(Scope.system("own account")) as session:
        if not sessions.end_session(session, _me().person.id, session_id):
            raise NotFound("not_found", NOT_FOUND)
    flash("good", _("That device is signed out."))
    return see("web.account")


@pages.post("/account/tokens")
def create_token() -> Response:
    """Make a token for programs; its secret is shown this once."""
    form = read_form(NewToken)
    if form.ok:
        try:
            with db.transaction(Scope.system("own account")) as session:
                secret = directory().create_token(
                    session, current.actor(), name=form.data.token_name, days=form.data.days
                )[1]
        except Invalid as problem:
            form.add(problem)
    return _show(new_token=secret) if form.ok else _show(form.errors, status=422)


@pages.post("/account/tokens/<token_id>/revoke")
def revoke_token(token_id: str) -> Response:
    """Revoke one of one's own tokens."""
    with db.transaction(Scope.system("own account")) as session:
        directory().revoke_token(session, current.actor(), token_id)
    flash("good", _("That token is refused from now on."))
    return see("web.account")
