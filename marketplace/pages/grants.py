"""The page's way to end a vendor's access to a project."""

from flask import Response

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
