"""`/api/v1/…/steps`: what people are asked for on their way in, and whose turn it is."""

from typing import TYPE_CHECKING

from pydantic import Field

from i18n import render
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from web.forms import InModel, OutModel, PageQuery
from workforce import operations, queries
from workforce.api import api
from workforce.api.shapes import PeopleOut, PersonOut
from workforce.values import Owner, StepView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class StepOut(OutModel):
    """A step with whose turn it is, and why in the caller's language; done where it is nobody's."""

    code: str
    owner: Owner
    reason: str


class StepsIn(InModel):
    """Codes of what is asked for, in order: email, profile, languages, agreements, identity, payout, test."""

    steps: list[str] = Field(max_length=20)


class PoolStepsOut(OutModel):
    """What a pool asks for."""

    pool_id: str
    steps: list[str]


class StepCountOut(OutModel):
    """How many people have done a step, and how many wait for whom."""

    code: str
    done: int
    person: int
    vendor: int


class StepQuery(PageQuery):
    """Whose turn it is."""

    owner: Owner = Owner.PERSON


def _reach() -> Scope:
    return queries.reach(current.actor())


@api.get("/me/steps", returns=list[StepOut])
def own_steps(session: "Session", actor: Actor) -> list[StepOut]:
    """What your pool asks for, what of it is done, and whose turn the rest is"""
    return _told(queries.steps_of(session, queries.own_profile(session, actor).id))


@api.get("/people/<annotator_id>/steps", returns=list[StepOut], scope=_reach)
def person_steps(session: "Session", actor: Actor, annotator_id: str) -> list[StepOut]:
    """The same of one person"""
    return _told(queries.steps_of(session, queries.person_for(session, actor, annotator_id).annotator.id))


@api.get("/pools/<pool_id>/steps", returns=list[StepCountOut], scope=_reach)
def pool_onboarding(session: "Session", actor: Actor, pool_id: str) -> list[StepCountOut]:
    """How many people of a pool have done each step, and how many wait for whom"""
    if queries.pool_of(session, pool_id) is None:
        raise not_found()
    return [StepCountOut.model_validate(one) for one in queries.step_counts(session, pool_id)]


@api.get("/pools/<pool_id>/steps/<name>", query=StepQuery, returns=PeopleOut, scope=_reach)
def pool_step(session: "Session", actor: Actor, pool_id: str, name: str, query: StepQuery) -> PeopleOut:
    """The people of a pool for whom it is this one's turn at a step"""
    pool = queries.pool_of(session, pool_id)
    if pool is None or name not in pool.steps:
        raise not_found()
    rows, after = queries.people_at_step(session, pool_id, name, query.owner, after=query.after, limit=query.limit)
    return PeopleOut(items=[PersonOut.of(row) for row in rows], next_after=after)


@api.put("/pools/<pool_id>/steps", body=StepsIn, returns=PoolStepsOut)
def set_steps(session: "Session", actor: Actor, pool_id: str, body: StepsIn) -> PoolStepsOut:
    """Choose what people of a pool are asked for, and in which order"""
    made = operations.set_steps(session, actor, pool_id, body.steps)
    return PoolStepsOut(pool_id=made.id, steps=list(made.steps))


def _told(steps: list[StepView]) -> list[StepOut]:
    return [StepOut(code=one.code, owner=one.owner, reason=render(one.reason)) for one in steps]
