"""`/api/v1/pools`: pools, and applying to one."""

from typing import TYPE_CHECKING

from flask import request

from kernel import db
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from workforce import operations, queries
from workforce.api import api
from workforce.api.shapes import AnnotatorOut, ApplicationIn, PageQuery, PoolIn, PoolOut, PoolsOut

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _scope_of_pool() -> Scope:
    """The pool's vendor, in whose name an application is written."""
    with db.reading(Scope.system("application page")) as session:
        found = queries.open_pool(session, (request.view_args or {})["pool_id"])
    if found is None:
        raise not_found()
    return Scope.tenant(found[0].org_id)


@api.get("/pools", query=PageQuery, returns=PoolsOut, scope=lambda: queries.reach(current.actor()))
def pools(session: "Session", actor: Actor, query: PageQuery) -> PoolsOut:
    """The vendor's pools."""
    rows, next_after = queries.pools(session, after=query.after, limit=query.limit)
    return PoolsOut(items=[PoolOut.model_validate(row) for row in rows], next_after=next_after)


@api.post("/pools", body=PoolIn, returns=PoolOut, creates=True)
def create_pool(session: "Session", actor: Actor, body: PoolIn) -> PoolOut:
    """Make a pool."""
    return PoolOut.model_validate(operations.create_pool(session, actor, **body.model_dump()))


@api.put("/pools/<pool_id>", body=PoolIn, returns=PoolOut)
def change_pool(session: "Session", actor: Actor, pool_id: str, body: PoolIn) -> PoolOut:
    """Rename, describe, open or close a pool."""
    return PoolOut.model_validate(operations.change_pool(session, actor, pool_id, **body.model_dump()))


@api.post("/pools/<pool_id>/applications", body=ApplicationIn, returns=AnnotatorOut, creates=True, scope=_scope_of_pool)
def apply_to_pool(session: "Session", actor: Actor, pool_id: str, body: ApplicationIn) -> AnnotatorOut:
    """Apply to a pool with your account."""
    stated = body.model_dump(exclude={"languages"})
    languages = [(language.locale, language.proficiency) for language in body.languages]
    person = operations.apply_to_pool(session, actor, pool_id=pool_id, languages=languages, **stated)
    return AnnotatorOut.of(person, queries.claims_of(session, person.id))
