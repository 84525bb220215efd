"""The API of a vendor's people as files."""

from typing import TYPE_CHECKING

from flask import Response

from kernel import db
from kernel.policy import Actor
from web import current, limits
from workforce import queries, taking
from workforce.api import api
from workforce.api.people_shapes import PeopleFileQuery
from workforce.operations.many_people import take_people, take_steps

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@api.get(
    "/people/file", query=PeopleFileQuery, returns=None, produces=("text/csv",), before=limits.spends("export"),
    scope=lambda: queries.reach(current.actor()),
)  # fmt: skip
def people_file(session: "Session", actor: Actor, query: PeopleFileQuery) -> Response:
    """All people who fit, as a table in which no cell is a formula; the log keeps who took it."""
    wanted, scope = query.wanted(), queries.reach(actor)
    with db.transaction(scope) as writing:
        take_people(writing, actor, wanted)
    return Response(taking.people_file(scope, wanted), mimetype="text/csv")


@api.get(
    "/pools/<pool_id>/steps-file", returns=None, produces=("text/csv",), before=limits.spends("export"),
    scope=lambda: queries.reach(current.actor()),
)  # fmt: skip
def steps_file(session: "Session", actor: Actor, pool_id: str) -> Response:
    """How far each of a pool's people is, one column a step; the log keeps who took it."""
    scope = queries.reach(actor)
    with db.transaction(scope) as writing:
        pool = take_steps(writing, actor, pool_id)
    return Response(taking.steps_file(scope, pool), mimetype="text/csv")
