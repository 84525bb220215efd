"""The viewer of the audit log: filters, pages by key, and the verification of a chain."""

from datetime import timedelta
from typing import Any

from flask import Response, request, url_for
from pydantic import Field

from admin.jobs import ask_verification
from admin.pages import pages
from admin.policy import Action, chain_resource, reads_every_chain
from admin.queries import events
from admin.values import EventFilter
from i18n import _
from kernel import db, jobs
from kernel.audit import INSTALLATION
from kernel.guard import require
from kernel.policy import Actor
from web import current
from web.days import beginning_of
from web.forms import Day, Form, FormModel, read_form
from web.render import page, see
from workforce.policy import Action as PeopleAction

EVERY = "every"


class LogFilter(FormModel):
    """What the form above the log sends."""

    chain: str = Field(default="", max_length=32)
    action: str = Field(default="", max_length=64)
    object_type: str = Field(default="", max_length=40)
    object_ref: str = Field(default="", max_length=64)
    actor: str = Field(default="", max_length=64)
    since: Day | None = None
    until: Day | None = None


@pages.get("/admin/audit")
def audit() -> Response:
    """The log, newest first."""
    form = read_form(LogFilter, request.args)
    actor = current.actor()
    chosen = form.data if form.ok else LogFilter()
    chain = chain_for(actor, chosen.chain)
    with db.reading(current.scope()) as session:
        require(session, actor, Action.AUDIT_READ, chain_resource(chain))
        rows, after = events.events(
            session, _filter(chosen, chain), names_of=None if reads_every_chain(actor) else actor.org_id,
            is_blind=current.may(PeopleAction.APPEAL_DECIDE), after=request.args.get("after") or None,
        ) if form.ok else ([], None)  # fmt: skip
        names = events.chains(session) if reads_every_chain(actor) else []
        asked = request.args.get("verification")
        verdict = jobs.progress(session, asked) if asked else None
    return page(
        "admin/audit.html", 200 if form.ok else 422, rows=rows, after=after, form=form, errors=form.errors,
        chain=chain or EVERY, chains=_choices(names) if reads_every_chain(actor) else [], names=dict(names),
        filters=_kept(form),
        next_url=_address(form, after=after) if after else "",
        first_url=_address(form) if "after" in request.args else "",
        verdict=verdict if verdict and verdict.job == "admin.verify_audit" and verdict.state == "done" else None,
    )  # fmt: skip


@pages.post("/admin/audit/verify")
def verify_audit() -> Response:
    """Verify a chain in the background."""
    actor = current.actor()
    chain = chain_for(actor, request.form.get("chain", "")[:32])
    with db.transaction(current.scope()) as session:
        job_id = ask_verification(session, actor, chain)
    return see("web.job_status", job_id=job_id)


def chain_for(actor: Actor, wanted: str) -> str | None:
    """The chain to read: of one's own organization, unless one reads them all. None stands for every chain."""
    if not reads_every_chain(actor):
        return actor.org_id
    return None if wanted == EVERY else wanted or INSTALLATION


def _filter(chosen: LogFilter, chain: str | None) -> EventFilter:
    return EventFilter(
        chain, chosen.action, chosen.object_type, chosen.object_ref, chosen.actor,
        beginning_of(chosen.since) if chosen.since else None,
        beginning_of(chosen.until + timedelta(days=1)) if chosen.until else None,
    )  # fmt: skip


def _choices(names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    own = [(INSTALLATION, str(_("The installation"))), (EVERY, str(_("Every organization")))]
    return own + [(chain, name or chain) for chain, name in names if chain != INSTALLATION]


def _kept(form: Form[LogFilter]) -> dict[str, Any]:
    return {name: value for name, value in form.values.items() if value}


def _address(form: Form[LogFilter], **more: Any) -> str:
    return url_for("admin.audit", **_kept(form), **more)
