"""Problems as answers: one table from what went wrong to a page, a fragment or RFC 9457 JSON."""

import errno
import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from i18n import Message, _, render
from kernel import paging
from kernel.crypto import CannotDecrypt
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooMany, Unauthenticated, Unavailable
from kernel.guard import use_hints
from kernel.policy import PASSKEY, Reason
from web import again, refusals
from web.sessions import is_cookieless

log = logging.getLogger("polyphony.web")

TITLES: dict[int, Message] = {
    400: _("The request could not be read"),
    401: _("Sign in to go on"),
    403: _("This is not open to you now"),
    404: _("There is nothing here"),
    405: _("This cannot be done here"),
    409: _("Something has changed meanwhile"),
    413: _("This is too large"),
    415: _("This kind of file or data is not taken here"),
    422: _("Some of it cannot be taken"),
    429: _("Too much at once"),
    500: _("This did not work, and nothing was changed"),
    503: _("This is not possible for the moment"),
    507: _("There is no room left"),
}

_DISK_FULL = "53100"  # PostgreSQL's word for it
NOT_FOUND = _("What you look for does not exist, or it is not for you to see.")

HINTS: dict[Reason, Message] = {
    Reason.NOT_AUTHENTICATED: _("Sign in first; what you wanted to see opens after it."),
    Reason.USER_SUSPENDED: _("Your account is suspended. The decision and the way to appeal are under Me."),
    Reason.MFA_MISSING: _("This asks for a second factor that you have not set up yet, or for a stronger kind of it."),
    Reason.MFA_STALE: _(
        "Prove once more who you are: with a code, or with your password where you have no second factor."
    ),
    Reason.NDA_MISSING: _("Sign the agreement that this work asks for; you find it under Me."),
    Reason.NDA_OUTDATED: _("The agreement has a new version. Read and sign it under Me."),
    Reason.CLEARANCE_LOW: _("This data needs a clearance that you do not have yet. Your vendor can give it."),
    Reason.IDENTITY_UNVERIFIED: _("This data needs a verified identity. Your vendor can verify yours."),
    Reason.COUNTRY_NOT_ALLOWED: _("This data may be read only by people and from places of certain countries."),
    Reason.NETWORK_NOT_ALLOWED: _("This data may be read only from networks that its owner has named."),
    Reason.LANGUAGE_MISSING: _("This work needs a language that is not among those verified for you."),
    Reason.SKILL_MISSING: _("This work needs something that your profile does not say you can do."),
    Reason.DOMAIN_MISSING: _("This work needs a field that your profile does not say you know."),
    Reason.NOT_QUALIFIED: _("Pass the test of this work first."),
    Reason.PAUSED: _("This work is paused for you. The receipt says why, and how to get back."),
    Reason.PROJECT_PAUSED: _("This project is paused."),
    Reason.SELF_REVIEW: _("Nobody reviews their own work."),
    Reason.SELF_APPROVAL: _("A second person has to do this; it cannot be the one who began it."),
    Reason.SECOND_PERSON_REQUIRED: _("A second person has to agree first."),
    Reason.VOLUME_CAP: _("You hold as many units as are lent at a time. Answer or return one first."),
    Reason.ROLE_MISSING: _("Your role does not include this. Somebody who manages your team can tell you who may."),
    Reason.RIGHT_MISSING: _("The client has not shared this with you."),
    Reason.GRANT_REVOKED: _("The client has ended your access to this project."),
    Reason.GRANT_EXPIRED: _("Your access to this project has ended."),
}


def install(app: Flask) -> None:
    """Answer every problem that leaves a handler."""
    use_hints(dict(HINTS), NOT_FOUND)
    paging.use_words(_("This page of the list is not known. Begin at the start."))
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(DBAPIError, _from_database)
    app.register_error_handler(CannotDecrypt, _from_sealed)
    app.register_error_handler(Exception, _from_fault)


def answer(problem: Problem) -> Response:
    """The problem in the form that the caller reads."""
    if is_cookieless(request):  # whatever it was, the link opens nothing; a page would look at cookies
        return make_response("", problem.status if problem.status >= 500 else 404)
    if wants_json():
        return problem_json(problem)
    if isinstance(problem, Unauthenticated) and not is_partial():
        if request.method == "GET":
            return _go(url_for("web.sign_in", next=request.full_path.rstrip("?")))
        return _sign_in_again()
    if _is_form_address_opened(problem):
        return _go(again.page_above(request.path))
    if not is_partial() and problem.code in _OWN_PAGES and current_user.is_authenticated:
        return _OWN_PAGES[problem.code](problem)
    return _page(problem)


def _go(address: str) -> Response:
    return redirect(address, 303)  # type: ignore[return-value]


def _is_form_address_opened(problem: Problem) -> bool:
    """Whether somebody opens the address that a form is sent to: by the address line, or from the history."""
    return (
        problem.status in (404, 405)
        and request.method in ("GET", "HEAD")
        and not is_partial()
        and again.takes_forms_only(request.path)
    )


def _sign_in_again() -> Response:
    """What a form gets whose session had ended: the sign-in page, with what it brought and the word that it waits."""
    fields = again.fields_of_request()
    kept = again.carried(request.path, fields) if fields is not None else []
    text = render_template(
        "web/sign_in.html", form=None, errors={}, next=again.page_of_form(), demo=[], kept=kept, is_late=True
    )
    return make_response(text, 401)


def _asks_passkey(problem: Problem) -> bool:
    return problem.params.get("factor") == PASSKEY


def _ask_for_proof(problem: Problem) -> Response:
    """Before a page: the question, and back. Before an act: the question with all that the form held."""
    if request.method == "GET":
        factor = PASSKEY if _asks_passkey(problem) else None
        return _go(url_for("web.confirm", next=request.full_path.rstrip("?"), factor=factor))
    from web import stepup

    return stepup.ask(by_passkey=_asks_passkey(problem))


def _ask_for_factor(problem: Problem) -> Response:
    """To where a second factor is set up; who has one, but not of the kind that is asked for, is told so."""
    from web import current, stepup
    from web.render import flash

    person = current.person()
    if person is not None and _asks_passkey(problem):
        if "passkey" in stepup.factor_kinds(person):
            return _ask_for_proof(problem)
        flash("wait", _("This data asks for a passkey, and you have none yet. Add one here."))
        return _go(url_for("workforce.passkeys"))
    if person is None or person.has_factor:
        return _page(problem)
    flash("wait", problem.message)
    return _go(url_for("workforce.second_factor"))


_OWN_PAGES: dict[str, Callable[[Problem], Response]] = {
    "step_up.needed": _ask_for_proof, "not_allowed.mfa_missing": _ask_for_factor,
}  # fmt: skip


def wants_json() -> bool:
    """Whether the caller is a program: the API, always."""
    return request.path.startswith("/api/")


def is_partial() -> bool:
    """Whether a page asks for a part of itself."""
    return request.headers.get("HX-Request") == "true"


def problem_json(problem: Problem) -> Response:
    """RFC 9457 problem details. `code` is stable; `fields` says what is wrong where, for input that was not taken."""
    body: dict[str, Any] = {
        "type": f"urn:polyphony:problem:{problem.code}",
        "title": str(TITLES.get(problem.status, TITLES[500])),
        "status": problem.status,
        "detail": render(problem.message),
        "code": problem.code,
        "request_id": g.get("request_id", ""),
    }
    if isinstance(problem, Invalid) and problem.fields:
        body["fields"] = {name: render(message) for name, message in problem.fields.items()}
    body |= {name: _plain(value) for name, value in problem.params.items() if name not in body}
    response = jsonify(body)
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    return _with_headers(problem, response)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return render(value)
    if isinstance(value, str | int | float | bool | type(None) | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _page(problem: Problem) -> Response:
    template = "errors/fragment.html" if is_partial() else "errors/page.html"
    fields: Mapping[str, Any] = problem.fields if isinstance(problem, Invalid) else {}
    text = render_template(
        template,
        code=problem.status,
        title=TITLES.get(problem.status, TITLES[500]),
        why=render(problem.message),
        fields={name: render(message) for name, message in fields.items()},
        now=_ways_on(problem),
    )
    return _with_headers(problem, make_response(text, problem.status))


def _ways_on(problem: Problem) -> list[tuple[str, str]]:
    if problem.status == 401:
        there = again.page_of_form() if is_partial() else None
        return [(str(_("Sign in")), url_for("web.sign_in", next=there))]
    home = (str(_("Go to your home page")), url_for("web.home"))
    if problem.status == 409 and request.method == "POST":  # what it was about goes on, though not as it was shown
        return [(str(_("See how it stands now")), again.page_of_form()), home]
    return [home]


def _with_headers(problem: Problem, response: Response) -> Response:
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, Unauthenticated) and wants_json():
        refused = problem.code == "token.refused"
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if refused else "Bearer"
    if problem.status == 503:
        response.headers.setdefault("Retry-After", "5")
    return response


_BY_STATUS: dict[int, type[Problem]] = {
    401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 422: Invalid, 503: Unavailable,
}  # fmt: skip

_HTTP_TEXTS: dict[int, Message] = {
    400: _("What was sent is not well formed."),
    404: NOT_FOUND,
    405: _("This address does not take that kind of request."),
    413: _("What you sent is larger than what is taken here. Send it in parts."),
    415: _("Send it as the kind of data that this address takes."),
}


def _from_http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        refusals.note("host")
        return make_response("", 400)  # asked for under a name that is not ours, under which no page has an address
    status = error.code or 500
    if status == 413:
        refusals.note("input.size")
    if status < 400:
        return make_response(error.get_response())
    problem = _BY_STATUS.get(status, Problem)(
        f"http.{status}", _HTTP_TEXTS.get(status, TITLES.get(status, TITLES[500]))
    )
    problem.status = status
    response = answer(problem)
    if status == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _from_database(error: DBAPIError) -> Response:
    """What may pass is to be tried again; what the database refuses for good is our fault, and stays so."""
    if _is_full(error.orig):
        return _no_room()
    if not (isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated):
        return _from_fault(error)
    log.exception("database: %s", g.get("request_id"))
    return answer(
        Unavailable("database.unavailable", _("The database did not take it. Nothing was changed; try again."))
    )


def _from_sealed(error: CannotDecrypt) -> Response:
    """No fault of the program: a key was taken away too early, or somebody wrote into the database or the files."""
    log.exception("sealed: %s", g.get("request_id"))
    g.is_told_as_nobody = True  # the reader's own name may be what cannot be opened
    text = _(
        "What is kept here cannot be opened: the key that it was sealed with is gone, or it was changed from outside. "
        "Nothing was changed now. Whoever runs this installation has to look at its field keys."
    )
    return answer(Unavailable("sealed.unreadable", text))


def _is_full(cause: BaseException | None) -> bool:
    if isinstance(cause, OSError):
        return cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return getattr(cause, "sqlstate", None) == _DISK_FULL or "disk is full" in str(cause)


def _no_room() -> Response:
    log.error("no room: %s", g.get("request_id"))
    problem = Unavailable(
        "storage.full",
        _("The disk of this installation is full. Nothing was changed. Whoever runs it has to make room first."),
    )
    problem.status = 507
    return answer(problem)


def _from_fault(error: Exception) -> Response:
    if _is_full(error):
        return _no_room()
    log.exception("fault: %s", g.get("request_id"))
    if _is_testing():
        raise error
    return answer(Problem("fault", _("It is our fault. Try again, or write to us with the reference.")))


def _is_testing() -> bool:
    from flask import current_app

    return bool(current_app.config.get("PROPAGATE_FAULTS"))
