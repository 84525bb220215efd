"""Documents: one's own, handed in and withdrawn; and the vendor's looks at them, each for a reason, and decisions."""

from base64 import b64encode
from typing import Any

from flask import Response, request
from pydantic import Field

from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from web import current, limits
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, role_label, see
from workforce import queries
from workforce.operations import documents as acts
from workforce.pages import pages, words
from workforce.rules.documents import MOST_BYTES, cleaned

_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


class DocumentForm(FormModel):
    """What the form of a document sends beside the file."""

    kind: str = Field(max_length=20)
    about: str = Field(default="", max_length=200)


@pages.get("/me/documents")
def documents() -> Response:
    """One's documents, with who was shown them and why."""
    return _show(empty_form())


@pages.post("/me/documents")
def upload_document() -> Response:
    """Hand one in."""
    form, file = read_form(DocumentForm), request.files.get("file")
    if file is None or not file.filename:
        form.errors["file"] = _("Choose a file first.")
    if form.ok and file is not None:
        limits.spend("documents")
        try:
            content = file.stream.read(MOST_BYTES + 1)
            clean = cleaned(content, file.filename or "")  # while nobody waits for the database
            with db.transaction(current.scope()) as session:
                person = queries.own_profile(session, current.actor())
                acts.upload_document(
                    session, current.actor(), person.id, kind=form.data.kind, about=form.data.about,
                    name=file.filename or "", clean=clean,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[""] = problem.message
    if not form.ok:
        return _show(form, 422)
    flash("good", _("Handed in. The vendor looks at it."))
    return see("workforce.documents")


@pages.post("/me/documents/<document_id>/withdraw")
def withdraw_document(document_id: str) -> Response:
    """Take one back."""
    with db.transaction(current.scope()) as session:
        acts.withdraw_document(session, current.actor(), document_id)
    flash("good", _("Withdrawn. Its content is gone."))
    return see("workforce.documents")


@pages.post("/documents/<document_id>/look")
def look_at_document(document_id: str) -> Response:
    """Show the document, this once, with what decides on it: a picture on the page, a PDF as a file to save."""
    reason = request.form.get("reason", "")
    try:
        with db.transaction(current.scope()) as session:
            shown = acts.look_at_document(session, current.actor(), document_id, reason=reason)
            document = queries.document_of(session, document_id)
            detail = queries.person_for(session, current.actor(), document.annotator_id)
    except Invalid as problem:
        return _back(document_id, problem)
    content = f"data:{shown.media_type};base64,{b64encode(shown.content).decode()}"
    return page(
        "workforce/document.html", document=document, person=detail.annotator, name=detail.name, reason=reason,
        words=words, content=content, suffix=_SUFFIX[shown.media_type],
    )  # fmt: skip


@pages.post("/documents/<document_id>/decision")
def decide_document(document_id: str) -> Response:
    """Accept or refuse it."""
    outcome, reason = request.form.get("outcome", ""), request.form.get("reason", "")
    try:
        if outcome not in ("accept", "refuse"):
            raise Invalid("document.outcome", _("Choose whether you accept or refuse it."))
        with db.transaction(current.scope()) as session:
            decided = acts.decide_document(
                session, current.actor(), document_id, is_accepted=outcome == "accept", reason=reason
            )
    except (Invalid, Conflict) as problem:
        return _back(document_id, problem)
    flash("good", _("Decided. The person reads it on their page of documents."))
    return see("workforce.person", annotator_id=decided.annotator_id)


def _back(document_id: str, problem: Invalid | Conflict) -> Response:
    """To the person's page, with what is wrong."""
    with db.reading(current.scope()) as session:
        annotator_id = queries.owner_of_document(session, document_id)
    if annotator_id is None:
        raise not_found()
    fields = problem.fields if isinstance(problem, Invalid) else {}
    flash("bad", next(iter(fields.values()), problem.message))
    return see("workforce.person", annotator_id=annotator_id)


def _show(form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        found = queries.documents_of(session, person.id)
    return page(
        "workforce/documents.html", status, documents=found, form=form, errors=form.errors, words=words,
        role_label=role_label, most_mb=MOST_BYTES // 1024 // 1024,
    )  # fmt: skip
