"""The page's way to end a vendor's access to a project, and to give it again."""

from flask import Response, request

from i18n import _
from kernel import db
from marketplace.operations import requests
from marketplace.pages import pages
from web import current
from web.render import flash, see


@pages.post("/projects/<project_id>/grant/revocation")
def revoke_grant(project_id: str) -> Response:
    """End the vendor's access at once."""
    with db.transaction(current.scope()) as session:
        requests.revoke_grant(session, current.actor(), project_id)
    flash("wait", _("The vendor's access has ended. What was typed before is kept as late, and paid."))
    return see("marketplace.project", project_id=project_id)


@pages.post("/projects/<project_id>/grant")
def renew_grant(project_id: str) -> Response:
    """Give the vendor access again."""
    with db.transaction(current.scope()) as session:
        requests.renew_grant(session, current.actor(), project_id, request.form.getlist("rights"))
    flash("good", _("The vendor sees this project again. Its lanes stand as they stood."))
    return see("marketplace.project", project_id=project_id)
