"""The addresses of pictures and sounds: what a page names leads its reader to a link, and the link to the file.

At the link's own address no cookie is looked at and none is set.
"""

from io import BytesIO
from typing import TYPE_CHECKING

from flask import Response, redirect, request, send_file

from calibration.pages.disputes import EVIDENCE
from kernel import presence
from kernel.guard import not_found
from kernel.seeing import see as see_noted
from kernel.tenancy import Scope
from labeling.links import Pass, key_of_links, link_to
from labeling.rules.media_links import Door, Link, link_of
from marketplace.operations.media import Fetched, class_now, fetch
from marketplace.pages import pages
from web import current
from web.guards import presence_of
from web.sessions import actor_of_ref

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as Answer

_HEADERS = {
    "Content-Disposition": "inline",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Referrer-Policy": "no-referrer",
}


@pages.get("/media-links/<token>")
def media_link(token: str) -> "Answer":
    """On to a link for whom this address was made, as long as they may look; the session lives no longer by that."""
    told = link_of(token, key_of_links(current.settings().secret_key))
    if told is None:
        raise not_found()
    classification = see_noted(_scope(told), lambda session: class_now(session, current.actor(), told))
    return redirect(link_to(told.media_id, Pass(Door(told.door), told.subject, classification)))


@pages.get("/m/<token>")
def media_file(token: str) -> Response:
    """A picture or sound, for whom the link was made, as long as they may look; decided anew each time."""
    link = link_of(token, key_of_links(current.settings().secret_key))
    if link is None:
        raise not_found()
    found = see_noted(_scope(link), lambda session: _fetch(session, link))
    response = send_file(BytesIO(found.content), found.media_type, conditional=True, etag=False, max_age=None)
    response.headers.update(_HEADERS)
    return response


def _fetch(session: "Session", link: Link) -> Fetched:
    """In one transaction: whether the session lives, whether its door is open, and the file."""
    settings = current.settings()
    actor = actor_of_ref(session, link.session_ref, settings)
    if actor is None:
        raise not_found()
    with presence.use(presence_of(actor)):
        return fetch(session, actor, link, is_part="Range" in request.headers)


def _scope(link: Link) -> Scope:
    """As wide as the page that made the link was."""
    if link.door == Door.EVIDENCE:
        return Scope.system(EVIDENCE)
    return Scope.with_gold(link.org_id) if link.door == Door.CASE else Scope.tenant(link.org_id)
