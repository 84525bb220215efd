"""`/api/v1/pools/…/drafts`: an application that is begun, and comes back to whoever has its key."""

from typing import TYPE_CHECKING

from pydantic import Field

from kernel import ids
from kernel.guard import not_found
from kernel.policy import Actor, system_actor
from web import limits
from web.forms import InModel, OutModel
from workforce import queries
from workforce.api import api
from workforce.api.pools import scope_of_pool
from workforce.operations import drafts as acts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class DraftIn(InModel):
    """What was typed so far; `key` is that of the draft it takes the place of. Passwords are not taken."""

    key: str | None = Field(default=None, min_length=20, max_length=100)
    name: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=300)
    locale: list[str] = Field(default_factory=list, max_length=20)
    proficiency: list[str] = Field(default_factory=list, max_length=20)
    modes: list[str] = Field(
        default_factory=list, max_length=80, description="Each with the number of its language, from 1: `1-read`."
    )
    country: str = Field(default="", max_length=10)
    time_zone: str = Field(default="UTC", max_length=60)
    weekly_hours: str = Field(default="", max_length=10)
    skills: list[str] = Field(default_factory=list, max_length=20)
    domains: list[str] = Field(default_factory=list, max_length=20)
    about: str = Field(default="", max_length=4000)


class DraftKeyOut(OutModel):
    """Under which the draft comes back, for a month."""

    key: str


class DraftOut(OutModel):
    """What was typed."""

    content: dict[str, str | list[str]]


@api.post(
    "/pools/<pool_id>/drafts", body=DraftIn, returns=DraftKeyOut, creates=True, scope=scope_of_pool, public=True,
    before=limits.spends("drafts"), is_kept=False,
)  # fmt: skip
def save_draft(session: "Session", actor: Actor, pool_id: str, body: DraftIn) -> DraftKeyOut:
    """Keep an application that is begun"""
    key = body.key or ids.new_secret(32)
    content = body.model_dump(exclude={"key"})
    acts.save_draft(session, system_actor("application"), pool_id, key=acts.key_of(key), content=content)
    return DraftKeyOut(key=key)


@api.get("/pools/<pool_id>/drafts/<token>", returns=DraftOut, scope=scope_of_pool, public=True)
def draft(session: "Session", actor: Actor, pool_id: str, token: str) -> DraftOut:
    """What was typed, by the key of the draft"""
    found = queries.draft_of(session, pool_id, acts.key_of(token))
    if found is None:
        raise not_found()
    return DraftOut(content=found)


@api.delete("/pools/<pool_id>/drafts/<token>", scope=scope_of_pool, public=True)
def forget_draft(session: "Session", actor: Actor, pool_id: str, token: str) -> None:
    """Forget what was typed, by the key of the draft; of one that is gone nothing is told"""
    acts.forget_draft(session, system_actor("application"), pool_id, key=acts.key_of(token))
