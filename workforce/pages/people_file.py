"""A vendor's list of people as a file."""

from flask import Response, request

from kernel import db
from web import current, limits
from workforce import queries
from workforce.files.people import people_csv
from workforce.operations.many_people import note_file, people_for_file
from workforce.pages import pages
from workforce.pages.people import filter_of


@pages.get("/people/file")
def people_file() -> Response:
    """All who fit the filter."""
    limits.spend("export")
    with db.reading(queries.reach(current.actor())) as session:
        rows = people_for_file(session, current.actor(), filter_of(request.args))
    with db.transaction(queries.reach(current.actor())) as session:
        note_file(session, current.actor(), len(rows))
    response = Response(people_csv(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=people.csv"
    return response
