"""Rendering: pages with what every page needs, flashes in the reader's language, redirects that stay inside."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from i18n import SHIPPED, Message, current_locale, formats
from i18n.tags import direction, own_name
from kernel.policy import Role
from web import current
from web.identity import Place
from web.roles import ROLE_LABELS

NavEntry = tuple[str, str, str, int, bool]
NavGroup = tuple[str | None, list[NavEntry]]
Navigation = Callable[[], Sequence[NavGroup]]


def use_navigation(app: Flask, build: Navigation) -> None:
    """Give an application what stands in its navigation; the composition root knows all packages."""
    app.extensions["navigation"] = build


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Render a template of the signed-in frame."""
    return Response(render_template(template, **values), status, mimetype="text/html")


def see(endpoint: str, **values: Any) -> Response:
    """Send the browser on with 303 after a write."""
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[return-value]


def flash(kind: str, message: Message) -> None:
    """Tell something on the next page; `kind` is good, wait or bad. Kept deferred, told in the reader's language."""
    session.setdefault("flashes", [])
    session["flashes"] = [*session["flashes"][-4:], [kind, message.to_json()]]


def take_flashes() -> list[tuple[str, str]]:
    """What is to be told, once."""
    found = session.pop("flashes", []) if "flashes" in session else []
    return [(kind, str(Message.from_json(message))) for kind, message in found]


def safe_next(target: str | None, fallback: str) -> str:
    """A path of ours to go on to; anything else becomes the fallback."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\") or "\\" in target:
        return fallback
    if any(ord(letter) < 32 for letter in target) or urlsplit(target).netloc:
        return fallback
    try:
        current_app.url_map.bind("").match(urlsplit(target).path, method="GET")
    except (HTTPException, RequestRedirect):
        return fallback
    return target


class Me:
    """The signed-in person as the frame shows them."""

    def __init__(self, places: Sequence[Place]) -> None:
        person, place = current.person(), current.place()
        assert person is not None
        self.id, self.name, self.email, self.initials = person.id, person.name, person.email, person.initials
        self.time_zone = person.time_zone
        self.org_name = place.org_name if place else ""
        self.role = place.role if place else ""
        self.role_label = role_label(self.role)
        self.is_annotator = self.role == Role.ANNOTATOR
        self.places = [PlaceRow(other) for other in places if place is None or other.id != place.id]


class PlaceRow:
    """Another membership that the person can switch to."""

    def __init__(self, place: Place) -> None:
        self.id, self.org_name, self.role_label = place.id, place.org_name, role_label(place.role)


def role_label(role: str) -> str:
    """The role in the reader's language."""
    return str(ROLE_LABELS[role]) if role in ROLE_LABELS else ""


def frame_values() -> dict[str, Any]:
    """What every template may use."""
    locale = current_locale()
    user = current.signed_in()
    return {
        "fmt": formats,
        "locale": locale,
        "direction": direction(locale),
        "languages": [(tag, own_name(tag)) for tag in SHIPPED],
        "me": Me(g.get("places", ())) if user and user.session_id else None,
        "nav": _navigation() if user and user.session_id else [],
        "request_id": g.get("request_id", ""),
        "flashes": take_flashes(),
        "zone": user.person.time_zone if user else "UTC",
    }


def _navigation() -> list[NavGroup]:
    build: Navigation | None = current_app.extensions.get("navigation")
    return list(build()) if build else []
