"""Pages of classification: what a project asks of readers, its class, its units and theirs."""

from typing import Any

from flask import Response
from flask import request as sent
from pydantic import Field

from calibration.reach import with_gold
from i18n import Message, _
from kernel import db
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.grants import rights_on
from kernel.guard import check, not_found, require
from kernel.seeing import see as see_noted
from labeling.links import for_page
from labeling.rules.media import MEDIA_FIELDS
from labeling.watermark import watermark_of
from marketplace.models import Project
from marketplace.operations import cancelling, protecting
from marketplace.operations.reads import may_see_class
from marketplace.pages import pages
from marketplace.passes import unit_pass
from marketplace.policy import project_resource
from marketplace.queries.units import UnitView, units_of_project
from marketplace.rules.protection import missing_for, read_documents
from marketplace.values.actions import Action
from marketplace.values.work import UNIT_STATES
from web import current
from web.forms import FormModel, read_form
from web.render import flash, page, see
from workforce.pages.words import CLASSIFICATIONS as CLASS_WORDS
from workforce.pages.words import countries_typed, country_name
from workforce.values import CLASSES, Protection


@pages.get("/projects/<project_id>/protection")
def protection(project_id: str) -> Response:
    """Who may see the project's data."""
    return _page(project_id, {}, {})


@pages.post("/projects/<project_id>/protection")
def set_protection(project_id: str) -> Response:
    """Set what readers must have signed, and where they must be."""
    typed = {name: sent.form.get(name, "") for name in ("agreements", "annex", "countries", "networks")}
    try:
        with db.transaction(current.scope()) as session:
            protecting.set_protection(
                session, current.actor(), project_id, agreements=read_documents(typed["agreements"]),
                annex=read_documents(typed["annex"]), countries=countries_typed(typed["countries"]),
                networks=typed["networks"].replace(",", " ").split(),
            )  # fmt: skip
    except Invalid as problem:
        return _page(project_id, dict(problem.fields), typed, 422)
    flash("good", _("Saved. It holds from everybody's next request on."))
    return see("marketplace.protection", project_id=project_id)


@pages.post("/projects/<project_id>/classification")
def classify_project(project_id: str) -> Response:
    """Make the project more or less sensitive."""
    typed = {name: sent.form.get(name, "") for name in ("classification", "reason")}
    try:
        with db.transaction(current.scope()) as session:
            protecting.classify_project(session, current.actor(), project_id, **typed)
    except Invalid as problem:
        return _page(project_id, dict(problem.fields), typed, 422)
    flash("good", _("The project has its new class; it holds from everybody's next request on."))
    return see("marketplace.protection", project_id=project_id)


class UnitsForm(FormModel):
    """What the form above the list of units sends."""

    classification: str = Field(default="", pattern=f"^({'|'.join(CLASSES)})?$")
    state: str = Field(default="", pattern=f"^({'|'.join(UNIT_STATES)})?$")
    reference: str = Field(default="", max_length=200)

    def wanted(self) -> dict[str, Any]:
        """The same for the list."""
        return self.model_dump()


@pages.get("/projects/<project_id>/units")
def units(project_id: str) -> Response:
    """The units of a project, without their content."""
    form = read_form(UnitsForm, sent.args)
    with db.reading(current.scope()) as session:
        project = session.get(Project, project_id)
        if project is None:
            raise not_found()
        rights = rights_on(session, current.actor().org_id, project.id)
        require(session, current.actor(), Action.UNIT_READ, project_resource(project, rights))
        after = sent.args.get("after") or None
        rows, after = (
            units_of_project(session, project.id, after=after, **form.data.wanted()) if form.ok else ([], None)
        )
    wanted = {name: told for name, told in form.values.items() if told}
    return page(
        "marketplace/units.html", 200 if form.ok else 422, project=project, rows=rows, after=after, words=CLASS_WORDS,
        wanted=wanted, errors=form.errors, states=UNIT_STATES,
    )  # fmt: skip


@pages.get("/units/<unit_id>")
def unit(unit_id: str) -> Response:
    """A unit with its content."""
    return _unit(unit_id, {}, {})


@pages.post("/units/<unit_id>/classification")
def classify_unit(unit_id: str) -> Response:
    """Make one unit more sensitive than its project, or take that back."""
    typed = {name: sent.form.get(name, "") for name in ("classification", "reason")}
    try:
        with db.transaction(current.scope()) as session:
            changed = protecting.classify_unit(session, current.actor(), unit_id, **typed)
            project = session.get_one(Project, changed.project_id)
            is_open = may_see_class(session, current.actor(), project, changed.classification, is_own=False)
    except Invalid as problem:
        return _unit(unit_id, dict(problem.fields), typed, 422)
    flash("good", _("The unit has its new class; it holds from everybody's next request on."))
    if is_open:
        return see("marketplace.unit", unit_id=unit_id)
    flash("wait", _("You do not see it yourself any more: its class asks more of whoever reads it."))
    return see("marketplace.units", project_id=project.id)


@pages.post("/units/<unit_id>/cancellation")
def cancel_unit(unit_id: str) -> Response:
    """Take one unit out of the work for good."""
    reason = sent.form.get("cancel_reason", "")
    try:
        with db.transaction(with_gold()) as session:
            cancelling.cancel_unit(session, current.actor(), unit_id, reason=reason)
    except Invalid as problem:
        return _unit(unit_id, {"cancel_reason": problem.fields["reason"]}, {"cancel_reason": reason}, 422)
    flash("good", _("The unit is out of the work. What was answered stays, and is paid."))
    return see("marketplace.unit", unit_id=unit_id)


@pages.post("/units/<unit_id>/original")
def original(unit_id: str) -> Response:
    """The original behind a mask, for whoever may read it and says why."""
    why = sent.form.get("why", "")
    try:
        with db.transaction(current.scope()) as session:
            found, content = protecting.see_original(session, current.actor(), unit_id, why=why)
    except Invalid as problem:
        return _unit(unit_id, dict(problem.fields), {"why": why}, 422)
    return page(
        "marketplace/unit.html", unit=found, words=CLASS_WORDS, errors={}, typed={}, content=_content(found),
        missing=_missing(found.project_id),
        original={name: text for name, text in content.items() if name not in MEDIA_FIELDS}, may_original=True,
        watermark=watermark_of(found.classification),
    )  # fmt: skip


def _unit(unit_id: str, errors: dict[str, Message], typed: dict[str, str], status: int = 200) -> Response:
    found: UnitView = see_noted(current.scope(), lambda session: protecting.see_unit(session, current.actor(), unit_id))
    return page(
        "marketplace/unit.html", status, unit=found, content=_content(found), words=CLASS_WORDS, errors=errors,
        missing=_missing(found.project_id),
        typed=typed, may_original=current.may(Action.UNIT_ORIGINAL), may_cancel=current.may(Action.UNIT_CANCEL),
        watermark=watermark_of(found.classification),
    )  # fmt: skip


def _missing(project_id: str) -> dict[str, tuple[Message, ...]]:
    with db.reading(current.scope()) as session:
        return missing_for(Protection.from_json(session.get_one(Project, project_id).protection))


def _content(found: UnitView) -> dict[str, Any]:
    return for_page(found.content, unit_pass(found))


def _page(project_id: str, errors: dict[str, Message], typed: dict[str, str], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        project = session.get(Project, project_id)
        if project is None:
            raise not_found()
        rights = rights_on(session, current.actor().org_id, project.id)
        resource = project_resource(project, rights)
        require(session, current.actor(), Action.PROJECT_READ, resource)
        now = now_of(session)
    may = {
        name: check(current.actor(), action, resource, now).is_within_reach
        for name, action in (("set", Action.PROJECT_PROTECT), ("lower", Action.CLASS_LOWER))
    }
    return page(
        "marketplace/protection.html", status, project=project, values=_shown(project) | typed, errors=errors, may=may,
        words=CLASS_WORDS, missing=missing_for(Protection.from_json(project.protection)),
    )  # fmt: skip


def _shown(project: Project) -> dict[str, Any]:
    kept = Protection.from_json(project.protection)
    return {
        "agreements": "\n".join(f"{code} {version}" for code, version in kept.agreements),
        "annex": "\n".join(f"{code} {version}" for code, version in kept.annex),
        "countries": ", ".join(country_name(code) for code in sorted(kept.countries)),
        "networks": "\n".join(kept.networks),
        "classification": project.classification,
    }
