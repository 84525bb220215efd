"""`/api/v1/agreements`: the versions in force, publishing one, signing one."""

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import request

from kernel.guard import not_found
from kernel.policy import Actor
from web import current
from web.forms import PageQuery
from web.sessions import network_of
from workforce import operations, queries
from workforce.api import api
from workforce.api.shapes import (
    AgreementIn,
    AgreementOut,
    AgreementsOut,
    PersonSignaturesOut,
    SignatureIn,
    SignatureOut,
    SignaturesOut,
    SignedOut,
)
from workforce.queries.agreements import signatures_under

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@api.get("/agreements", query=PageQuery, returns=AgreementsOut)
def agreements(session: "Session", actor: Actor, query: PageQuery) -> AgreementsOut:
    """The newest version of each document."""
    rows, after = queries.find_agreements(session, actor.org_id or "", after=query.after, limit=query.limit)
    return AgreementsOut(items=[AgreementOut.of(one) for one in rows], next_after=after)


@api.post("/agreements", body=AgreementIn, returns=AgreementOut, creates=True)
def publish_agreement(session: "Session", actor: Actor, body: AgreementIn) -> AgreementOut:
    """Publish the next version of a document."""
    return AgreementOut.of(operations.publish_agreement(session, actor, **body.model_dump()))


@api.get("/agreements/<agreement_id>/signatures", query=PageQuery, returns=SignaturesOut)
def signatures(session: "Session", actor: Actor, agreement_id: str, query: PageQuery) -> SignaturesOut:
    """Who has signed this version, in which language, when and from where."""
    if queries.agreement_of(session, agreement_id) is None:
        raise not_found()
    rows, after = signatures_under(session, agreement_id, after=query.after, limit=query.limit)
    return SignaturesOut(items=[SignedOut.model_validate(row) for row in rows], next_after=after)


@api.get("/people/<annotator_id>/signatures", returns=PersonSignaturesOut, scope=lambda: queries.reach(current.actor()))
def person_signatures(session: "Session", actor: Actor, annotator_id: str) -> PersonSignaturesOut:
    """What a person has signed, newest first."""
    detail = queries.person_for(session, actor, annotator_id)
    name, pseudonym = detail.name, detail.annotator.pseudonym
    rows = [replace(one, name=name, pseudonym=pseudonym) for one in queries.signatures_of(session, annotator_id)]
    return PersonSignaturesOut(items=[SignedOut.model_validate(row) for row in rows])


@api.post("/agreements/<agreement_id>/signatures", body=SignatureIn, returns=SignatureOut, creates=True)
def sign_agreement(session: "Session", actor: Actor, agreement_id: str, body: SignatureIn) -> SignatureOut:
    """Sign the version in force, in the language in which you read it."""
    signed = operations.sign_agreement(
        session, actor, agreement_id, locale=body.locale, network=network_of(request.remote_addr)
    )
    return SignatureOut.model_validate(signed)
