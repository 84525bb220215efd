"""The open application page of a pool: one form for account, profile, languages and signatures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for
from pydantic import Field

from i18n import Message, _, current_locale
from kernel import db, ids
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.policy import NOBODY, Actor, system_actor
from kernel.tenancy import Scope
from web import current, languages, limits, sessions
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.confirming import confirmation_address
from workforce.directory import person_of
from workforce.operations import drafts
from workforce.operations.addresses import post_confirmation
from workforce.operations.applying import FOR_EVERYBODY, apply_with_signatures
from workforce.pages import pages, words
from workforce.pages.stated import faults_in, languages_in, rows_shown
from workforce.rules.agreements import shown_locale
from workforce.rules.names import clean_name, email_key
from workforce.rules.passwords import ensure_strong
from workforce.values import AgreementView, PoolView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MANY = {"locale", "proficiency", "modes", "skills", "domains"}


class Application(FormModel):
    """What the form sends. Name, address and password are left out by people who have an account."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=300)
    password: str | None = Field(default=None, max_length=2000)
    locale: list[str] = Field(default_factory=list, max_length=20)
    proficiency: list[str] = Field(default_factory=list, max_length=20)
    modes: list[str] = Field(default_factory=list, max_length=80)  # `1-read`: in the first language, reading
    country: str = ""
    time_zone: str = "UTC"
    weekly_hours: int = Field(default=10, ge=0, le=80)
    skills: list[str] = Field(default_factory=list)
    domains: list[str] = Field(default_factory=list)
    about: str = ""
    agreement: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Offer:
    """What the page of a pool shows."""

    pool: PoolView
    vendor_name: str
    agreements: list[AgreementView]

    @property
    def about(self) -> tuple[str, str] | None:
        """The text for applicants with its locale."""
        if not self.pool.about:
            return None
        locale = shown_locale(self.pool.about, current_locale())
        return locale, self.pool.about[locale]

    @property
    def texts(self) -> list[tuple[AgreementView, str]]:
        """The agreements, each with the locale in which it is shown."""
        return [(agreement, shown_locale(agreement.texts, current_locale())) for agreement in self.agreements]


@pages.get("/apply/<pool_id>")
def apply(pool_id: str) -> Response:
    """What the pool is, and the form."""
    person, offer = current.person(), _offer(pool_id)
    first: dict[str, Any] = {"time_zone": person.time_zone if person else "", "weekly_hours": 10}
    key, draft = _draft_key(pool_id), None
    if key is not None:
        with db.reading(Scope.tenant(offer.pool.org_id)) as session:
            draft = queries.draft_of(session, pool_id, key)
    return _show(offer, empty_form(first | (draft or {})), has_draft=draft is not None)


@pages.post("/apply/<pool_id>/draft")
def save_draft(pool_id: str) -> Response:
    """Keep what was typed so far, but a password; it comes back to this browser, or to the account wherever it is."""
    offer, key = _offer(pool_id), _draft_key(pool_id)
    limits.spend("drafts")
    secret = "" if key else ids.new_secret(32)
    key = key or drafts.key_of(secret)
    typed = {name: request.form.getlist(name) for name in Application.model_fields if name in request.form}
    content = {name: values if name in _MANY else values[0] for name, values in typed.items()}
    try:
        with db.transaction(Scope.tenant(offer.pool.org_id)) as session:
            drafts.save_draft(session, system_actor("application"), pool_id, key=key, content=content)
    except Invalid as problem:
        return _show(offer, Form(None, content, dict(problem.fields)), 422)
    flash("good", _("Saved. What you typed is here for a month, but your password."))
    response = see("workforce.apply", pool_id=pool_id)
    if secret:
        response.set_cookie(
            _cookie(pool_id), secret, path="/", httponly=True, samesite="Lax",
            secure=current.settings().is_production, max_age=int(drafts.KEPT_FOR.total_seconds()),
        )  # fmt: skip
    return response


@pages.post("/apply/<pool_id>/draft/forget")
def forget_draft(pool_id: str) -> Response:
    """Forget what was typed, on a telephone that others use too, for one."""
    offer, key = _offer(pool_id), _draft_key(pool_id)
    if key is not None:
        with db.transaction(Scope.tenant(offer.pool.org_id)) as session:
            drafts.forget_draft(session, system_actor("application"), pool_id, key=key)
    flash("good", _("Forgotten. Nothing of what you typed is kept."))
    return _without_cookie(see("workforce.apply", pool_id=pool_id), pool_id)


def _without_cookie(response: Response, pool_id: str) -> Response:
    response.delete_cookie(
        _cookie(pool_id), path="/", httponly=True, samesite="Lax", secure=current.settings().is_production
    )
    return response


def _cookie(pool_id: str) -> str:
    """Each pool has a cookie of its own: a browser that `__Host-` binds to this host asks for the path `/`."""
    return sessions.of_this_host(f"application-{pool_id}", current.settings())


def _draft_key(pool_id: str) -> str | None:
    """What opens a draft: the account, or the secret in this browser's cookie for the pool."""
    person = current.person()
    if person is not None:
        return drafts.key_of_account(person.id)
    secret = request.cookies.get(_cookie(pool_id), "")[:100]
    return drafts.key_of(secret) if secret else None


@pages.post("/apply/<pool_id>")
def send_application(pool_id: str) -> Response:
    """Make the account if there is none, and apply; all of it or nothing."""
    offer, form = _offer(pool_id), read_form(Application)
    if languages.is_turned(form):
        return _show(offer, form)
    if form.ok:
        with db.transaction(Scope.system("limit of applications")) as session:
            limits.count(
                session, "apply", sessions.network_of(request.remote_addr), most=limits.MOST["apply"],
                seconds=limits.HOUR,
            )  # fmt: skip
    form.errors = faults_of(as_typed(form), offer) | form.errors
    if form.ok:
        try:
            account_id, membership_id = _apply(offer, form.data)
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            form.errors[str(problem.params.get("field", ""))] = problem.message
        else:
            return _without_cookie(let_in(account_id, membership_id, _("Your application was sent.")), pool_id)
    return _show(offer, form, 422)


def _offer(pool_id: str) -> Offer:
    with db.reading(Scope.system("application page")) as session:
        found = queries.open_pool(session, pool_id)
        if found is None:
            raise not_found()
        return Offer(*found, queries.agreements_in_force(session, found[0].org_id))


def as_typed(form: Form[Application]) -> Application:
    """What was typed, but for fields that are wrong by themselves: they hide nothing that is wrong with others."""
    if form.ok:
        return form.data
    return Application.model_construct(**{name: told for name, told in form.values.items() if name not in form.errors})


def faults_of(data: Application, offer: Offer) -> dict[str, Message]:
    """Everything that is wrong, told at once. The operations ask again; this only spares people a second round."""
    problems: dict[str, Message] = {}
    if current.signed_in() is None:
        needed = {"name": data.name, "email": data.email, "password": data.password}
        problems |= {field: _("This is needed.") for field, value in needed.items() if not value}
        if data.password:
            problems |= _of_rule(ensure_strong, data.password, (data.email or "", data.name or ""))
        if data.email:
            problems |= _of_rule(email_key, data.email)
        if data.name:
            problems |= _of_rule(clean_name, data.name)
    problems |= faults_in(data.model_dump())
    if any(one.required_from == FOR_EVERYBODY and one.id not in data.agreement for one in offer.agreements):
        problems["agreement"] = _("Read and sign what is asked of everybody.")
    return problems


def _of_rule(rule: Callable[..., Any], *values: Any) -> dict[str, Message]:
    try:
        rule(*values)
    except Invalid as problem:
        return problem.fields
    return {}


def _apply(offer: Offer, data: Application) -> tuple[str, str]:
    """Write all of it in one transaction; returns the account and its new membership."""
    with db.transaction(Scope.tenant(offer.pool.org_id)) as session:
        actor = _applicant(session, data)
        assert actor.account_id is not None
        membership_id = apply_with_signatures(
            session, actor, pool_id=offer.pool.id, country=data.country, time_zone=data.time_zone,
            weekly_hours=data.weekly_hours, languages=languages_in(data.model_dump()), skills=data.skills,
            domains=data.domains, about=data.about, network=sessions.network_of(request.remote_addr),
            signatures=signatures_of(offer, data),
        )  # fmt: skip
        key = _draft_key(offer.pool.id)
        if key is not None:
            drafts.forget_draft(session, system_actor("application"), offer.pool.id, key=key)
        if current.actor() == NOBODY:
            post_confirmation(session, actor, actor.account_id, confirmation_address())
        return actor.account_id, membership_id


def signatures_of(offer: Offer, data: Application) -> dict[str, str]:
    """What was ticked, with the locale in which it was shown."""
    return {one.id: locale for one, locale in offer.texts if one.id in data.agreement}


def _applicant(session: "Session", data: Application) -> Actor:
    if current.actor() != NOBODY:
        return current.actor()
    account = operations.create_account(
        session,
        system_actor("application"),
        email=data.email or "",
        name=data.name or "",
        password=data.password,
        locale=current_locale(),
        time_zone=data.time_zone,
    )
    return Actor(account.id, None, None)


def let_in(account_id: str, membership_id: str, message: Message, to: str = "workforce.me") -> Response:
    """Sign the new person in, or take the signed-in one to the new place: either way with a new secret."""
    user = current.signed_in()
    with db.transaction(Scope.system("after an application")) as session:
        account = queries.account_of(session, account_id)
        assert account is not None
        if user and user.session_id:
            sessions.rotate(session, user.session_id, membership_id=membership_id)
        else:
            sessions.open_session(session, current.settings(), person_of(account), membership_id)
    flash("good", message)
    return see(to)


def _show(offer: Offer, form: Form[Application], status: int = 200, *, has_draft: bool = False) -> Response:
    return page(
        "workforce/apply.html", status, offer=offer, form=form, errors=form.errors, rows=rows_shown(form.values),
        words=words, signed_in=current.person(), has_draft=has_draft,
        draft_url=url_for("workforce.save_draft", pool_id=offer.pool.id),
    )  # fmt: skip
