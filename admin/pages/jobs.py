"""Dead letters: what failed for good, why, and the two things one can do about it."""

from flask import Response, request

from admin.operations import dead_letters
from admin.pages import pages
from admin.policy import Action
from admin.queries import machinery
from i18n import _
from kernel import db
from kernel.guard import check
from kernel.tenancy import Scope
from web import current
from web.render import flash, page, see
from web.sessions import request_time

_SCOPE = "jobs of every organization"


@pages.get("/admin/jobs")
def jobs() -> Response:
    """Jobs that failed as often as they may."""
    with db.reading(Scope.system(_SCOPE)) as session:
        rows, after = machinery.dead_jobs(session, after=request.args.get("after") or None)
        state = machinery.health(session)
        manages = check(current.actor(), Action.JOB_MANAGE, None, db.now_of(session)).allow
    return page("admin/jobs.html", rows=rows, after=after, state=state, manages=manages, now=request_time())


@pages.post("/admin/jobs/<job_id>/retry")
def retry_job(job_id: str) -> Response:
    """Try it again from now."""
    with db.transaction(Scope.system(_SCOPE)) as session:
        told = dead_letters.retry_job(session, current.actor(), job_id)
    flash("good", _("%(job)s is tried again.", job=told.job))
    return see("admin.jobs")


@pages.post("/admin/jobs/<job_id>/discard")
def discard_job(job_id: str) -> Response:
    """Give it up."""
    with db.transaction(Scope.system(_SCOPE)) as session:
        told = dead_letters.discard_job(session, current.actor(), job_id)
    flash("good", _("%(job)s is given up.", job=told.job))
    return see("admin.jobs")
