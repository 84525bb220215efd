"""The API of the rows behind a lane's figures."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from calibration.api.routes import api
from calibration.operations import rows
from calibration.queries.weeks import FIRST_WEEK, LAST_WEEK
from calibration.reach import with_gold
from kernel.policy import Actor
from web.forms import OutModel, PageQuery, values_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class WeakOut(OutModel):
    """A unit whose label is not sure."""

    unit_id: str
    category: str | None
    confidence: float
    at: datetime


class WeaksOut(OutModel):
    """Weak labels, the weakest first; `next_after` asks for the next page."""

    items: list[WeakOut]
    next_after: str | None


class SplitOut(OutModel):
    """A unit that people answered differently; `agreed` is the share of pairs of its answers that agree."""

    unit_id: str
    category: str | None
    agreed: float
    at: datetime


class SplitsOut(OutModel):
    """Units by disagreement, the most contested first; `next_after` asks for the next page."""

    items: list[SplitOut]
    next_after: str | None


class CheckedOut(OutModel):
    """An answer that was compared with gold."""

    id: str
    item_id: str
    truth: str | None
    answer: str | None
    score: float
    pseudonym: str
    at: datetime


class AllCheckedOut(OutModel):
    """Checked answers, the newest first; `next_after` asks for the next page."""

    items: list[CheckedOut]
    next_after: str | None


class CellQuery(PageQuery):
    """One cell of the matrix, or a row or a column of it: the classes that were right and given; and one week."""

    truth: str | None = Field(default=None, max_length=120)
    answer: str | None = Field(default=None, max_length=120)
    week: date | None = Field(default=None, ge=FIRST_WEEK, le=LAST_WEEK)  # any day of it


class DecisionsQuery(PageQuery):
    """Which decisions."""

    kind: Annotated[str, values_of(rows.KINDS)] = rows.KINDS[0]


class LaneDecisionOut(OutModel):
    """A decision about a person in a lane."""

    receipt_id: str
    kind: Annotated[str, values_of(rows.KINDS)]
    pseudonym: str
    what: str
    state: Annotated[str, values_of(("in_force", "appealed", "overturned", "ended"))]
    decided_at: datetime


class LaneDecisionsOut(OutModel):
    """Decisions, the newest first; `next_after` asks for the next page."""

    items: list[LaneDecisionOut]
    next_after: str | None


@api.get("/lanes/<lane_id>/weak", query=PageQuery, returns=WeaksOut)
def lane_weak(session: "Session", actor: Actor, lane_id: str, query: PageQuery) -> WeaksOut:
    """The units of a lane whose labels are weak, for its owner"""
    _lane, found, after = rows.lane_weak(session, actor, lane_id, after=query.after, limit=query.limit)
    return WeaksOut(items=[WeakOut.model_validate(row) for row in found], next_after=after)


@api.get("/lanes/<lane_id>/split", query=PageQuery, returns=SplitsOut)
def lane_split(session: "Session", actor: Actor, lane_id: str, query: PageQuery) -> SplitsOut:
    """The units of a lane that people answered differently, for its owner"""
    _lane, found, after = rows.lane_split(session, actor, lane_id, after=query.after, limit=query.limit)
    return SplitsOut(items=[SplitOut.model_validate(row) for row in found], next_after=after)


@api.get("/lanes/<lane_id>/checks", query=CellQuery, returns=AllCheckedOut, scope=with_gold)
def lane_checks(session: "Session", actor: Actor, lane_id: str, query: CellQuery) -> AllCheckedOut:
    """The answers of a lane that were compared with gold, for its owner"""
    _lane, found, after = rows.lane_checks(
        session, actor, lane_id, truth=query.truth, answer=query.answer, week=query.week, after=query.after,
        limit=query.limit,
    )  # fmt: skip
    return AllCheckedOut(items=[CheckedOut.model_validate(row) for row in found], next_after=after)


@api.get("/lanes/<lane_id>/decisions", query=DecisionsQuery, returns=LaneDecisionsOut)
def lane_decisions(session: "Session", actor: Actor, lane_id: str, query: DecisionsQuery) -> LaneDecisionsOut:
    """The vendor's decisions of one kind about people in a lane: `work_rejected` or `lane_paused`"""
    _lane, found, after = rows.lane_decisions(session, actor, lane_id, query.kind, after=query.after, limit=query.limit)
    items = [
        LaneDecisionOut(
            receipt_id=row.receipt_id, kind=row.kind, pseudonym=row.pseudonym, what=str(row.what), state=row.state,
            decided_at=row.decided_at,
        )
        for row in found
    ]  # fmt: skip
    return LaneDecisionsOut(items=items, next_after=after)
