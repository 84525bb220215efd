"""The API of gold from settled units: what is proposed, and deciding about it many at a time."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from calibration.reach import with_gold
from kernel.policy import Actor
from labeling.values import GoldPool
from marketplace.api import api
from marketplace.operations import proposals
from web.forms import InModel, OutModel, PageQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ProposalOut(OutModel):
    """A settled unit that could check people; `third` is its difficulty among them, 0 the easiest."""

    id: str
    lane_id: str
    locale: str
    unit_id: str
    label: dict[str, Any]
    category: str
    confidence: float
    people: int
    proven: int
    answers: int
    third: int
    content: dict[str, Any]
    proposed_at: datetime


class ProposalsOut(OutModel):
    """A page of proposals."""

    items: list[ProposalOut]
    next_after: str | None


class ProposalsIn(InModel):
    """Proposals to accept into a pool, and proposals to refuse; two hundred at most."""

    accept: list[str] = Field(default_factory=list, max_length=200)
    refuse: list[str] = Field(default_factory=list, max_length=200)
    pool: GoldPool = GoldPool.LIVE


class ProposalsDecidedOut(OutModel):
    """What became of them; `gone` are those whose unit is not what it was when it was proposed."""

    accepted: int
    refused: int
    gone: int


@api.get("/projects/<project_id>/gold-proposals", query=PageQuery, returns=ProposalsOut, scope=with_gold)
def gold_proposals(session: "Session", actor: Actor, project_id: str, query: PageQuery) -> ProposalsOut:
    """Settled units that could become gold"""
    _project, rows, after = proposals.read_proposals(
        session, actor, project_id, after=query.after, limit=query.limit
    )  # fmt: skip
    return ProposalsOut(items=[ProposalOut.model_validate(row) for row in rows], next_after=after)


@api.post("/projects/<project_id>/gold-proposals", body=ProposalsIn, returns=ProposalsDecidedOut, scope=with_gold)
def decide_gold_proposals(session: "Session", actor: Actor, project_id: str, body: ProposalsIn) -> ProposalsDecidedOut:
    """Make gold of settled units, or put their proposals aside for good"""
    done = proposals.decide_proposals(
        session, actor, project_id, accept=body.accept, refuse=body.refuse, pool=body.pool.value
    )
    return ProposalsDecidedOut.model_validate(done)
