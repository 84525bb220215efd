"""The API of the access review: who may see what, and renewing or ending it in bulk."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from kernel.policy import Actor
from marketplace.api import api
from marketplace.operations import access_review
from web.forms import InModel, OutModel, PageQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AccessOut(OutModel):
    """A clearance, by the id of its person, or a vendor's grant, by the id of its project."""

    id: str
    who: str
    classification: str
    since: datetime | None
    until: datetime | None
    last_used: datetime | None
    ends_soon: bool


class AccessListOut(OutModel):
    """A page of them."""

    items: list[AccessOut]
    next_after: str | None


class AccessReviewIn(InModel):
    """Which, and what is to become of them; a preview changes nothing."""

    ids: list[str] = Field(min_length=1, max_length=200)
    act: Literal["renew", "end"]
    reason: str = Field(default="", max_length=2000)
    is_preview: bool = False


class AccessReviewedOut(OutModel):
    """What becomes of one; `until` is null where it has ended."""

    id: str
    who: str
    classification: str
    until: datetime | None


@api.get("/access", query=PageQuery, returns=AccessListOut)
def access(session: "Session", actor: Actor, query: PageQuery) -> AccessListOut:
    """Who may see what: clearances of your people, as a vendor; grants of your projects, as a client."""
    rows, after = access_review.see_access(session, actor, after=query.after, limit=query.limit)
    return AccessListOut(items=[AccessOut.model_validate(row) for row in rows], next_after=after)


@api.post("/access/review", body=AccessReviewIn, returns=list[AccessReviewedOut])
def review_access(session: "Session", actor: Actor, body: AccessReviewIn) -> list[AccessReviewedOut]:
    """Renew or end access in bulk, all or none; it holds from the next request on."""
    found = access_review.review_access(session, actor, **body.model_dump())
    return [AccessReviewedOut.model_validate(each) for each in found]
