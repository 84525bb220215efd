"""The API of review: what waits, taking one, reading it again, deciding it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from kernel.guard import require
from kernel.policy import Actor, Resource
from labeling.links import for_api
from marketplace.operations import reviewing
from marketplace.passes import review_pass
from marketplace.queries.reviews import own_figures, review_counts, reviewers_of
from marketplace.rules.reviewers import Measured
from web.api import Api
from web.forms import InModel, OutModel, PageQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

api = Api("review", "marketplace")


class MeasuredOut(OutModel):
    """A count out of another, with the 95% interval of its share."""

    hits: int
    n: int
    share: float | None
    low: float
    high: float


class ReviewerOut(OutModel):
    """A reviewer over the last ninety days."""

    reviewer_id: str
    name: str
    done: int
    overturned: MeasuredOut
    agreed: MeasuredOut
    caught: MeasuredOut
    alarmed: MeasuredOut


class OwnReviewsOut(OutModel):
    """What units whose label was known say of oneself, over ninety days; null with fewer than ten of a kind."""

    caught: MeasuredOut | None
    alarmed: MeasuredOut | None


@api.get("/reviewers", returns=list[ReviewerOut])
def reviewers(session: "Session", actor: Actor) -> list[ReviewerOut]:
    """How good your reviewers are: on units whose label was known, on appeal, and beside the next reviewer of a unit"""
    require(session, actor, "review:measure", Resource("reviewer", org_id=actor.org_id))
    return [
        ReviewerOut(
            reviewer_id=each.figures.reviewer_id, name=each.name, done=each.figures.done,
            overturned=_measured(each.figures.overturned), agreed=_measured(each.figures.agreed),
            caught=_measured(each.figures.caught), alarmed=_measured(each.figures.alarmed),
        )
        for each in reviewers_of(session)
    ]  # fmt: skip


@api.get("/reviews/own", returns=OwnReviewsOut)
def own(session: "Session", actor: Actor) -> OwnReviewsOut:
    """How good you are at reviewing: wrong labels that you caught, right ones that you did not accept"""
    found = own_figures(session, actor.account_id or "")
    caught, alarmed = (None if each is None else _measured(each) for each in (found.caught, found.alarmed))
    return OwnReviewsOut(caught=caught, alarmed=alarmed)


def _measured(found: Measured) -> MeasuredOut:
    bounds = found.interval
    return MeasuredOut(hits=found.hits, n=found.n, share=found.share, low=bounds.lower, high=bounds.upper)


class TakeIn(InModel):
    """Which lane, if not any."""

    lane_id: str | None = None


class ReviewedAnswerOut(OutModel):
    """One answer, without a name."""

    judgment_id: str
    answer: dict[str, Any]
    is_late: bool


class ReviewOut(OutModel):
    """A unit to review."""

    id: str
    unit_id: str
    lane_id: str
    project_name: str
    locale: str
    task_type: str
    content: dict[str, Any]
    why: str
    consensus: dict[str, Any] | None
    confidence: float | None
    answers: list[ReviewedAnswerOut]
    mark: str = Field(description="Stands for this consensus: send it back with the verdict.")
    lease_until: datetime


class TakenOut(OutModel):
    """A review, or none that is for this person."""

    review: ReviewOut | None


class VerdictIn(InModel):
    """A verdict: a fix brings a label, a rejection names its answers, both a reason."""

    verdict: str = Field(max_length=10)
    reason: str | None = Field(default=None, max_length=24)
    note: str = Field(default="", max_length=2000)
    label: dict[str, Any] | None = None
    judgment_ids: list[str] = Field(default_factory=list, max_length=100)
    mark: str = Field(default="", max_length=64)


class DecidedOut(OutModel):
    """What the verdict did."""

    review_id: str
    verdict: str
    rejected: int


class CountOut(OutModel):
    """How many reviews of a lane wait, and why."""

    lane_id: str
    project_name: str
    locale: str
    weak: int
    sample: int
    reported: int
    rework: int
    second: int
    again: int
    total: int


class CountsOut(OutModel):
    """Waiting reviews by lane, in the order of projects and languages."""

    items: list[CountOut]
    next_after: str | None


@api.get("/reviews", query=PageQuery, returns=CountsOut)
def counts(session: "Session", actor: Actor, query: PageQuery) -> CountsOut:
    """How many reviews wait, by lane and cause."""
    rows, after = review_counts(session, after=query.after, limit=query.limit)
    return CountsOut(items=[CountOut.model_validate(row) for row in rows], next_after=after)


@api.post("/reviews/next", body=TakeIn, returns=TakenOut, is_kept=False)
def take(session: "Session", actor: Actor, body: TakeIn) -> TakenOut:
    """Lease the oldest review that is not of one's own work."""
    found = reviewing.take_review(session, actor, body.lane_id)
    return TakenOut(review=_out(found) if found else None)


@api.get("/reviews/<review_id>", returns=ReviewOut)
def task(session: "Session", actor: Actor, review_id: str) -> ReviewOut:
    """A review in hand."""
    return _out(reviewing.see_review(session, actor, review_id))


@api.post("/reviews/<review_id>/verdict", body=VerdictIn, returns=DecidedOut)
def decide(session: "Session", actor: Actor, review_id: str, body: VerdictIn) -> Any:
    """Decide a review in hand. A 409 `review.moved` names the consensus that came since this `mark`."""
    return reviewing.decide_review(
        session, actor, review_id, verdict=body.verdict, reason=body.reason, note=body.note, label=body.label,
        judgment_ids=tuple(body.judgment_ids), mark=body.mark,
    )  # fmt: skip


def _out(found: reviewing.ReviewTask) -> ReviewOut:
    names = set(ReviewOut.model_fields) - {"answers", "content"}
    content = for_api(found.content, review_pass(found))
    answers = [ReviewedAnswerOut.model_validate(answer) for answer in found.answers]
    return ReviewOut(**{name: getattr(found, name) for name in names}, content=content, answers=answers)
