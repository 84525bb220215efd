"""The client's page of who saw its restricted content: filters, the proof of the chain, and a file of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for
from pydantic import Field

from i18n import _
from kernel import db, jobs
from kernel.errors import Invalid
from kernel.guard import require
from kernel.policy import Resource, Role
from marketplace.operations import reads as operations
from marketplace.pages import pages
from marketplace.queries import reads as queries
from marketplace.values.actions import Action
from marketplace.values.reads import WHY_WORDS, ReadFilter, ReadRow, Why
from web import current, limits
from web.days import beginning_of
from web.forms import Day, Form, FormModel, read_form
from web.render import page, see
from web.roles import ROLE_LABELS
from workforce.operations.made_files import ask_file
from workforce.pages.words import CLASSIFICATIONS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ReadsForm(FormModel):
    """What the form above the list sends."""

    unit: str = Field(default="", max_length=200)
    project: str = Field(default="", max_length=22)
    reader: str = Field(default="", max_length=64)
    role: Role | None = None
    why: Why | None = None
    since: Day | None = None
    until: Day | None = None


@pages.get("/reads")
def reads() -> Response:
    """Who saw my data."""
    form = read_form(ReadsForm, request.args)
    actor = current.actor()
    with db.reading(current.scope()) as session:
        require(session, actor, Action.READS_SEE, Resource("reads", actor.org_id, org_id=actor.org_id))
        rows, after = _found(session, actor.org_id or "", form)
        asked = request.args.get("verification")
        verdict = jobs.progress(session, asked) if asked else None
        projects = queries.own_projects(session, actor.org_id or "")
    filters = _kept(form)
    return page(
        "marketplace/reads.html", 200 if form.ok else 422, rows=rows, form=form, errors=form.errors, filters=filters,
        next_url=url_for("marketplace.reads", **filters, after=after) if after else "", roles=ROLE_LABELS,
        why_words=WHY_WORDS, class_words=CLASSIFICATIONS, readers=[Role.ANNOTATOR, Role.REVIEWER, *_CLIENT_ROLES],
        projects=projects,
        verdict=verdict if verdict and verdict.job == "marketplace.verify_reads" and verdict.state == "done" else None,
    )  # fmt: skip


def _found(session: "Session", org_id: str, form: Form[ReadsForm]) -> tuple[list[ReadRow], str | None]:
    """Nothing where the filter is wrong: what was asked is not answered with more."""
    if not form.ok:
        return [], None
    wanted = _filter(form)
    try:
        queries.refuse_impossible(session, org_id, wanted)
    except Invalid as problem:
        form.add(problem)
        return [], None
    return queries.reads_of(session, org_id, wanted, after=request.args.get("after") or None)


_CLIENT_ROLES = (Role.CLIENT_ADMIN, Role.CLIENT_PM, Role.CLIENT_QA)


@pages.post("/reads/file")
def reads_file() -> Response:
    """Ask for the same as a file."""
    limits.spend("export")
    asked = operations.asked_of(_filter(read_form(ReadsForm)))
    with db.transaction(current.scope()) as session:
        found = ask_file(session, current.actor(), operations.FILE, asked)
    return see("workforce.made_file", made_file_id=found.id)


@pages.post("/reads/verification")
def verify_reads() -> Response:
    """Prove the chain, from the day of the filter on."""
    since = _filter(read_form(ReadsForm)).since
    with db.transaction(current.scope()) as session:
        job_id = operations.ask_verification(session, current.actor(), since)
    return see("web.job_status", job_id=job_id)


def _filter(form: Form[ReadsForm]) -> ReadFilter:
    """The filter; raises Invalid, by field, where there is none."""
    if not form.ok:
        raise Invalid("query.invalid", _("Some of it cannot be taken."), form.errors)
    chosen = form.data
    return ReadFilter(
        chosen.unit,
        chosen.project,
        chosen.reader,
        chosen.role or "",
        chosen.why or "",
        beginning_of(chosen.since) if chosen.since else None,
        beginning_of(chosen.until + timedelta(days=1)) if chosen.until else None,
    )


def _kept(form: Form[ReadsForm]) -> dict[str, Any]:
    return {name: value for name, value in form.values.items() if value}
