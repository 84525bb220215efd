"""`/api/v1/…/documents`: handing documents in, being shown one for a reason, and deciding."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from i18n import _
from kernel import db
from kernel.errors import Invalid
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current, limits
from web.forms import InModel, OutModel
from workforce import queries
from workforce.api import api
from workforce.operations import documents as acts
from workforce.rules.documents import MOST_BYTES, CleanDocument, cleaned
from workforce.values import DocumentState, DocumentView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class DocumentIn(InModel):
    """A document: JPEG, PNG or PDF in base64, of kind identity or certificate."""

    kind: str = Field(max_length=20)
    name: str = Field(min_length=1, max_length=300)
    about: str = Field(default="", max_length=200)
    content: str = Field(min_length=1, max_length=MOST_BYTES * 4 // 3 + 4)


class LookIn(InModel):
    """Why you want to be shown it; the person reads this."""

    reason: str = Field(min_length=1, max_length=500)


class DocumentDecisionIn(InModel):
    """Whether it is accepted; a refusal has a reason, which the person reads."""

    is_accepted: bool
    reason: str = Field(default="", max_length=2000)


class LookOut(OutModel):
    """Who was shown a document, as what, when and why."""

    role: str
    reason: str
    at: datetime


class DocumentOut(OutModel):
    """A document without its content."""

    id: str
    kind: str
    name: str
    about: str
    media_type: str
    size: int
    uploaded_at: datetime
    state: DocumentState
    decided_at: datetime | None
    reason: str
    is_kept: bool
    looks: list[LookOut]

    @classmethod
    def of(cls, view: DocumentView) -> "DocumentOut":
        told = {name: getattr(view, name) for name in cls.model_fields if name != "looks"}
        return cls(**told, looks=[LookOut.model_validate(look) for look in view.looks])


class DocumentShownOut(OutModel):
    """The content, in base64, this once."""

    media_type: str
    sha256: str
    content: str


def _reach() -> Scope:
    return queries.reach(current.actor())


@api.get("/me/documents", returns=list[DocumentOut])
def documents(session: "Session", actor: Actor) -> list[DocumentOut]:
    """Your documents, with who was shown them and why"""
    return [DocumentOut.of(one) for one in queries.documents_of(session, queries.own_profile(session, actor).id)]


def _clean(body: DocumentIn) -> CleanDocument:
    """The document, looked at while nobody waits for the database."""
    limits.spend("documents")
    with db.reading(current.scope()) as session:
        queries.own_profile(session, current.actor())
    try:
        content = b64decode(body.content, validate=True)
    except (NotBase64, ValueError) as error:
        message = _("This is not base64.")
        raise Invalid("document.invalid", message, fields={"content": message}) from error
    return cleaned(content, body.name)


@api.post("/me/documents", body=DocumentIn, returns=DocumentOut, creates=True, before=_clean)
def upload_document(session: "Session", actor: Actor, body: DocumentIn, proven: CleanDocument) -> DocumentOut:
    """Hand a document in; it is sealed at once"""
    person = queries.own_profile(session, actor)
    made = acts.upload_document(
        session, actor, person.id, kind=body.kind, about=body.about, name=body.name, clean=proven
    )
    return DocumentOut.of(made)


@api.post("/me/documents/<document_id>/withdraw", returns=DocumentOut)
def withdraw_document(session: "Session", actor: Actor, document_id: str) -> DocumentOut:
    """Take a document back; its content is gone by that"""
    return DocumentOut.of(acts.withdraw_document(session, actor, document_id))


@api.get("/people/<annotator_id>/documents", returns=list[DocumentOut], scope=_reach)
def person_documents(session: "Session", actor: Actor, annotator_id: str) -> list[DocumentOut]:
    """Documents of one person, without their contents"""
    person = queries.person_for(session, actor, annotator_id)
    return [DocumentOut.of(one) for one in queries.documents_of(session, person.annotator.id)]


@api.post("/documents/<document_id>/look", body=LookIn, returns=DocumentShownOut, is_kept=False)
def look_at_document(session: "Session", actor: Actor, document_id: str, body: LookIn) -> DocumentShownOut:
    """Be shown a document this once, for a reason; the look is on record"""
    shown = acts.look_at_document(session, actor, document_id, reason=body.reason)
    return DocumentShownOut(media_type=shown.media_type, sha256=shown.sha256, content=b64encode(shown.content).decode())


@api.post("/documents/<document_id>/decision", body=DocumentDecisionIn, returns=DocumentOut)
def decide_document(session: "Session", actor: Actor, document_id: str, body: DocumentDecisionIn) -> DocumentOut:
    """Accept a document, which verifies an identity where it shows one, or refuse it"""
    return DocumentOut.of(acts.decide_document(session, actor, document_id, **body.model_dump()))
