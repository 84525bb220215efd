"""A vendor's people as files."""

from flask import Response, request

from kernel import db
from web import current, limits
from workforce import queries
from workforce.files.people import people_csv, steps_csv
from workforce.operations.many_people import note_file, people_for_file, steps_for_file
from workforce.pages import pages
from workforce.pages.people_filter import Asked


@pages.get("/people/file")
def people_file() -> Response:
    """All who fit the filter."""
    limits.spend("export")
    wanted = Asked(request.args).filter
    with db.reading(queries.reach(current.actor())) as session:
        rows = people_for_file(session, current.actor(), wanted)
    with db.transaction(queries.reach(current.actor())) as session:
        note_file(session, current.actor(), len(rows))
    return _file(people_csv(rows), "people.csv")


@pages.get("/pools/<pool_id>/onboarding/file")
def steps_file(pool_id: str) -> Response:
    """How far each of a pool's people is."""
    limits.spend("export")
    with db.reading(queries.reach(current.actor())) as session:
        pool, rows = steps_for_file(session, current.actor(), pool_id)
    with db.transaction(queries.reach(current.actor())) as session:
        note_file(session, current.actor(), len(rows))
    return _file(steps_csv(pool.steps, rows), "steps.csv")


def _file(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
