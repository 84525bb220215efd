"""One's second factor: an authenticator app, recovery codes, switching it off; and resets by the operator."""

from flask import Response, request
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid, TooMany
from kernel.tenancy import Scope
from web import current, sessions, stepup
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.pages import pages
from workforce.pages.qr import qr_of
from workforce.rules.totp import in_groups


class Code(FormModel):
    """A code of the app."""

    code: str = Field(max_length=100)


class Ending(Code):
    """What switches the second factor off."""

    current_password: str = Field(max_length=2000)


class ResetForm(FormModel):
    """Whose second factor is to be taken off, and why."""

    email: str = Field(max_length=300)
    reason: str = Field(max_length=1000)


def _own() -> Scope:
    return Scope.system("own second factor")


@pages.get("/account/second-factor")
def second_factor() -> Response:
    """The second factor of one's account."""
    return _show()


@pages.post("/account/second-factor")
def begin_factor() -> Response:
    """Begin to set up an authenticator app."""
    with db.transaction(_own()) as session:
        operations.begin_factor(session, current.actor(), _me())
    return see("workforce.second_factor")


@pages.post("/account/second-factor/confirm")
def confirm_factor() -> Response:
    """Switch it on with a first code; the recovery codes are shown this once."""
    form = read_form(Code)
    if not form.ok:
        return _show(form.errors, 422)
    try:
        with db.transaction(_own()) as session:
            codes = operations.confirm_factor(session, current.actor(), _me(), form.data.code)
            now = db.now_of(session)
            sessions.renew(session, proven_at=now, mfa_at=now, mfa_kind="totp")
    except Invalid as problem:
        return _show(problem.fields, 422)
    return _codes(codes)


@pages.post("/account/second-factor/codes")
def renew_codes() -> Response:
    """Ten new recovery codes, shown this once."""
    with db.transaction(_own()) as session:
        codes = operations.renew_codes(session, current.actor(), _me())
    return _codes(codes)


@pages.post("/account/second-factor/end")
def end_factor() -> Response:
    """Switch it off, with password and code."""
    form = read_form(Ending)
    if not form.ok:
        return _show(form.errors, 422)
    person = current.person()
    assert person is not None
    try:
        stepup.count_code(person)
        with db.transaction(_own()) as session:
            operations.end_factor(
                session, current.actor(), _me(), password=form.data.current_password, code=form.data.code
            )
            stepup.forget_codes(session, person)
            sessions.renew(session, mfa_at=None, mfa_kind=None, passkey_at=None)
    except TooMany as problem:
        return _show({"": problem.message}, 429)
    except Invalid as problem:
        return _show(problem.fields, 422)
    flash("good", _("The authenticator app is off, and every other device is signed out."))
    return see("workforce.second_factor")


def _me() -> str:
    return current.actor().account_id or ""


def _codes(codes: list[str]) -> Response:
    return page("workforce/recovery_codes.html", codes=codes)


def _show(errors: dict[str, Message] | None = None, status: int = 200) -> Response:
    with db.reading(_own()) as session:
        factor = queries.factor_of(session, current.actor(), _me())
        resets = queries.resets_of(session, current.actor(), _me())
    pending = factor.pending
    return page(
        "workforce/second_factor.html", status, factor=factor, resets=resets, errors=errors or {},
        qr=qr_of(pending.address) if pending else None, secret=in_groups(pending.secret) if pending else "",
        is_asked=current.actor().lacks_factor,
    )  # fmt: skip


@pages.get("/second-factor-resets")
def factor_resets() -> Response:
    """Resets of second factors, asked for and decided."""
    return _resets(empty_form())


@pages.post("/second-factor-resets")
def ask_reset() -> Response:
    """Ask a colleague to agree that somebody's second factor is taken off."""
    form = read_form(ResetForm)
    if form.ok:
        try:
            with db.transaction(Scope.system("reset of a second factor")) as session:
                operations.ask_reset(session, current.actor(), email=form.data.email, reason=form.data.reason)
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors["email"] = problem.message
    if not form.ok:
        return _resets(form, 422)
    flash("good", _("Asked. A colleague has to agree before anything changes."))
    return see("workforce.factor_resets")


@pages.post("/second-factor-resets/<reset_id>/decide")
def decide_reset(reset_id: str) -> Response:
    """Agree to a reset, or refuse it."""
    agree = request.form.get("decision") == "agree"
    with db.transaction(Scope.system("reset of a second factor")) as session:
        operations.decide_reset(session, current.actor(), reset_id, agree=agree)
    flash("good", _("The second factor is off; the person signs in with the password and sets up a new one.") if agree
          else _("Refused. Nothing has changed."))  # fmt: skip
    return see("workforce.factor_resets")


def _resets(form: Form[ResetForm], status: int = 200) -> Response:
    with db.reading(Scope.system("resets of second factors")) as session:
        rows, after = queries.resets(session, current.actor(), after=request.args.get("after") or None)
    return page(
        "workforce/factor_resets.html", status, rows=rows, after=after, form=form, errors=form.errors, own_id=_me(),
        asks=current.actor().role == "operator",
    )  # fmt: skip
