"""Credentials: taking one along, and bringing one from elsewhere."""

from flask import Response, request

from i18n import Message, _
from kernel import db
from kernel.errors import Invalid
from web import current, limits
from web.render import flash, page, see
from workforce import queries
from workforce.issuing import as_issuer, believed
from workforce.operations import credentials as acts
from workforce.pages import pages
from workforce.queries.credentials import brought_for
from workforce.rules.credentials import LONGEST
from workforce.values import Verdict


@pages.get("/me/credentials")
def credentials() -> Response:
    """What a credential is, and both forms."""
    return _show()


@pages.post("/me/credentials")
def export_credential() -> Response:
    """The signed file."""
    limits.spend("export")
    with db.transaction(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        text = acts.export_credential(session, current.actor(), person.id, **as_issuer())
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=credential.json"
    return response


@pages.post("/me/credentials/import")
def import_credential() -> Response:
    """Bring one, and be told of each line whether it is believed."""
    limits.spend("import")
    file = request.files.get("credential")
    try:
        text = file.stream.read(LONGEST * 4 + 1).decode("utf-8") if file is not None else ""
    except UnicodeDecodeError:
        text = ""
    try:
        with db.transaction(current.scope()) as session:
            person = queries.own_profile(session, current.actor())
            verdict = acts.import_credential(
                session, current.actor(), person.id, text, **as_issuer(), trusted=believed()
            )
    except Invalid as problem:
        return _show(errors=problem.fields, status=422)
    return _show(verdict)


@pages.post("/me/credentials/<credential_id>/forget")
def forget_credential(credential_id: str) -> Response:
    """Take back what one has brought."""
    with db.transaction(current.scope()) as session:
        acts.forget_credential(session, current.actor(), credential_id)
    flash("good", _("It is forgotten here, and nothing rests on it any more."))
    return see("workforce.credentials")


def _show(verdict: Verdict | None = None, errors: dict[str, Message] | None = None, status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        brought = brought_for(session, current.actor(), person.id)
    return page("workforce/credentials.html", status, verdict=verdict, brought=brought, errors=errors or {})
