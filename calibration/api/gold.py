"""A client's gold over the API: the keys of a project, and putting them aside."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from calibration.api.routes import JobRef, api
from calibration.operations import gold, reading
from calibration.reach import with_gold
from kernel.policy import Actor
from labeling.values import GoldPool
from web.forms import OutModel, PageQuery, values_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class GoldQuery(PageQuery):
    """Which keys: of one pool or of all, and where the page before ended."""

    pool: GoldPool | None = None


class GoldOut(OutModel):
    """A key with its item."""

    id: str
    set_name: str
    source: str
    item_id: str
    lane_id: str
    pool: Annotated[str, values_of(GoldPool)]
    status: Annotated[str, values_of(("active", "suspended", "retired"))]
    category: str | None
    truth: dict[str, Any]
    content: dict[str, Any]
    explanation: str
    version: int
    exposures: int
    exposure_cap: int
    link: str | None
    answers: int
    difficulty: float | None
    discrimination: float | None
    measured: dict[str, Any]
    measured_at: datetime | None


class FormOut(OutModel):
    """A language's exam on the scale of all: the share that somebody of average ability knows, guessing left out."""

    lane_id: str
    questions: int
    measured: int
    expected: float | None


class GoldsOut(OutModel):
    """A page of keys."""

    items: list[GoldOut]
    next_after: str | None


@api.get("/projects/<project_id>/gold", query=GoldQuery, returns=GoldsOut, scope=with_gold)
def project_gold(session: "Session", actor: Actor, project_id: str, query: GoldQuery) -> GoldsOut:
    """The gold of a project, key by key"""
    keys, after = reading.gold_of_project(
        session, actor, project_id, pool=query.pool, after=query.after, limit=query.limit
    )
    return GoldsOut(items=[GoldOut.model_validate(key) for key in keys], next_after=after)


@api.get("/projects/<project_id>/gold/forms", returns=list[FormOut], scope=with_gold)
def gold_forms(session: "Session", actor: Actor, project_id: str) -> list[FormOut]:
    """How hard each language's exam is for the same person"""
    return [FormOut.model_validate(form) for form in reading.gold_forms(session, actor, project_id)]


@api.post("/gold/<key_id>/retire", returns=None, status=204, scope=with_gold)
def retire_gold(session: "Session", actor: Actor, key_id: str) -> None:
    """Use a key no more; what it gave stays"""
    gold.retire_key(session, actor, key_id)


@api.post("/gold/<key_id>/suspend", returns=JobRef, status=202, scope=with_gold)
def suspend_gold(session: "Session", actor: Actor, key_id: str) -> JobRef:
    """Stop grading by a key in doubt; what it gave is taken back by a job"""
    return JobRef(job_id=gold.suspend_key(session, actor, key_id))
