"""Pages of the access review: who may see what, and renewing or ending it in bulk after a look at what that does."""

from flask import Response, request

from i18n import Message, _, ngettext
from kernel import db
from kernel.errors import Invalid
from marketplace.operations import access_review
from marketplace.pages import pages
from marketplace.values.access import AccessReviewed
from web import current
from web.render import flash, page, see
from workforce.pages.words import CLASSIFICATIONS


@pages.get("/access")
def access() -> Response:
    """Who may see what."""
    return _page({})


@pages.post("/access/review")
def review_access() -> Response:
    """Show what would become of those that are chosen; done when it is sent a second time from there."""
    ids, act = request.form.getlist("ids"), request.form.get("act", "")
    reason, is_preview = request.form.get("reason", ""), request.form.get("sure") != "1"
    try:
        with db.transaction(current.scope()) as session:
            found = access_review.review_access(
                session, current.actor(), ids, act=act, reason=reason[:2000], is_preview=is_preview
            )
    except Invalid as problem:
        return _page(dict(problem.fields), status=422)
    if is_preview:
        return _page({}, found)
    flash(
        "good",
        ngettext(
            "%(num)s access was reviewed; it holds from the next request on.",
            "%(num)s accesses were reviewed; it holds from the next request on.", len(found),
        ),
    )  # fmt: skip
    return see("marketplace.access")


def _page(errors: dict[str, Message], preview: list[AccessReviewed] | None = None, status: int = 200) -> Response:
    actor = current.actor()
    with db.reading(current.scope()) as session:
        rows, after = access_review.see_access(session, actor, after=request.args.get("after") or None)
    acts = [("renew", _("Renew for as long as the class allows")), ("end", _("End at once"))]
    return page(
        "marketplace/access.html", status, rows=rows, after=after, errors=errors, preview=preview, acts=acts,
        typed=request.form, chosen=set(request.form.getlist("ids")), words=CLASSIFICATIONS,
        is_vendor=actor.org_kind == "vendor",
    )  # fmt: skip
