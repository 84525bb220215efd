"""Step-up: proving anew who one is before what an open browser is not enough for; nothing typed is lost."""

from dataclasses import replace
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel import audit, db, presence
from kernel.errors import TooMany
from kernel.policy import is_fresh, matrix
from kernel.tenancy import Scope
from web import current, elsewhere, limits, passkeys, sessions
from web.identity import Person, directory
from web.render import page
from web.sessions import SignedIn

CODE, PASSWORD = "proof_code", "proof_password"
WRONG_CODE = _("This code is not right, or was used already. Wait for the next one.")
WRONG_PASSKEY = _("This passkey was not taken. Try again, or prove who you are in another way.")
WRONG_PASSWORD = _("This is not your password.")
LOCKED = _("There were too many wrong codes. For your safety no code is taken for a quarter of an hour.")


def check_code(person: Person, typed: str) -> str | None:
    """Which factor the code is of, `totp` or `recovery`; every try is counted. Raises TooMany while it is locked."""
    count_code(person)
    with db.transaction(Scope.system("second factor")) as session:
        kind = directory().check_factor(session, person.id, typed)
        if kind is not None:
            forget_codes(session, person)
        else:
            actor = replace(current.actor(), account_id=person.id)
            audit.record(session, actor, "factor.refused", "account", person.id, outcome="denied", link=False)
    return kind


def count_code(person: Person) -> None:
    """Count a try at a code, by account and by network, before it is looked at. Raises TooMany while it is locked."""
    with db.transaction(Scope.system("second factor")) as session:
        limits.count(session, "factor-network", sessions.network_of(request.remote_addr), most=100, seconds=900)
        try:
            limits.count(session, "factor", person.id, most=5, seconds=900)
        except TooMany as problem:
            raise TooMany("factor.locked", LOCKED, retry_after=problem.retry_after) from problem


def forget_codes(session: Session, person: Person) -> None:
    """A code was right: the count begins anew."""
    limits.forget(session, "factor", person.id)
    limits.uncount(session, "factor-network", sessions.network_of(request.remote_addr))


def check_password(person: Person, typed: str) -> bool:
    """Whether the password is the person's own; tries are counted with those of signing in."""
    who = directory().counted_as(person.email)
    with db.transaction(Scope.system("step-up")) as session:
        limits.count(session, "sign-in-account", who, most=10, seconds=900)
    with db.transaction(Scope.system("step-up")) as session:
        if directory().check_password(session, person.email, typed) is None:
            return False
        limits.forget(session, "sign-in-account", who)
    return True


def prove(person: Person, code: str, password: str) -> tuple[str | None, dict[str, Message]]:
    """What the person proved themselves with, as strongly as they can, or what is wrong by field."""
    if person.has_factor:
        kind = check_code(person, code)
        return kind, {} if kind else {CODE: WRONG_CODE}
    return ("password", {}) if check_password(person, password) else (None, {PASSWORD: WRONG_PASSWORD})


def take() -> Response | None:
    """Take the proof that a form brought along, if there is one; the page that asks again where it is wrong."""
    user = current.signed_in()
    if user is None or user.session_id is None:
        return None
    if not {CODE, PASSWORD, passkeys.FIELD} & set(request.form):
        _take_password_of_form(user)
        return None
    signed = request.form.get(passkeys.FIELD, "")
    try:
        if signed:
            kind, errors = ("passkey", {}) if passkeys.check(signed) else (None, {"": WRONG_PASSKEY})
        else:
            kind, errors = prove(user.person, request.form.get(CODE, ""), request.form.get(PASSWORD, ""))
    except TooMany as problem:
        response = ask({"": problem.message}, 429)
        response.headers["Retry-After"] = str(problem.retry_after)
        return response
    if kind is None:
        return ask(errors, 422)
    refresh(kind)
    return None


def _take_password_of_form(user: SignedIn) -> None:
    """A form that asks for the present password anyway is a proof where there is no second factor."""
    typed = request.form.get("current_password", "")
    action = matrix().endpoints[request.endpoint or ""]["action"]
    is_asked = typed and not user.person.has_factor and not is_fresh(user.actor, action, None, sessions.request_time())
    if is_asked and check_password(user.person, typed):
        refresh("password")


def refresh(kind: str) -> None:
    """The session of this request was proven just now: it gets another secret, and goes on as fresh."""
    user = current.signed_in()
    assert user is not None and user.session_id is not None
    with db.transaction(Scope.system("step-up")) as session:
        now = db.now_of(session)
        changes: dict[str, Any] = {"proven_at": now} | ({} if kind == "password" else {"mfa_at": now, "mfa_kind": kind})
        # As the request had it: a code typed elsewhere does not bring back a passkey that was shown at home.
        changes |= {"passkey_at": now if kind == "passkey" else user.actor.passkey_at}
        sessions.rotate(session, user.session_id, **changes, **elsewhere.seen(request))
        audit.record(session, user.actor, "session.proven", "session", user.session_id, details={"factor": kind})
    user.actor = replace(user.actor, **changes)
    seen = replace(presence.here(), second_factor_at=user.actor.mfa_at, passkey_at=user.actor.passkey_at)
    presence.enter(seen)  # for what this very request goes on to


def ask(errors: dict[str, Message] | None = None, status: int = 403, *, by_passkey: bool = False) -> Response:
    """The page that asks for a proof, with all that the form held, which goes on to where it was sent.

    `by_passkey`: nothing else will do.
    """
    person = current.person()
    assert person is not None
    kinds = factor_kinds(person)
    return page(
        "web/confirm.html", status, action=request.full_path.rstrip("?"), kept=kept_fields(), errors=errors or {},
        has_factor=person.has_factor, has_app="totp" in kinds, has_passkey="passkey" in kinds, by_passkey=by_passkey,
        email=person.email, title=None,
    )  # fmt: skip


def factor_kinds(person: Person) -> frozenset[str]:
    """Which second factors the person has, for what a page offers."""
    if not person.has_factor:
        return frozenset()
    with db.reading(Scope.system("second factor")) as session:
        return directory().factor_kinds(session, person.id)


def again() -> Response:
    """The page that sends a form of ours once more, whose token was made before the browser signed in anew."""
    return page("web/again.html", 400, action=request.full_path.rstrip("?"), kept=kept_fields())


def kept_fields() -> list[tuple[str, str]]:
    """What a form held, to be sent once more; passwords are not written into a page."""
    left_out = {CODE, PASSWORD, passkeys.FIELD, "csrf_token"}
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in left_out and "password" not in name
    ]
