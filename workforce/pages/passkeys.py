"""One's passkeys: adding one, with what a browser makes, and taking one off."""

from flask import Response, jsonify, request
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.policy import PASSKEY, is_fresh
from kernel.tenancy import Scope
from web import current, passkeys, sessions
from web.devices import device_of
from web.forms import FormModel, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.pages import pages
from workforce.policy import Action
from workforce.rules.passkeys import MOST


class NewPasskey(FormModel):
    """What a browser made, and what the person calls it."""

    name: str = Field(max_length=200)
    new_passkey: str = Field(default="", max_length=20_000)


def _own() -> Scope:
    return Scope.system("own passkeys")


def _me() -> str:
    return current.actor().account_id or ""


@pages.get("/account/passkeys", endpoint="passkeys")
def own_passkeys() -> Response:
    """The passkeys of one's account."""
    return _show()


@pages.post("/account/passkeys/challenge")
def making_passkey() -> Response:
    """What this browser is asked to make."""
    passkeys.count("passkey-asked", 300)
    with db.transaction(_own()) as session:
        challenge = passkeys.draw(session, passkeys.holder(session), passkeys.MAKE)
        return jsonify(queries.making_options(session, current.actor(), _me(), passkeys.party().id, challenge))


@pages.post("/account/passkeys")
def add_passkey() -> Response:
    """Keep what the browser made; with the first second factor, recovery codes are shown this once."""
    form = read_form(NewPasskey)
    if not form.ok:
        return _show(form.errors, 422)
    passkeys.count("passkey", 100)
    with db.transaction(_own()) as session:  # used up, whatever comes of it
        challenge = passkeys.take(session, passkeys.holder(session), passkeys.MAKE, form.data.new_passkey)
    party = passkeys.party()
    try:
        with db.transaction(_own()) as session:
            _row, codes = operations.add_passkey(
                session, current.actor(), _me(), name=form.data.name, sent=form.data.new_passkey if challenge else "",
                party=party.id, origin=party.origin, challenge=challenge or b"",
            )  # fmt: skip
            now = db.now_of(session)
            # Made is not shown: that begins with its first use, when the letter that tells of it has left.
            sessions.renew(session, proven_at=now, mfa_at=now, mfa_kind="passkey")
    except Invalid as problem:
        return _show(problem.fields or {"": problem.message}, 422)
    except Conflict as problem:
        return _show({"": problem.message}, 409)
    if codes:
        return page("workforce/recovery_codes.html", codes=codes)
    flash("good", _("The passkey is added, and every other device is signed out."))
    return see("workforce.passkeys")


@pages.post("/account/passkeys/<passkey_id>/remove")
def remove_passkey(passkey_id: str) -> Response:
    """Take one of one's passkeys off."""
    try:
        with db.transaction(_own()) as session:
            operations.remove_passkey(session, current.actor(), passkey_id)
            more = {} if queries.factor_kinds(session, _me()) else {"mfa_at": None, "mfa_kind": None}
            sessions.renew(session, passkey_at=None, **more)  # it may have been the one that was shown
    except Conflict as problem:
        return _show({"": problem.message}, 409)
    flash("good", _("The passkey is removed, and every other device is signed out."))
    return see("workforce.passkeys")


def _show(errors: dict[str, Message] | None = None, status: int = 200) -> Response:
    actor = current.actor()
    with db.reading(_own()) as session:
        rows = queries.passkeys_of(session, actor, _me())
    now = sessions.request_time()
    is_proven = is_fresh(actor, Action.ACCOUNT_SECURE, None, now) and (not rows or queries.is_shown(actor, now))
    browser, system = device_of(request.user_agent.string or "")
    return page(
        "workforce/passkeys.html", status, rows=rows, errors=errors or {}, most=MOST, is_asked=actor.lacks_factor,
        name=request.form.get("name") or system or browser or "",
        is_fresh=is_proven, factor=PASSKEY if rows else None,
    )  # fmt: skip
