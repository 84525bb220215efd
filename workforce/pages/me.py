"""One's own working profile: statements, languages, agreements to read and sign, and where one stands."""

from flask import Response, request
from pydantic import Field

from i18n import Message, _, current_locale
from kernel import db
from kernel.errors import Invalid
from kernel.guard import not_found
from web import current, sessions
from web.forms import FormModel, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.pages import pages, words
from workforce.rules.agreements import shown_locale


class ProfileForm(FormModel):
    """What the profile form sends."""

    country: str = ""
    time_zone: str = "UTC"
    weekly_hours: int = Field(default=0, ge=0, le=80)
    skills: list[str] = Field(default_factory=list)
    domains: list[str] = Field(default_factory=list)
    about: str = ""


@pages.get("/me")
def me() -> Response:
    """The profile with everything that stands in it."""
    return _show({})


@pages.post("/me")
def save_profile() -> Response:
    """Change what one states about oneself."""
    form = read_form(ProfileForm)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                person = queries.own_profile(session, current.actor())
                operations.update_profile(session, current.actor(), person.id, **form.data.model_dump())
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _show(form.errors, form.values)
    flash("good", _("Saved."))
    return see("workforce.me")


@pages.get("/me/agreements/<agreement_id>")
def read_agreement(agreement_id: str) -> Response:
    """The text of an agreement, in one's own language if there is one, with the button that signs it."""
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        agreement = queries.agreement_of(session, agreement_id)
        if agreement is None:
            raise not_found()
        signed = next(
            (one for one in queries.signatures_of(session, person.id) if one.agreement_id == agreement.id), None
        )
    wanted = request.args.get("locale")
    locale = wanted if wanted in agreement.texts else shown_locale(agreement.texts, current_locale())
    return page("workforce/agreement.html", agreement=agreement, shown=locale, signed=signed)


@pages.post("/me/agreements/<agreement_id>")
def sign_agreement(agreement_id: str) -> Response:
    """Sign what was read."""
    with db.transaction(current.scope()) as session:
        operations.sign_agreement(
            session,
            current.actor(),
            agreement_id,
            locale=request.form.get("locale", ""),
            network=sessions.network_of(request.remote_addr),
        )
    flash("good", _("Signed. You find the text here whenever you want to read it again."))
    return see("workforce.me")


@pages.post("/me/leave")
def leave() -> Response:
    """Stop working with this vendor."""
    with db.transaction(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        operations.change_standing(
            session, current.actor(), person.id, status="left", reason=str(_("The person left."))
        )
    flash("good", _("You have left. What you have earned stays yours."))
    return see("workforce.me")


def _show(errors: dict[str, Message], typed: dict[str, object] | None = None) -> Response:
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        claims = queries.claims_of(session, person.id)
        to_sign = queries.agreements_to_sign(session, person.id, person.org_id)
        signed = queries.signatures_of(session, person.id)
        in_force = {one.id: one for one in queries.agreements_in_force(session, person.org_id)}
        receipts, _after = queries.receipts_of(session, person.id, limit=5)
        steps = queries.steps_of(session, person.id)
    return page(
        "workforce/me.html", 422 if errors else 200, person=person, claims=claims, to_sign=to_sign, signed=signed,
        in_force=in_force, receipts=receipts, errors=errors, typed=typed or {}, words=words,
        steps=steps,
        title_of=lambda one: one.titles[shown_locale(one.titles, current_locale())],
    )  # fmt: skip
