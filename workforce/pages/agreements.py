"""Agreements of a vendor: the versions in force, and publishing another one."""

from typing import Any

from flask import Response, request

from i18n import SHIPPED, _, current_locale
from kernel import db
from kernel.errors import Invalid
from kernel.guard import not_found
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.pages import pages, words
from workforce.policy import Action
from workforce.queries.agreements import count_signatures, signatures_under
from workforce.rules.agreements import shown_locale


class AgreementForm(FormModel):
    """What the form of an agreement sends, beside title and text per language."""

    code: str
    required_from: str = "public"


@pages.get("/agreements")
def agreements() -> Response:
    """The documents in force; `?code=` fills the form with one of them, to publish its next version."""
    return _show(None, request.args.get("code", ""))


@pages.get("/agreements/<agreement_id>/signatures")
def signatures(agreement_id: str) -> Response:
    """Who has signed one version, in which language, when and from where."""
    with db.reading(queries.reach(current.actor())) as session:
        agreement = queries.agreement_of(session, agreement_id)
        if agreement is None:
            raise not_found()
        rows, after = signatures_under(session, agreement_id, after=request.args.get("after") or None)
    title = agreement.titles[shown_locale(agreement.titles, current_locale())]
    return page("workforce/signatures.html", agreement=agreement, title=title, rows=rows, after=after)


@pages.post("/agreements")
def publish_agreement() -> Response:
    """Publish a version."""
    form = read_form(AgreementForm)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                made = operations.publish_agreement(
                    session, current.actor(), code=form.data.code, titles=_typed("title"), texts=_typed("text"),
                    required_from=form.data.required_from,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _show(form, "", 422)
    flash("good", _("Version %(version)s is in force. People are asked to sign it.", version=str(made.version)))
    return see("workforce.agreements")


def _typed(what: str) -> dict[str, str]:
    typed = {locale: request.form.get(f"{what}-{locale}", "").strip() for locale in SHIPPED}
    return {locale: text for locale, text in typed.items() if text}


def _show(form: Form[Any] | None, code: str, status: int = 200) -> Response:
    scope = queries.reach(current.actor())
    with db.reading(scope) as session:
        org_id = current.actor().org_id or ""
        rows, after = queries.find_agreements(session, org_id, after=request.args.get("after") or None)
        known = queries.agreement_in_force(session, org_id, code) if code else None
        signed = count_signatures(session, known.id) if known else 0
    titles, texts = (dict(known.titles), dict(known.texts)) if known else ({}, {})
    if form is None:
        form = empty_form({"code": code, "required_from": known.required_from if known else "public"})
    else:
        titles, texts = _typed("title"), _typed("text")
    return page(
        "workforce/agreements.html", status, rows=rows, after=after, form=form, errors=form.errors, titles=titles,
        texts=texts, signed=signed, may_list=current.may(Action.PEOPLE_READ), shipped=SHIPPED, words=words,
        title_of=lambda one: one.titles[shown_locale(one.titles, current_locale())],
    )  # fmt: skip
