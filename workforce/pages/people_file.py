"""A vendor's people as files."""

from collections.abc import Iterator

from flask import Response, request

from kernel import db
from web import current, limits
from workforce import queries, taking
from workforce.operations.many_people import take_people, take_steps
from workforce.pages import pages
from workforce.pages.people_filter import Asked


@pages.get("/people/file")
def people_file() -> Response:
    """All who fit the filter."""
    limits.spend("export")
    wanted, scope = Asked(request.args).filter, queries.reach(current.actor())
    with db.transaction(scope) as session:
        take_people(session, current.actor(), wanted)
    return _file(taking.people_file(scope, wanted), "people.csv")


@pages.get("/pools/<pool_id>/onboarding/file")
def steps_file(pool_id: str) -> Response:
    """How far each of a pool's people is."""
    limits.spend("export")
    scope = queries.reach(current.actor())
    with db.transaction(scope) as session:
        pool = take_steps(session, current.actor(), pool_id)
    return _file(taking.steps_file(scope, pool), "steps.csv")


def _file(content: Iterator[bytes], name: str) -> Response:
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
