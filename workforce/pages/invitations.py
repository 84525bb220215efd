"""Invitations of a vendor: one at a time or by a roster, sent again, taken back, and as a file."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from flask import Response, request, url_for
from pydantic import Field

from i18n import SHIPPED, Message, _
from kernel import db, jobs
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from web import current, limits
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from web.views.progress import card, describe_job
from workforce import queries
from workforce.confirming import invitation_address
from workforce.files.rosters import MOST_BYTES, read_roster
from workforce.operations import invitations as acts
from workforce.operations import rosters as roster_acts
from workforce.operations.made_files import ask_file
from workforce.pages import pages, words
from workforce.rules.rosters import LONGEST_NOTE, MOST_LINES
from workforce.taking import INVITATIONS
from workforce.values import FileLine, InvitationState, RosterOutcome

Value = TypeVar("Value", bound=StrEnum)
STATES: dict[InvitationState, tuple[Message, str]] = {
    InvitationState.WAITING: (_("Waits for an answer"), "wait"),
    InvitationState.EXPIRED: (_("Expired"), "plain"),
    InvitationState.ACCEPTED: (_("Accepted"), "good"),
    InvitationState.REVOKED: (_("Taken back"), "plain"),
}
OUTCOMES: dict[RosterOutcome, tuple[Message, str]] = {
    RosterOutcome.WRONG: (_("Wrong: nothing happens"), "bad"),
    RosterOutcome.TWICE: (_("Stands there twice: nothing happens"), "wait"),
    RosterOutcome.MEMBER: (_("With you already: nothing happens"), "plain"),
    RosterOutcome.KNOWN: (_("Invited before: nothing happens"), "plain"),
    RosterOutcome.INVITE: (_("Will be invited"), "act"),
    RosterOutcome.INVITED: (_("Invited"), "good"),
}
COLUMNS: dict[str, Message] = {
    "email": _("E-mail"), "locale": _("Language"), "name": _("Name"), "note": _("Note"), "": _("Line")
}  # fmt: skip

describe_job(
    roster_acts.JOB, _("Inviting the people of a roster"),
    lambda progress: url_for("workforce.roster", roster_id=progress.result.get("roster", "")),
)  # fmt: skip


class InvitationForm(FormModel):
    """What the form of one invitation sends."""

    pool_id: str
    email: str = Field(max_length=300)
    locale: str = Field(max_length=80)
    name: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=LONGEST_NOTE)


@pages.get("/invitations")
def invitations() -> Response:
    """All invitations with how they stand, and the forms for more."""
    return _list(empty_form({"pool_id": request.args.get("pool", "")}))


@pages.post("/invitations")
def invite() -> Response:
    """Invite one person."""
    form = read_form(InvitationForm)
    if form.ok:
        limits.spend("invite")
        try:
            with db.transaction(current.scope()) as session:
                acts.invite(
                    session, current.actor(), pool_id=form.data.pool_id, email=form.data.email,
                    locale=words.language_typed(form.data.locale), name=form.data.name, note=form.data.note,
                    address_of=invitation_address,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[str(problem.params.get("field", ""))] = problem.message
    if not form.ok:
        return _list(form, 422)
    flash("good", _("The invitation is on its way."))
    return see("workforce.invitations", pool=form.data.pool_id)


@pages.post("/invitations/<invitation_id>/again")
def send_again(invitation_id: str) -> Response:
    """Send an invitation once more."""
    limits.spend("invite")
    with db.transaction(current.scope()) as session:
        acts.send_again(session, current.actor(), invitation_id, address_of=invitation_address)
    flash("good", _("Another letter is on its way. The address in the one before it works no longer."))
    return see("workforce.invitations")


@pages.post("/invitations/<invitation_id>/revoke")
def revoke_invitation(invitation_id: str) -> Response:
    """Take an invitation back."""
    with db.transaction(current.scope()) as session:
        acts.revoke_invitation(session, current.actor(), invitation_id)
    flash("good", _("Taken back. The address in the letter works no longer."))
    return see("workforce.invitations")


@pages.post("/invitations/file")
def invitations_file() -> Response:
    """Ask for the same list as a file in which no cell is a formula."""
    limits.spend("export")
    wanted = _asked(request.form)
    asked = {name: value for name, value in (("pool", wanted["pool_id"]), ("state", wanted["state"])) if value}
    with db.transaction(current.scope()) as session:
        found = ask_file(session, current.actor(), INVITATIONS, asked)
    return see("workforce.made_file", made_file_id=found.id)


@pages.post("/rosters")
def upload_roster() -> Response:
    """Read a roster; nobody is invited by that."""
    file, pool_id = request.files.get("file"), request.form.get("pool_id", "")
    form = empty_form({"roster_pool_id": pool_id})
    if file is None or not file.filename:
        form.errors["file"] = _("Choose a file first.")
        return _list(form, 422)
    limits.spend("import")
    try:
        with db.reading(current.scope()) as session:
            roster_acts.pool_to_invite_into(session, current.actor(), pool_id)
        # While nobody waits for the database.
        lines = [_with_tag(line) for line in read_roster(file.stream.read(MOST_BYTES + 1), file.filename)]
        with db.transaction(current.scope()) as session:
            made = roster_acts.keep_roster(session, current.actor(), pool_id, name=file.filename, lines=lines)
    except Invalid as problem:
        form.add(problem)
        return _list(form, 422)
    return see("workforce.roster", roster_id=made.id)


@pages.get("/rosters/<roster_id>")
def roster(roster_id: str) -> Response:
    """A roster line by line: what is wrong, and what will happen."""
    asked = request.args.get("outcome", "")
    outcome = _one_of(RosterOutcome, "outcome")
    with db.reading(current.scope()) as session:
        found = queries.roster_of(session, roster_id)
        if found is None:
            raise not_found()
        pool = queries.pool_of(session, found.pool_id)
        lines, after = queries.roster_lines(session, roster_id, outcome=outcome, after=request.args.get("after"))
        progress = jobs.progress(session, found.job_id) if found.job_id else None
        left = queries.letters_left(session, found.org_id)
        is_stopped = queries.is_stopped(session, found)
    return page(
        "workforce/roster.html", roster=found, is_stopped=is_stopped, letters_left=left, pool=pool, lines=lines,
        after=after, outcome=asked, outcomes=OUTCOMES, columns=COLUMNS,
        to_invite=found.counts.get(RosterOutcome.INVITE, 0),
        job=card(progress) if progress and progress.state != "done" else None,
        job_url=url_for("web.job_status", job_id=found.job_id) if found.job_id else "",
    )  # fmt: skip


@pages.post("/rosters/<roster_id>/send")
def send_roster(roster_id: str) -> Response:
    """Invite whom it names."""
    with db.transaction(current.scope()) as session:
        roster_acts.send_roster(session, current.actor(), roster_id, address=invitation_address())
    return see("workforce.roster", roster_id=roster_id)


@pages.post("/rosters/<roster_id>/drop")
def drop_roster(roster_id: str) -> Response:
    """Forget a roster."""
    with db.transaction(current.scope()) as session:
        roster_acts.drop_roster(session, current.actor(), roster_id)
    flash("good", _("The roster is forgotten. Whoever was invited by it stays invited."))
    return see("workforce.invitations")


def _with_tag(line: FileLine) -> FileLine:
    """A language may be called by its name, in the reader's language or in its own."""
    named = line.cells.get("locale", "")
    return replace(line, cells={**line.cells, "locale": words.language_typed(named)}) if named else line


def _asked(sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    sent = request.args if sent is None else sent
    return {"pool_id": sent.get("pool", "")[:22] or None, "state": _one_of(InvitationState, "state", sent)}


def _one_of(values: type[Value], name: str, sent: Mapping[str, str] | None = None) -> Value | None:
    """What is asked of a list; a value that there is none of is not answered with everything."""
    asked = (request.args if sent is None else sent).get(name, "")
    if asked and asked not in set(values):
        fault = _("Choose one of the values offered.")
        raise Invalid("query.invalid", fault, {name: fault})
    return values(asked) if asked else None


def _list(form: Form[Any], status: int = 200) -> Response:
    asked, address, fault = _asked(), request.args.get("address", "").strip()[:254], ""
    with db.reading(current.scope()) as session:
        try:
            rows, after = queries.invitations(session, after=request.args.get("after"), address=address, **asked)
        except Invalid as problem:
            rows, after, fault, status = [], None, problem.fields["address"], 422
        counts = queries.count_invitations(session, asked["pool_id"])
        pools, _more = queries.pools(session, limit=200)
        rosters, _older = queries.rosters(session)
    chosen = {"pool": asked["pool_id"] or "", "state": asked["state"].value if asked["state"] else ""}
    chosen["address"] = address
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return page(
        "workforce/invitations.html", status, rows=rows, form=form, errors=form.errors, counts=counts, states=STATES,
        pools=[(one.id, one.name) for one in pools], pool_names={one.id: one.name for one in pools}, asked=chosen,
        rosters=rosters, words=words, kept=kept, most_lines=MOST_LINES, shipped=SHIPPED,
        address_fault=fault,
        next_url=url_for("workforce.invitations", after=after, **kept) if after else "",
    )  # fmt: skip
