"""The gate before every route: who asks, in which language, whether the route is open to their role at all."""

import logging
from typing import Any

from flask import Flask, Response, abort, g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.datastructures import MultiDict

from i18n import _, set_locale, set_zone
from i18n.negotiation import negotiate, parse_accept_language
from kernel import audit, db, guard, ids, networks, presence
from kernel.config import Settings
from kernel.errors import Forbidden, Invalid, Misuse, Problem, Unauthenticated
from kernel.policy import Actor, matrix
from kernel.tenancy import Scope
from web import again, current, problems, refusals, sessions, stepup
from web.identity import directory
from web.json_text import is_storable
from web.sessions import is_bearer, request_time

log = logging.getLogger("polyphony.guard")
csrf = CSRFProtect()
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def install(app: Flask, settings: Settings) -> None:
    """Put the gate before every request, and the headers on every response."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # we ask ourselves, so that bearer requests are told apart
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = settings.is_production
    csrf.init_app(app)
    app.before_request(_begin)
    app.before_request(_gate)
    app.after_request(lambda response: _headers(response, settings))
    app.teardown_request(_log_refusals)


def check_matrix(app: Flask) -> None:
    """Refuse to start with a route that the matrix does not name, or a name that has no route."""
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    named = set(matrix().endpoints)
    if routes - named:
        raise Misuse(f"routes without a permission: {', '.join(sorted(routes - named))}")
    if named - routes:
        raise Misuse(f"permissions without a route: {', '.join(sorted(named - routes))}")


def _begin() -> Response | None:
    if not _is_at_home():
        return Response(status=404)
    g.request_id = ids.new_id()[:10]
    audit.request_id.set(g.request_id)
    g.decided, g.denied = guard.watch()
    set_locale(_language())
    user = current.signed_in()
    presence.enter(presence_of(current.actor()))
    set_zone(user.person.time_zone if user else "UTC")
    return None


def presence_of(actor: Actor) -> presence.Presence:
    """From where, and how surely, somebody is behind this request."""
    address = request.remote_addr
    return presence.Presence(address, networks.country_of(address), actor.mfa_at, actor.passkey_at)


def _language() -> str:
    if sessions.is_cookieless(request):
        return negotiate(parse_accept_language(request.headers.get("Accept-Language")))
    user = current.signed_in()
    chosen = [user.person.locale] if user else [_chosen_here()]
    return negotiate([*(tag for tag in chosen if tag), *parse_accept_language(request.headers.get("Accept-Language"))])


def _chosen_here() -> str:
    return request.cookies.get(sessions.of_this_host("lang", current.settings()), "")[:20]


def _gate() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such address: the router answers
    entry = matrix().endpoints.get(request.endpoint)
    if entry is None:
        log.error("no permission is declared for %s", request.endpoint)
        abort(404)
    action = entry["action"]
    _ensure_storable(request.args)
    if problems.wants_json() and action != "public" and not current_user.is_authenticated:
        raise _token_problem()  # before the form token is asked for, which is no affair of a program
    is_a_form = request.method in _UNSAFE and not is_bearer(request) and not _is_open_api(action)
    if is_a_form and (once_more := _same_site(action)) is not None:
        return once_more
    if not request.path.startswith("/api/"):
        _ensure_storable(request.form)
    if action == "public":
        return None
    if not current_user.is_authenticated:
        _ask_to_sign_in()
    if not is_bearer(request) and not problems.wants_json():
        _load_places()
        if request.method in _UNSAFE and (asked := stepup.take()) is not None:
            return asked
    decision = guard.check(current.actor(), action, None, request_time())
    if not decision.allow:
        raise guard.refusal(decision)
    return None


def _ensure_storable(sent: MultiDict[str, str]) -> None:
    """Refuse what no database takes, whichever page or operation it was sent to."""
    fault = _("The text contains a character that cannot be stored.")
    odd = [name for name, text in sent.items(multi=True) if not (is_storable(name) and is_storable(text))]
    if odd:
        refusals.note("input.unstorable")
        raise Invalid("text.unstorable", fault, {name.replace("\0", ""): fault for name in odd})


def _is_open_api(action: str) -> bool:
    """A public operation of the API looks at no cookie, so that no other site can use one through it."""
    return action == "public" and request.path.startswith("/api/")


def _same_site(action: str) -> Response | None:
    """A form from elsewhere is refused; one of ours whose token is too old is shown again with all that it held."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        refusals.note("form.site")
        raise Forbidden("csrf.site", _("This came from another site, and was not done."))
    try:
        csrf.protect()
    except CSRFError:
        refusals.note("form.token")
        if action != "public" and not current_user.is_authenticated:
            # Nothing can be done without signing in, so the lost form token is not what the person has to mend.
            if request.headers.get("Sec-Fetch-Site") != "same-origin":
                again.distrust()
            _ask_to_sign_in()
        if request.headers.get("Sec-Fetch-Site") == "same-origin" and request.form and not problems.is_partial():
            return stepup.again()
        problem = Problem(
            "csrf.token", _("The page was open for too long. Go back, load it again, and send once more.")
        )
        problem.status = 400
        raise problem from None
    return None


def _token_problem() -> Unauthenticated:
    if is_bearer(request):
        refusals.note("api.token")
        return Unauthenticated(
            "token.refused",
            _("This token is not known, has run out or was revoked, or its account is closed. Make a new one."),
        )
    return Unauthenticated("token.missing", _("Send a token in the header “Authorization: Bearer …”."))


def _ask_to_sign_in() -> None:
    from kernel.policy import NOBODY, decide

    raise guard.refusal(decide(NOBODY, "account:self", None, request_time()))


def _load_places() -> None:
    person = current.person()
    assert person is not None
    with db.reading(Scope.system("places of the signed-in person")) as session:
        g.places = directory().places(session, person.id)


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src {media} data:; media-src {media};"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none';"
    " frame-ancestors 'none'"
)


def _media_from(settings: Settings) -> str:
    """Pages ask their own host for pictures and sounds, and are led to where these are."""
    return f"'self' {settings.media_origin}" if settings.media_origin else "'self'"


def _is_at_home() -> bool:
    """Where pictures and sounds have a host of their own, nothing else is there, and they are nowhere else."""
    there = current.settings().media_host
    return there is None or (request.host == there) == sessions.is_cookieless(request)


def _headers(response: Response, settings: Settings) -> Response:
    headers = response.headers
    if "new_session" in g:
        sessions.set_cookie(response, settings, g.new_session)
    headers.setdefault("Content-Security-Policy", _POLICY.format(media=_media_from(settings)))
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["X-Request-Id"] = g.get("request_id", "")
    if settings.is_production:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
        headers["Vary"] = "Cookie, Accept-Language, Authorization" if not sessions.is_cookieless(request) else "Range"
        headers["Content-Language"] = _spoken()
    return response


def _spoken() -> str:
    from i18n import current_locale

    return current_locale()


def _log_refusals(_error: Any) -> None:
    denied = g.pop("denied", None)
    if denied:
        try:
            guard.write_denials(db.current(), denied)
        except Exception:
            log.exception("refusals could not be written")
