"""`/api/v1/me`: who a token acts for, and what they state about themselves."""

from typing import TYPE_CHECKING

from kernel.policy import Actor
from web import current
from workforce import operations, queries
from workforce.api import api
from workforce.api.language_shapes import ClaimIn, LevelsOut
from workforce.api.shapes import (
    AgreementOut,
    AnnotatorOut,
    MeOut,
    PlaceOut,
    ProfileIn,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@api.get("/me", returns=MeOut, scope=lambda: queries.reach(current.actor()))
def me(session: "Session", actor: Actor) -> MeOut:
    """Who you are here, and what is missing before you can work."""
    account = queries.account_of(session, actor.account_id or "")
    assert account is not None
    places = [PlaceOut.model_validate(place) for place in queries.places_of(session, account.id)]
    person = queries.annotator_of(session, account.id, actor.org_id or "")
    to_sign = queries.agreements_to_sign(session, person.id, person.org_id) if person else []
    return MeOut(
        id=account.id,
        name=account.name,
        email=account.email,
        locale=account.locale,
        time_zone=account.time_zone,
        place=next((place for place in places if place.membership_id == actor.membership_id), None),
        places=places,
        annotator=AnnotatorOut.of(person, queries.claims_of(session, person.id)) if person else None,
        agreements_to_sign=[AgreementOut.of(one) for one in to_sign],
    )


@api.put("/me/profile", body=ProfileIn, returns=AnnotatorOut)
def update_profile(session: "Session", actor: Actor, body: ProfileIn) -> AnnotatorOut:
    """Change what you state about yourself."""
    person = queries.own_profile(session, actor)
    changed = operations.update_profile(session, actor, person.id, **body.model_dump())
    return AnnotatorOut.of(changed, queries.claims_of(session, person.id))


@api.get("/me/languages", returns=LevelsOut)
def languages(session: "Session", actor: Actor) -> LevelsOut:
    """Your languages, mode by mode, with the level that is proven and what it rests on."""
    return LevelsOut.of(queries.languages_of(session, queries.own_profile(session, actor).id))


@api.post("/me/languages", body=ClaimIn, returns=LevelsOut, creates=True)
def claim_language(session: "Session", actor: Actor, body: ClaimIn) -> LevelsOut:
    """State a language in some modes, or another level of it."""
    person = queries.own_profile(session, actor)
    return LevelsOut.of(operations.claim_language(session, actor, person.id, **body.model_dump()))
