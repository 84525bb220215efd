"""Documents: one's own, handed in and withdrawn; and the vendor's looks at them, each for a reason, and decisions."""

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
    """Show the document, this once: a picture in the browser, a PDF as a file."""
    reason = request.form.get("reason", "")
    try:
        with db.transaction(current.scope()) as session:
            shown = acts.look_at_document(session, current.actor(), document_id, reason=reason)
    except Invalid as problem:
        return _back(document_id, problem)
    response = Response(shown.content, mimetype=shown.media_type)
    kind = "inline" if shown.media_type.startswith("image/") else "attachment"
    response.headers["Content-Disposition"] = f"{kind}; filename=document.{_SUFFIX[shown.media_type]}"
    response.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response


@pages.post("/documents/<document_id>/decision")
def decide_document(document_id: str) -> Response:
    """Accept or refuse it."""
    is_accepted, reason = request.form.get("outcome") == "accept", request.form.get("reason", "")
    try:
        with db.transaction(current.scope()) as session:
            decided = acts.decide_document(
                session, current.actor(), document_id, is_accepted=is_accepted, reason=reason
            )
    except Invalid as problem:
        return _back(document_id, problem)
    flash("good", _("Decided. The person reads it on their page of documents."))
    return see("workforce.person", annotator_id=decided.annotator_id)


def _back(document_id: str, problem: Invalid) -> Response:
    """To the person's page, with what is wrong."""
    with db.reading(current.scope()) as session:
        annotator_id = queries.owner_of_document(session, document_id)
    if annotator_id is None:
        raise not_found()
    flash("bad", next(iter(problem.fields.values()), problem.message))
    return see("workforce.person", annotator_id=annotator_id)


def _show(form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        found = queries.documents_of(session, person.id)
    return page(
        "workforce/documents.html", status, documents=found, form=form, errors=form.errors, words=words,
        role_label=role_label, most_mb=MOST_BYTES // 1024 // 1024,
    )  # fmt: skip
