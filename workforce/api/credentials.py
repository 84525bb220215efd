"""`/api/v1/me/credentials`: a signed file of what is proven, and bringing one from elsewhere."""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from i18n import render
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import limits
from web.forms import InModel, OutModel
from workforce import queries
from workforce.api import api
from workforce.issuing import as_issuer, believed
from workforce.operations import credentials as acts
from workforce.queries.credentials import brought_for
from workforce.rules.credentials import LONGEST, public_key

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class CredentialIn(InModel):
    """A credential as it was given out, byte for byte."""

    credential: str = Field(max_length=LONGEST)


class CredentialOut(OutModel):
    """A credential; keep the text as it is."""

    credential: str


class CredentialKeyOut(OutModel):
    """The name and the public key (Ed25519, URL-safe base64) under which this installation signs."""

    issuer: str
    key: str


class CredentialLineOut(OutModel):
    """A line of a credential, and whether it is believed here, in the caller's language."""

    what: str
    is_believed: bool
    why: str


class CredentialVerdictOut(OutModel):
    """Who signed a credential, and each of its lines."""

    issuer: str
    statements: list[CredentialLineOut]


class BroughtOut(OutModel):
    """A credential from elsewhere that was believed: what it says, line by line, in the caller's language."""

    id: str
    issuer: str
    vendor: str
    issued_at: datetime
    until_at: datetime
    brought_at: datetime
    is_over: bool
    lines: list[str]


class BroughtListOut(OutModel):
    """What somebody has brought, the newest first; one of each key."""

    items: list[BroughtOut]


def _brought(session: "Session", actor: Actor, annotator_id: str) -> BroughtListOut:
    found = brought_for(session, actor, annotator_id)
    items = [
        BroughtOut(
            id=one.id, issuer=one.issuer, vendor=one.vendor, issued_at=one.issued_at, until_at=one.until_at,
            brought_at=one.brought_at, is_over=one.is_over, lines=[render(line) for line in one.lines],
        )
        for one in found
    ]  # fmt: skip
    return BroughtListOut(items=items)


@api.get("/me/credentials", returns=BroughtListOut)
def my_credentials(session: "Session", actor: Actor) -> BroughtListOut:
    """What you have brought from elsewhere"""
    return _brought(session, actor, queries.own_profile(session, actor).id)


@api.delete("/me/credentials/<credential_id>")
def forget_credential(session: "Session", actor: Actor, credential_id: str) -> None:
    """Take back what you have brought: nobody is shown it any more, and nothing rests on it"""
    acts.forget_credential(session, actor, credential_id)


@api.get("/people/<annotator_id>/credentials", returns=BroughtListOut)
def person_credentials(session: "Session", actor: Actor, annotator_id: str) -> BroughtListOut:
    """What one of your people has brought from elsewhere"""
    return _brought(session, actor, annotator_id)


@api.get("/credentials/key", returns=CredentialKeyOut, scope=lambda: Scope.system("public key"), public=True)
def credential_key(session: "Session", actor: Actor) -> CredentialKeyOut:
    """The key by which others verify what is signed here"""
    issuer = as_issuer()
    return CredentialKeyOut(issuer=issuer["issuer"], key=public_key(issuer["seed"]))


@api.post("/me/credentials", returns=CredentialOut, before=limits.spends("export"))
def export_credential(session: "Session", actor: Actor) -> CredentialOut:
    """What is proven of you, signed"""
    person = queries.own_profile(session, actor)
    return CredentialOut(credential=acts.export_credential(session, actor, person.id, **as_issuer()))


@api.post("/me/credentials/import", body=CredentialIn, returns=CredentialVerdictOut, before=limits.spends("import"))
def import_credential(session: "Session", actor: Actor, body: CredentialIn) -> CredentialVerdictOut:
    """Bring a credential; you are told of each line whether it is believed here"""
    person = queries.own_profile(session, actor)
    verdict = acts.import_credential(session, actor, person.id, body.credential, **as_issuer(), trusted=believed())
    told = [
        CredentialLineOut(what=render(one.what), is_believed=one.is_believed, why=render(one.why))
        for one in verdict.statements
    ]
    return CredentialVerdictOut(issuer=verdict.issuer, statements=told)
