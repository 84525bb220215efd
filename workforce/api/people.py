"""`/api/v1/people`: a vendor's people, and the decisions about them and their languages."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from i18n import _, render
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from web.forms import InModel, Instant, OutModel
from workforce import operations, queries
from workforce.api import api
from workforce.api.grounded_shapes import GroundedIn, StandingIn
from workforce.api.language_shapes import EvidenceIn, LevelOut, LevelsOut
from workforce.api.people_shapes import PeopleAskedIn, PeopleQuery
from workforce.api.shapes import (
    AnnotatorOut,
    PeopleOut,
    PersonOut,
    ReasonIn,
)
from workforce.operations import all_people, many_people
from workforce.values import AnnotatorView, ManyAct, PlanForAll, PlannedAct, Standing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ClearanceIn(ReasonIn):
    """A clearance: 0 for public and internal data, 1 confidential, 2 personal, 3 of health."""

    level: int = Field(ge=0, le=3)
    until_at: Instant | None = None


class IdentityIn(InModel):
    """How an identity was checked outside of here: in-person or service, and what stays on record of it. Documents
    that were handed in are looked at and accepted instead."""

    kind: str = Field(max_length=20)
    note: str = Field(max_length=2000)


class ManyIn(ReasonIn):
    """Many people by id or, in `asked`, all who fit, and whether this only asks what it would do. For all who fit, two
    things that the preview answered with are sent back: its `key`, and how many would be changed."""

    ids: list[str] = Field(default_factory=list, max_length=200)
    asked: PeopleAskedIn | None = None
    preview: bool = False
    key: str = Field(default="", max_length=40)
    expected: int = Field(default=0, ge=0)


class StandingsIn(ManyIn):
    """Many people, and the standing that they shall have; a pause with an end is over by itself then."""

    status: Standing
    until: Instant | None = None


class SkillIn(ManyIn):
    """Many people, and the code of a skill that they are known to have."""

    skill: str = Field(max_length=60)


class ClearancesIn(ManyIn):
    """Many people and a clearance with its end; without a level, each one's own is renewed."""

    level: int | None = Field(default=None, ge=1, le=3)
    until_at: Instant


class PlannedPersonOut(OutModel):
    """One of them: where they stand, and whether the change is possible from there."""

    id: str
    name: str
    before: Standing
    is_possible: bool


class PlannedActOut(OutModel):
    """One of them: whether the act is possible, and what it does or why not, in the caller's language."""

    id: str
    name: str
    is_possible: bool
    told: str

    @classmethod
    def of(cls, one: PlannedAct) -> "PlannedActOut":
        """In the caller's language."""
        return cls(id=one.id, name=one.name, is_possible=one.is_possible, told=render(one.told))


class PeopleLeftOutOut(OutModel):
    """Why so many of all who fit stay as they are, in the caller's language."""

    told: str
    count: int


class PlanForAllOut(OutModel):
    """How many fit, how many of them would be changed, the first of them, and why the others stay as they are."""

    key: str
    count: int
    possible: int
    first: list[PlannedActOut]
    left_out: list[PeopleLeftOutOut]

    @classmethod
    def of(cls, plan: PlanForAll) -> "PlanForAllOut":
        """In the caller's language."""
        left_out = [PeopleLeftOutOut(told=render(told), count=count) for told, count in plan.left_out]
        first = [PlannedActOut.of(one) for one in plan.first]
        return cls(key=plan.key, count=plan.count, possible=plan.possible, first=first, left_out=left_out)


class ForAllOut(OutModel):
    """Of all who fit: what it would do to them, or the job that does it; `GET /jobs/{job_id}` tells how far it is."""

    for_all: PlanForAllOut | None = None
    job_id: str | None = None


class PlannedOut(ForAllOut):
    """All who were named."""

    items: list[PlannedPersonOut]


class PlannedActsOut(ForAllOut):
    """All who were named."""

    items: list[PlannedActOut]

    @classmethod
    def of(cls, planned: Iterable[PlannedAct]) -> "PlannedActsOut":
        """In the caller's language."""
        return cls(items=[PlannedActOut.of(one) for one in planned])


def _for_all(session: "Session", actor: Actor, body: ManyIn, asked: PeopleAskedIn, act: ManyAct) -> dict[str, Any]:
    """The fields of `ForAllOut`."""
    if body.ids:
        fault = _("Name people, or ask for all who fit.")
        raise Invalid("people.both", fault, {"ids": fault})
    if body.preview:
        return {"for_all": PlanForAllOut.of(all_people.plan_for_all(session, actor, asked.wanted(session), act))}
    key, expected = body.key, body.expected
    return {"job_id": all_people.ask_for_all(session, actor, asked.wanted(session), act, key=key, expected=expected)}


class SearchIn(InModel):
    """A name, and what is asked."""

    name: str = Field(min_length=1, max_length=60)
    asked: PeopleAskedIn


class SearchOut(OutModel):
    """A kept search."""

    id: str
    name: str
    asked: dict[str, Any]


class SearchesOut(OutModel):
    """Kept searches."""

    items: list[SearchOut]


class ClearanceOut(OutModel):
    """Which protected data a person may see at this moment."""

    annotator_id: str
    clearance: int
    clearance_until: datetime | None
    identity_verified: bool
    identity_verified_at: datetime | None


def _reach() -> Scope:
    return queries.reach(current.actor())


@api.get("/people", query=PeopleQuery, returns=PeopleOut, scope=_reach)
def people(session: "Session", actor: Actor, query: PeopleQuery) -> PeopleOut:
    """People by what is asked of them."""
    rows, next_after = queries.search_people(session, query.wanted(session), after=query.after, limit=query.limit)
    return PeopleOut(items=[PersonOut.of(row) for row in rows], next_after=next_after)


@api.post("/people/standings", body=StandingsIn, returns=PlannedOut, scope=_reach)
def change_standings(session: "Session", actor: Actor, body: StandingsIn) -> PlannedOut:
    """What a standing would do to many, all possible ones of which it does unless `preview` is true."""
    if body.asked is not None:
        act = ManyAct("standing", body.reason, status=body.status, until_at=body.until)
        return PlannedOut(items=[], **_for_all(session, actor, body, body.asked, act))
    planned = many_people.change_standings(
        session, actor, body.ids, status=body.status, reason=body.reason, is_preview=body.preview, until_at=body.until
    )
    return PlannedOut(items=[PlannedPersonOut.model_validate(one) for one in planned])


@api.post("/people/skills", body=SkillIn, returns=PlannedActsOut, scope=_reach)
def add_skill(session: "Session", actor: Actor, body: SkillIn) -> PlannedActsOut:
    """Put a skill on many that you know they have, unless `preview` is true; the log keeps why."""
    if body.asked is not None:
        act = ManyAct("skill", body.reason, skill=body.skill)
        return PlannedActsOut(items=[], **_for_all(session, actor, body, body.asked, act))
    return PlannedActsOut.of(
        many_people.add_skill(session, actor, body.ids, skill=body.skill, reason=body.reason, is_preview=body.preview)
    )


@api.post("/people/clearances", body=ClearancesIn, returns=PlannedActsOut, scope=_reach)
def set_clearances(session: "Session", actor: Actor, body: ClearancesIn) -> PlannedActsOut:
    """Give many a clearance or renew it, unless `preview` is true; no level falls, or ends sooner but for a higher."""
    if body.asked is not None:
        act = ManyAct("clearance", body.reason, level=body.level, until_at=body.until_at)
        return PlannedActsOut(items=[], **_for_all(session, actor, body, body.asked, act))
    return PlannedActsOut.of(
        many_people.set_clearances(
            session,
            actor,
            body.ids,
            level=body.level,
            until_at=body.until_at,
            reason=body.reason,
            is_preview=body.preview,
        )
    )


@api.get("/people/searches", returns=SearchesOut)
def saved_searches(session: "Session", actor: Actor) -> SearchesOut:
    """Your kept searches, by name."""
    found = many_people.saved_searches(session, actor)
    return SearchesOut(items=[SearchOut(id=one.id, name=one.name, asked=one.wanted.asked()) for one in found])


@api.post("/people/searches", body=SearchIn, returns=SearchOut, creates=True)
def save_search(session: "Session", actor: Actor, body: SearchIn) -> SearchOut:
    """Keep a search under a name; the same name again is the new search."""
    saved = many_people.save_search(session, actor, name=body.name, wanted=body.asked.wanted(session))
    return SearchOut(id=saved.id, name=saved.name, asked=saved.wanted.asked())


@api.delete("/people/searches/<saved_filter_id>")
def forget_search(session: "Session", actor: Actor, saved_filter_id: str) -> None:
    """Keep a search no longer."""
    many_people.forget_search(session, actor, saved_filter_id)


@api.get("/people/<annotator_id>", returns=AnnotatorOut, scope=_reach)
def person(session: "Session", actor: Actor, annotator_id: str) -> AnnotatorOut:
    """One person with their languages."""
    detail = queries.person_for(session, actor, annotator_id)
    return AnnotatorOut.of(detail.annotator, detail.claims)


@api.post("/people/<annotator_id>/admit", returns=AnnotatorOut, scope=_reach)
def admit(session: "Session", actor: Actor, annotator_id: str) -> AnnotatorOut:
    """Admit an applicant."""
    return _out(session, operations.admit(session, actor, annotator_id))


@api.post("/people/<annotator_id>/decline", body=GroundedIn, returns=AnnotatorOut, scope=_reach)
def decline(session: "Session", actor: Actor, annotator_id: str, body: GroundedIn) -> AnnotatorOut:
    """Turn an application down; the person reads the reason and can appeal."""
    return _out(session, operations.decline(session, actor, annotator_id, body.reason, body.named()))


@api.post("/people/<annotator_id>/standing", body=StandingIn, returns=AnnotatorOut, scope=_reach)
def change_standing(session: "Session", actor: Actor, annotator_id: str, body: StandingIn) -> AnnotatorOut:
    """Pause, end or bring back; people can say themselves that they leave."""
    changed = operations.change_standing(
        session,
        actor,
        annotator_id,
        status=body.status,
        reason=body.reason,
        evidence=body.named(),
        until_at=body.until,
    )
    return _out(session, changed)


@api.post("/people/<annotator_id>/clearance", body=ClearanceIn, returns=ClearanceOut, scope=_reach)
def set_clearance(session: "Session", actor: Actor, annotator_id: str, body: ClearanceIn) -> ClearanceOut:
    """Give, change or end a clearance; the person reads the reason, and can appeal where it is less than before."""
    changed = operations.set_clearance(
        session, actor, annotator_id, level=body.level, until_at=body.until_at, reason=body.reason
    )
    return _cleared(session, changed)


@api.post("/people/<annotator_id>/identity", body=IdentityIn, returns=ClearanceOut, scope=_reach)
def verify_identity(session: "Session", actor: Actor, annotator_id: str, body: IdentityIn) -> ClearanceOut:
    """Take an identity as verified, for two years."""
    return _cleared(session, operations.verify_identity(session, actor, annotator_id, **body.model_dump()))


@api.post("/people/<annotator_id>/identity/end", body=ReasonIn, returns=ClearanceOut, scope=_reach)
def end_identity(session: "Session", actor: Actor, annotator_id: str, body: ReasonIn) -> ClearanceOut:
    """Take an identity as verified no longer; the person reads the reason and can appeal."""
    return _cleared(session, operations.end_identity(session, actor, annotator_id, reason=body.reason))


@api.get("/people/<annotator_id>/languages", returns=LevelsOut, scope=_reach)
def person_languages(session: "Session", actor: Actor, annotator_id: str) -> LevelsOut:
    """One person's languages, mode by mode, with the level that is proven and what it rests on."""
    return LevelsOut.of(queries.person_for(session, actor, annotator_id).claims)


@api.post("/languages/<claim_id>/verify", body=EvidenceIn, returns=LevelOut, scope=_reach)
def verify_language(session: "Session", actor: Actor, claim_id: str, body: EvidenceIn) -> LevelOut:
    """Take a language as proven, in the claim's mode or in those that are named."""
    evidence = body.model_dump(exclude={"modes"})
    verified = operations.verify_language(session, actor, claim_id, evidence=evidence, modes=body.modes)
    return LevelOut.of(verified)


@api.post("/languages/<claim_id>/reject", body=GroundedIn, returns=LevelOut, scope=_reach)
def reject_language(session: "Session", actor: Actor, claim_id: str, body: GroundedIn) -> LevelOut:
    """Turn a language down in the claim's mode; the person reads the reason and can appeal."""
    rejected = operations.reject_language(session, actor, claim_id, reason=body.reason, evidence=body.named())
    return LevelOut.of(rejected)


def _out(session: "Session", person: AnnotatorView) -> AnnotatorOut:
    return AnnotatorOut.of(person, queries.claims_of(session, person.id))


def _cleared(session: "Session", person: AnnotatorView) -> ClearanceOut:
    facts = queries.person_facts(session, person.id, now_of(session))
    assert facts is not None, "the person has just been changed in this scope"
    return ClearanceOut(
        annotator_id=person.id, clearance=facts.clearance, clearance_until=person.clearance_until,
        identity_verified=facts.identity_verified, identity_verified_at=person.identity_verified_at,
    )  # fmt: skip
