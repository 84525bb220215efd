"""Accepting an invitation: the page behind a mailed address, in the language of whoever was invited."""

from flask import Response, request

from i18n import Message, _, current_locale, set_locale
from i18n.negotiation import negotiate
from kernel import db
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.tenancy import Scope
from web import current, languages, sessions
from web.forms import Form, empty_form, read_form
from web.render import page
from workforce import queries
from workforce.operations import invitations as acts
from workforce.pages import pages, words
from workforce.pages.apply import Application, Offer, as_typed, faults_of, let_in, signatures_of
from workforce.pages.stated import languages_in, rows_shown
from workforce.values import InvitationState, InvitationView


@pages.get("/invitation/<token>")
def invitation(token: str) -> Response:
    """What one is invited to, and the form; looking at it uses nothing up."""
    found = _found(token)
    person = current.person()
    first = {
        "name": found.name or "" if found else "", "locale": [found.locale] if found else [], "weekly_hours": 10,
        "time_zone": person.time_zone if person else "",
    }  # fmt: skip
    return _show(token, found, empty_form(first))


@pages.post("/invitation/<token>")
def accept_invitation(token: str) -> Response:
    """Accept it, with an account that is made by that or with the one that is signed in."""
    found, form = _found(token), read_form(Application)
    if found is None or found.state is not InvitationState.WAITING:
        return _show(token, found, form, 409)
    if languages.is_turned(form):
        return _show(token, found, form)
    offer = _offer(found)
    form.errors = faults_of(as_typed(form).model_copy(update={"email": found.email}), offer) | form.errors
    if form.ok:
        try:
            account_id, membership_id = _accept(token, found, offer, form.data)
        except Invalid as problem:
            form.add(problem)
        except (Conflict, Forbidden) as problem:
            form.errors[""] = problem.message
        else:
            return let_in(account_id, membership_id, _("Welcome. You are in."))
    return _show(token, _found(token), form, 422)


def _found(token: str) -> InvitationView | None:
    with db.reading(Scope.system("invitation")) as session:
        found = queries.invitation_by_secret(session, token)
    if found is not None and current.person() is None and languages.chosen() is None:
        set_locale(negotiate([found.locale]))
    return found


def _offer(found: InvitationView) -> Offer:
    with db.reading(Scope.system("invitation")) as session:
        pool, vendor = queries.pool_of(session, found.pool_id), queries.organization_of(session, found.org_id)
        assert pool is not None and vendor is not None, "what an invitation names is never removed"
        return Offer(pool, vendor.name, queries.agreements_in_force(session, found.org_id))


def _accept(token: str, found: InvitationView, offer: Offer, data: Application) -> tuple[str, str]:
    with db.transaction(Scope.tenant(found.org_id)) as session:
        return acts.accept_invitation(
            session, current.actor(), token, name=data.name, password=data.password, locale=current_locale(),
            time_zone=data.time_zone, languages=languages_in(data.model_dump()), signatures=signatures_of(offer, data),
            network=sessions.network_of(request.remote_addr), country=data.country, weekly_hours=data.weekly_hours,
            skills=data.skills, domains=data.domains, about=data.about,
        )  # fmt: skip


def _show(token: str, found: InvitationView | None, form: Form[Application], status: int = 200) -> Response:
    worthless: Message | None = acts.UNKNOWN
    offer = account = None
    if found is not None:
        worthless = None if found.state is InvitationState.WAITING else acts.WORTHLESS[found.state]
        offer = _offer(found)
        with db.reading(Scope.system("invitation")) as session:
            account = queries.find_account(session, found.email)
    person = current.person()
    return page(
        "workforce/invitation.html", status, invitation=found, offer=offer, form=form, errors=form.errors,
        rows=rows_shown(form.values), words=words, signed_in=person, has_account=account is not None, token=token,
        is_theirs=account is not None and person is not None and account.id == person.id, worthless=worthless,
    )  # fmt: skip
