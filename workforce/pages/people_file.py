"""A vendor's people as files: asked for, watched while a job makes them, and taken."""

from flask import Response, request, url_for

from i18n import Message, _
from kernel import db, jobs
from web import current, limits
from web.render import page, see
from web.views.progress import card
from workforce import queries, taking
from workforce.operations import made_files as acts
from workforce.pages import pages
from workforce.pages.people_filter import Asked
from workforce.queries.made_files import file_of, files_of

STATES: dict[str, tuple[Message, str]] = {
    "waiting": (_("Being made"), "wait"),
    "ready": (_("Ready to be taken"), "good"),
    "refused": (_("Not open to you"), "plain"),
    "failed": (_("Not made"), "bad"),
}


@pages.post("/people/file")
def people_file() -> Response:
    """Ask for all who fit the filter."""
    limits.spend("export")
    asked = Asked(request.form).filter.asked()
    with db.transaction(queries.reach(current.actor())) as session:
        found = acts.ask_file(session, current.actor(), taking.PEOPLE, asked)
    return see("workforce.made_file", made_file_id=found.id)


@pages.post("/pools/<pool_id>/onboarding/file")
def steps_file(pool_id: str) -> Response:
    """Ask for how far each of a pool's people is."""
    limits.spend("export")
    with db.transaction(queries.reach(current.actor())) as session:
        found = acts.ask_file(session, current.actor(), taking.STEPS, {"pool_id": pool_id})
    return see("workforce.made_file", made_file_id=found.id)


@pages.get("/files")
def made_files() -> Response:
    """The files I asked for here."""
    with db.reading(queries.reach(current.actor())) as session:
        rows = files_of(session, current.actor())
    return page("workforce/made_files.html", rows=rows, states=STATES)


@pages.get("/files/<made_file_id>")
def made_file(made_file_id: str) -> Response:
    """How one of them stands."""
    with db.reading(queries.reach(current.actor())) as session:
        found = file_of(session, current.actor(), made_file_id)
        progress = jobs.progress(session, found.job_id)
    shown = card(progress) if progress and found.state.value in ("waiting", "failed") else None
    return page(
        "workforce/made_file.html", file=found, states=STATES, job=shown,
        job_url=url_for("web.job_status", job_id=found.job_id),
    )  # fmt: skip


@pages.post("/files/<made_file_id>/content")
def take_file(made_file_id: str) -> Response:
    """The file itself, to whoever asked for it."""
    limits.spend("export")
    with db.transaction(queries.reach(current.actor())) as session:
        taken = acts.take_file(session, current.actor(), made_file_id)
    response = Response(taken.pieces, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={taken.name}"
    response.headers["Content-Length"] = str(taken.size)
    return response
