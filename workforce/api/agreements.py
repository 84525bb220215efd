"""`/api/v1/agreements`: the versions in force, publishing one, signing one."""

from typing import TYPE_CHECKING

from flask import request

from kernel.policy import Actor
from web.forms import PageQuery
from web.sessions import network_of
from workforce import operations, queries
from workforce.api import api
from workforce.api.shapes import AgreementIn, AgreementOut, AgreementsOut, SignatureIn, SignatureOut

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


@api.post("/agreements/<agreement_id>/signatures", body=SignatureIn, returns=SignatureOut, creates=True)
def sign_agreement(session: "Session", actor: Actor, agreement_id: str, body: SignatureIn) -> SignatureOut:
    """Sign the version in force, in the language in which you read it."""
    signed = operations.sign_agreement(
        session, actor, agreement_id, locale=body.locale, network=network_of(request.remote_addr)
    )
    return SignatureOut.model_validate(signed)
