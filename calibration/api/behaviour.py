"""Signals in behaviour over the API: the queue, one with its evidence, and what a person decides."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from calibration.api.routes import api
from calibration.operations import behaviour as acts
from calibration.operations import watching
from calibration.queries.behaviour import SignalRow
from calibration.values import BehaviourOutcome
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from web.forms import InModel, OutModel, PageQuery
from workforce import queries as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class BehaviourQuery(PageQuery):
    """Which signals: those that wait or those that were decided, and where the page before ended."""

    is_open: bool = True


class SignOut(OutModel):
    """What was measured, the bound it passed, and how often honest people pass it."""

    name: str
    measured: float
    bound: float
    false_positives: float


class BehaviourOut(OutModel):
    """A signal as the queue tells it."""

    id: str
    lane_id: str
    signal: str
    pseudonym: str
    other: str | None
    signs: list[SignOut]
    proven: dict[str, Any]
    opened_at: datetime
    outcome: BehaviourOutcome | None
    note: str
    decided_at: datetime | None
    receipt_id: str | None

    @classmethod
    def of(cls, row: SignalRow) -> "BehaviourOut":
        return cls.model_validate(row)


class BehavioursOut(OutModel):
    """A page of signals."""

    items: list[BehaviourOut]
    next_after: str | None


class BehaviourAnswerOut(OutModel):
    """One of the answers that a signal rests on."""

    judgment_id: str
    category: str | None
    seconds: int
    answered_at: datetime


class BehaviourCaseOut(OutModel):
    """A signal with what it rests on, the person's other ones, and whether they would do for a pause."""

    review: BehaviourOut
    evidence: list[BehaviourAnswerOut]
    beside: list[BehaviourOut]
    odds: float
    may_pause: bool
    may_decide: bool


class BehaviourIn(InModel):
    """What follows, and why."""

    outcome: BehaviourOutcome
    note: str = Field(default="", max_length=1000)


def _reach() -> Scope:
    return people.reach(current.actor())


@api.get("/behaviour", query=BehaviourQuery, returns=BehavioursOut, scope=_reach)
def behaviour(session: "Session", actor: Actor, query: BehaviourQuery) -> BehavioursOut:
    """Signals in how people work, for a person to look at"""
    rows, after = watching.signal_rows(session, actor, is_open=query.is_open, after=query.after, limit=query.limit)
    return BehavioursOut(items=[BehaviourOut.of(row) for row, _lane in rows], next_after=after)


@api.get("/behaviour/<signal_id>", returns=BehaviourCaseOut, scope=_reach)
def behaviour_case(session: "Session", actor: Actor, signal_id: str) -> BehaviourCaseOut:
    """One signal with what it rests on"""
    return _case(session, actor, signal_id)


@api.post("/behaviour/<signal_id>/decision", body=BehaviourIn, returns=BehaviourCaseOut, scope=_reach)
def decide_behaviour(session: "Session", actor: Actor, signal_id: str, body: BehaviourIn) -> BehaviourCaseOut:
    """Decide what follows from a signal"""
    acts.decide_review(session, actor, signal_id, outcome=body.outcome, note=body.note)
    return _case(session, actor, signal_id)


def _case(session: "Session", actor: Actor, signal_id: str) -> BehaviourCaseOut:
    case, _lane, may_decide = watching.signal_for(session, actor, signal_id)
    return BehaviourCaseOut(
        review=BehaviourOut.of(case.row),
        evidence=[BehaviourAnswerOut.model_validate(each) for each in case.evidence],
        beside=[BehaviourOut.of(each) for each in case.beside],
        odds=case.odds,
        may_pause=case.may_pause,
        may_decide=may_decide,
    )
