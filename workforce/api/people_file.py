"""The API of a vendor's people as files."""

from typing import TYPE_CHECKING

from flask import Response

from kernel import db
from kernel.policy import Actor
from web import current, limits
from workforce import queries
from workforce.api import api
from workforce.api.people_shapes import PeopleFileQuery
from workforce.files.people import people_csv, steps_csv
from workforce.operations.many_people import note_file, people_for_file, steps_for_file

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@api.get(
    "/people/file", query=PeopleFileQuery, returns=None, produces=("text/csv",), before=limits.spends("export"),
    scope=lambda: queries.reach(current.actor()),
)  # fmt: skip
def people_file(session: "Session", actor: Actor, query: PeopleFileQuery) -> Response:
    """All people who fit, as a table in which no cell is a formula; the log keeps who took it."""
    rows = people_for_file(session, actor, query.wanted())
    with db.transaction(queries.reach(actor)) as writing:
        note_file(writing, actor, len(rows))
    return Response(people_csv(rows), mimetype="text/csv")


@api.get(
    "/pools/<pool_id>/steps-file", returns=None, produces=("text/csv",), before=limits.spends("export"),
    scope=lambda: queries.reach(current.actor()),
)  # fmt: skip
def steps_file(session: "Session", actor: Actor, pool_id: str) -> Response:
    """How far each of a pool's people is, one column a step; the log keeps who took it."""
    pool, rows = steps_for_file(session, actor, pool_id)
    with db.transaction(queries.reach(actor)) as writing:
        note_file(writing, actor, len(rows))
    return Response(steps_csv(pool.steps, rows), mimetype="text/csv")
