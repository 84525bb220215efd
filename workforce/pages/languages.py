"""Languages with their levels and what these rest on: one's own, and a person's for their vendor, who decides there."""

from typing import Any

from flask import Response
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.grounds import offered
from workforce.pages import pages, words
from workforce.pages.people import Decision
from workforce.rules.profiles import clean_history, clean_language, clean_modes
from workforce.values import EVIDENCE_KINDS, Standing


class LanguageForm(FormModel):
    """What the form of a language sends."""

    locale: str = ""
    proficiency: str = ""
    modes: list[str] = Field(default_factory=list, max_length=4)
    history: str = Field(default="", max_length=10)


class Proof(FormModel):
    """What the form of verification sends."""

    kind: str
    note: str = Field(default="", max_length=1000)
    modes: list[str] = Field(default_factory=list, max_length=4)


@pages.get("/me/languages")
def languages() -> Response:
    """One's own languages, mode by mode."""
    return _own(empty_form())


@pages.post("/me/languages")
def claim_language() -> Response:
    """State a language in some modes, or another level of it."""
    form = read_form(LanguageForm)
    if form.ok:
        form.errors.update(_faults_of(form.data))
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                person = queries.own_profile(session, current.actor())
                operations.claim_language(
                    session, current.actor(), person.id, locale=words.language_typed(form.data.locale),
                    proficiency=form.data.proficiency, modes=form.data.modes, history=form.data.history,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors["locale"] = problem.message
    if not form.ok:
        return _own(form, 422)
    flash("good", _("Saved. It is proven by a test or by your vendor."))
    return see("workforce.languages")


@pages.get("/people/<annotator_id>/languages")
def person_languages(annotator_id: str) -> Response:
    """A person's languages for their vendor, with what they rest on."""
    return _of_person(annotator_id, empty_form())


@pages.post("/people/<annotator_id>/languages/<claim_id>/verify")
def verify_language(annotator_id: str, claim_id: str) -> Response:
    """Take a language as proven, in the modes that are ticked."""
    form = read_form(Proof)
    if form.ok:
        evidence = {"kind": form.data.kind, "note": form.data.note}
        try:
            if not form.data.modes:
                told = _("Tick at least one mode that is proven.")
                raise Invalid("language.modes", told, {"modes": told})
            with db.transaction(queries.reach(current.actor())) as session:
                operations.verify_language(session, current.actor(), claim_id, evidence=evidence, modes=form.data.modes)
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _of_person(annotator_id, form, 422, f"verify {claim_id}")
    flash("good", _("Verified."))
    return see("workforce.person_languages", annotator_id=annotator_id)


@pages.post("/people/<annotator_id>/languages/<claim_id>/reject")
def reject_language(annotator_id: str, claim_id: str) -> Response:
    """Turn a language down in one mode."""
    form = read_form(Decision)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.reject_language(
                    session, current.actor(), claim_id, reason=form.data.reason,
                    evidence=form.data.named(),
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _of_person(annotator_id, form, 422, f"reject {claim_id}")
    flash("good", _("Turned down. The person reads your reason and can appeal."))
    return see("workforce.person_languages", annotator_id=annotator_id)


def _faults_of(data: LanguageForm) -> dict[str, Message]:
    """Everything that is missing or wrong, told at once; nothing was chosen for the person."""
    found: dict[str, Message] = {}
    for rule, values in (
        (clean_language, (words.language_typed(data.locale), data.proficiency)), (clean_modes, (data.modes,)),
        (clean_history, (data.history,)),
    ):  # fmt: skip
        try:
            rule(*values)
        except Invalid as problem:
            found |= problem.fields
    return found


def _own(form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        claims = queries.languages_of(session, person.id)
    return page(
        "workforce/languages.html", status, claims=claims, errors=form.errors, typed=form.values, words=words,
        asks_natives=person.status is Standing.ACTIVE,
    )  # fmt: skip


def _of_person(annotator_id: str, form: Form[Any], status: int = 200, tried: str = "") -> Response:
    """The languages of somebody; what was typed about the claim that was tried stands where it was typed."""
    with db.reading(queries.reach(current.actor())) as session:
        detail = queries.person_for(session, current.actor(), annotator_id)
        grounds = offered(session, annotator_id)
    return page(
        "workforce/person_languages.html", status, detail=detail, person=detail.annotator, errors=form.errors,
        words=words, grounds=grounds, typed=form.values, tried=tried,
        evidence_kinds=[(kind, str(name)) for kind, name in EVIDENCE_KINDS.items()],
        is_self=detail.annotator.account_id == current.actor().account_id,
    )  # fmt: skip
