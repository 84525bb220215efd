"""What was sent after a session had ended: it stays on the page through signing in, and only the person sends it again.

Nothing of it is kept on the server, and nothing is sent by itself: whoever signs in sees it first.
"""

from urllib.parse import urlsplit

from flask import current_app, g, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from web.render import safe_next

PATH = "again_path"
_FIELD = "again_field:"
_NEVER_KEPT = "password"

Fields = list[tuple[str, str]]


def distrust() -> None:
    """Note that nothing proves that what this request brings came from a page of ours."""
    g.is_distrusted = True


def fields_of_request() -> Fields | None:
    """What this refused request brought; None if it is not to be kept: secrets, files, or from who knows where."""
    names = set(request.form)
    if g.get("is_distrusted") or request.files or any(_NEVER_KEPT in name for name in names):
        return None
    return _all(request.form)


def fields_through_sign_in() -> Fields:
    """What the sign-in form carries along of it."""
    return [(name.removeprefix(_FIELD), value) for name, value in _all(request.form) if name.startswith(_FIELD)]


def carried(path: str, fields: Fields) -> Fields:
    """The hidden fields by which the sign-in form carries it along."""
    return [(PATH, path), *((_FIELD + name, value) for name, value in fields)]


def told(fields: Fields) -> tuple[list[str], int]:
    """What a page can tell of it: the sentences that somebody wrote, and how many further fields hold something.

    A lone word may be the name that a program has for a choice, or an id; on its own it would tell nobody anything.
    """
    filled = [value.strip() for _name, value in fields if value.strip()]
    sentences = [value for value in filled if any(letter.isspace() for letter in value)]
    return sentences, len(filled) - len(sentences)


def carried_on() -> Fields:
    """The same once more, for the next step of signing in."""
    path = path_through_sign_in()
    return carried(path, fields_through_sign_in()) if path else []


def path_through_sign_in() -> str | None:
    """Where it was to go, if that is an address of ours that takes forms."""
    path = request.form.get(PATH, "")
    rule = _rule(_adapter(), path, "POST") if path.startswith("/") and not path.startswith("/api/") else None
    return path if rule is not None else None


def page_of_form() -> str:
    """The page that this request was sent by: the one that it came from, else the nearest one above."""
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if came_from.netloc == request.host:
        there = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
        if safe_next(there, "") and not takes_forms_only(came_from.path):
            return there
    return page_above(request.path) if takes_forms_only(request.path) else request.path


def takes_forms_only(path: str) -> bool:
    """Whether an address is there for forms alone, though another one's pattern may fit it as well."""
    sent, opened = _rule(_adapter(), path, "POST"), _rule(_adapter(), path, "GET")
    return sent is not None and (opened is None or len(sent.arguments) < len(opened.arguments))


def page_above(path: str) -> str:
    """The nearest address above this one that can be opened."""
    while (path := path.rpartition("/")[0]) and (_rule(_adapter(), path, "GET") is None or takes_forms_only(path)):
        pass
    return path or "/"


def _adapter() -> MapAdapter:
    return current_app.url_map.bind("")


def _rule(adapter: MapAdapter, path: str, method: str) -> Rule | None:
    try:
        return adapter.match(path, method=method, return_rule=True)[0]
    except (HTTPException, RequestRedirect):
        return None


def _all(form: MultiDict[str, str]) -> Fields:
    return [
        (name, value)
        for name, value in form.items(multi=True)
        if name not in ("csrf_token", "proof_code", "proof_passkey")
    ]
