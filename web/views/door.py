"""The door: sign in, sign out, choose a language or another of one's places, go home."""

from collections.abc import Callable

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, request, session, url_for
from pydantic import Field

from i18n import Message, _
from kernel import audit, db
from kernel.errors import NotFound, TooMany
from kernel.policy import NOBODY, PASSKEY
from kernel.tenancy import Scope
from web import again, current, languages, limits, passkeys, sessions, stepup
from web.forms import FormModel, empty_form, read_form
from web.identity import Person, Place, directory
from web.problems import NOT_FOUND
from web.render import flash, page, safe_next, see
from web.views import pages

DemoAccounts = Callable[[], list[tuple[Message | str, str, str]]]


def use_demo_accounts(app: Flask, accounts: DemoAccounts) -> None:
    """Give an application the accounts that the sign-in page of a demonstration shows."""
    app.extensions["demo_accounts"] = accounts


def use_homes(app: Flask, homes: dict[str, str]) -> None:
    """Give an application the endpoint of each role's home page."""
    app.extensions["homes"] = homes


class SignIn(FormModel):
    """What the sign-in form sends."""

    email: str
    password: str


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """The sign-in page; it never tells whether an account exists."""
    target = request.values.get("next")
    if request.method == "GET":
        if current.signed_in():
            return see("web.home")
        return _door(empty_form(), {}, target)
    form = read_form(SignIn)
    if not form.ok:
        return _door(form, form.errors, target, 422)
    try:
        person = prove(form.data.email, form.data.password)
    except TooMany as problem:
        return _too_many(_door(form, {"": problem.message}, target, 429), problem)
    if person is None:
        return _door(form, {"": _("This e-mail address and password do not fit together.")}, target, 422)
    target = safe_next(target, url_for("web.home"))
    return _ask_for_code(person, target) if person.has_factor else _let_in(person, target)


def _door(form: object, errors: dict[str, Message], target: str | None, status: int = 200) -> Response:
    accounts: DemoAccounts | None = current_app.extensions.get("demo_accounts")
    demo = accounts() if accounts else []
    kept = again.carried_on()
    return page(
        "web/sign_in.html", status, form=form, errors=errors, next=safe_next(target, ""), demo=demo, kept=kept,
        is_late=bool(kept),
    )  # fmt: skip


def prove(email: str, password: str) -> Person | None:
    """Whose address and password these are, if they fit together; every try is counted, and a wrong one is noted."""
    address = sessions.network_of(request.remote_addr)
    who = directory().counted_as(email)
    with db.transaction(Scope.system("sign in")) as transaction:
        limits.count(transaction, "sign-in-network", address, most=300, seconds=900)
        limits.count(transaction, "sign-in-account", who, most=10, seconds=900)
    with db.transaction(Scope.system("sign in")) as transaction:
        person = directory().check_password(transaction, email, password)
        if person is None:
            audit.record(transaction, NOBODY, "session.refused", "account", None, outcome="denied", link=False)
            return None
        limits.forget(transaction, "sign-in-account", who)
        limits.uncount(transaction, "sign-in-network", address)
    return person


@pages.post("/passkey-challenge")
def passkey_challenge() -> Response:
    """What this browser's passkey is to sign, for signing in or for proving anew; it tells nothing of accounts."""
    return jsonify(passkeys.options(alone=request.form.get("alone") == "yes"))


@pages.post("/sign-in/passkey")
def sign_in_with_passkey() -> Response:
    """Sign in by a passkey alone, which is two factors at once: the device, and what it asks of the person."""
    target = request.values.get("next")
    try:
        person = passkeys.check(request.form.get(passkeys.FIELD, ""), alone=True)
    except TooMany as problem:
        return _too_many(_door(empty_form(), {"": problem.message}, target, 429), problem)
    if person is None:
        return _door(empty_form(), {"": _("This passkey was not taken. Try again, or use your password.")}, target, 422)
    return _let_in(person, safe_next(target, url_for("web.home")), "passkey")


def _too_many(response: Response, problem: TooMany) -> Response:
    response.headers["Retry-After"] = str(problem.retry_after)
    return response


class Code(FormModel):
    """What the second step of signing in sends: a code of the app or a recovery code, or what a passkey signed."""

    code: str = Field(default="", max_length=100)
    proof_passkey: str = Field(default="", max_length=20_000)


@pages.get("/sign-in/code")
def second_step() -> Response:
    """The second step of signing in; without the first there is none."""
    found = _waiting()
    return _code_page(found[1], request.args.get("next")) if found else see("web.sign_in")


@pages.post("/sign-in/code")
def give_code() -> Response:
    """Take the code. Until it is right, the browser is not signed in."""
    target = request.values.get("next")
    found, form = _waiting(), read_form(Code)
    if found is None:
        flash("wait", _("Signing in took too long. Begin again."))
        return see("web.sign_in")
    if not form.ok:
        return _code_page(found[1], target, form.errors, 422)
    session_id, person = found
    try:
        kind = _kind_of_proof(person, form.data)
    except TooMany as problem:
        return _too_many(_code_page(person, target, {"": problem.message}, 429), problem)
    if kind is None:
        wrong = {"": stepup.WRONG_PASSKEY} if form.data.proof_passkey else {"code": stepup.WRONG_CODE}
        return _code_page(person, target, wrong, 422)
    if kind == "recovery":
        flash(
            "wait",
            _("That recovery code is used up. If your phone is gone, switch the second factor off and set it up anew."),
        )
    return _let_in(person, safe_next(target, url_for("web.home")), kind, session_id)


def _kind_of_proof(person: Person, sent: Code) -> str | None:
    if sent.proof_passkey:
        return "passkey" if passkeys.check(sent.proof_passkey) else None
    return stepup.check_code(person, sent.code)


def _waiting() -> tuple[str, Person] | None:
    with db.reading(Scope.system("second step of signing in")) as transaction:
        found = sessions.waiting(transaction, current.settings())
        return (found[0].id, found[1]) if found else None


def _code_page(
    person: Person, target: str | None, errors: dict[str, Message] | None = None, status: int = 200
) -> Response:
    kinds = stepup.factor_kinds(person)
    return page(
        "web/sign_in_code.html", status, errors=errors or {}, next=safe_next(target, ""), kept=again.carried_on(),
        has_app="totp" in kinds, has_passkey="passkey" in kinds,
    )  # fmt: skip


def _ask_for_code(person: Person, target: str) -> Response:
    with db.transaction(Scope.system("sign in")) as transaction:
        sessions.open_waiting(transaction, person)
    if again.path_through_sign_in():
        return _code_page(person, target)
    return see("web.second_step", next=target)


@pages.route("/confirm", methods=["GET", "POST"])
def confirm() -> Response:
    """Prove anew who one is, and go on to what was asked for."""
    target = safe_next(request.values.get("next"), url_for("web.account"))
    if request.method == "POST" and "new_session" in g:
        return redirect(target, 303)  # type: ignore[return-value]
    return stepup.ask(status=200, by_passkey=request.args.get("factor") == PASSKEY)


def _let_in(person: Person, target: str, proof: str = "password", waited: str | None = None) -> Response:
    user = current.signed_in()
    with db.transaction(Scope.system("sign in")) as transaction:
        places = directory().places(transaction, person.id)
        sessions.open_session(transaction, current.settings(), person, places[0].id if places else None, proof)
        if waited:
            sessions.end_session(transaction, person.id, waited)
        if user is not None and user.session_id:  # this browser's earlier session, whoever's it was
            sessions.end_session(transaction, user.person.id, user.session_id)
    session.clear()  # a new form token for the new session
    sent_to = again.path_through_sign_in()
    if sent_to:
        fields = again.fields_through_sign_in()
        sentences, others = again.told(fields)
        return page("web/send_again.html", path=sent_to, fields=fields, sentences=sentences, others=others, back=target)
    return redirect(target, 303)  # type: ignore[return-value]


@pages.post("/sign-out")
def sign_out() -> Response:
    """End this session; a copy of its cookie is worth nothing afterwards."""
    user = current.signed_in()
    if user and user.session_id:
        with db.transaction(Scope.system("sign out")) as transaction:
            sessions.end_session(transaction, user.person.id, user.session_id)
    session.clear()
    response = see("web.sign_in")
    sessions.set_cookie(response, current.settings(), None)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@pages.post("/language")
def set_language() -> Response:
    """Choose the language of the interface, for the account or else for this browser."""
    languages.choose(request.form.get("locale", ""))
    return make_response(redirect(safe_next(request.form.get("next"), url_for("web.home")), 303))


@pages.post("/place")
def switch_place() -> Response:
    """Act in another of one's memberships: the session gets a new secret, so that the old one dies."""
    user = current.signed_in()
    assert user is not None
    wanted = request.form.get("membership", "")
    with db.transaction(Scope.system("switch of place")) as transaction:
        place = _own_place(directory().places(transaction, user.person.id), wanted)
        sessions.rotate(transaction, user.session_id or "", membership_id=place.id)
    return see("web.home")


def _own_place(places: list[Place], wanted: str) -> Place:
    for place in places:
        if place.id == wanted:
            return place
    raise NotFound("not_found", NOT_FOUND)


@pages.get("/")
def home() -> Response:
    """Everybody's way to the home page of their role."""
    place = current.place()
    endpoint = current_app.extensions.get("homes", {}).get(place.role) if place else None
    return see(endpoint) if endpoint else see("web.account")
