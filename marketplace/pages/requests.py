"""Pages of requests: asking, quoting, accepting, declining."""

from typing import Any

from flask import Response
from flask import request as sent
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.policy import Role
from kernel.tenancy import Scope
from labeling.tasktypes.registry import TYPES
from labeling.values import Classification
from marketplace.operations import requests as operations
from marketplace.pages import pages
from marketplace.queries import requests as queries
from marketplace.rules.quoting import HORIZON
from marketplace.values.requests import ALL_RIGHTS, RIGHT_WORDS, RequestView, usual_rights
from web import current
from web.amounts import read_amount
from web.days import end_of
from web.forms import Day, Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from web.sessions import request_time
from workforce.pages import words
from workforce.queries import organization_of, organizations
from workforce.values import OrgKind

CLASSIFICATION_WORDS: dict[str, Message] = {
    Classification.PUBLIC: _("Public"),
    Classification.INTERNAL: _("Internal"),
    Classification.CONFIDENTIAL: _("Confidential"),
    Classification.RESTRICTED_PII: _("Restricted: personal data"),
    Classification.RESTRICTED_PHI: _("Restricted: health data"),
}
EMPTY_ROWS = 4
VENDORS_SHOWN = 25


class NewRequest(FormModel):
    """What the form of a request sends; languages and units are lists of the same length."""

    name: str = Field(max_length=120)
    vendor_org_id: str
    task_type: str
    classification: str
    overlap: int
    quality_percent: int = Field(ge=50, le=99)
    deadline: Day
    currency: str = Field(max_length=3)
    about: str = ""
    locale: list[str]
    units: list[str]


class Declined(FormModel):
    """Why a quote is declined."""

    reason: str = ""


class Accepted(FormModel):
    """What the vendor may do from now on."""

    rights: list[str]


@pages.get("/requests")
def requests() -> Response:
    """All requests of one's organization, sent or received."""
    with db.reading(current.scope()) as session:
        rows, after = queries.find_requests(session, after=sent.args.get("after") or None)
    return page("marketplace/requests.html", rows=rows, after=after, is_client=_is_client(), now=request_time())


@pages.get("/requests/new")
def new_request() -> Response:
    """The form of a request."""
    return _form(empty_form({"overlap": 3, "quality_percent": 90, "classification": "internal"}), [])


@pages.post("/requests/new")
def send_request() -> Response:
    """Send a request."""
    form = read_form(NewRequest)
    typed = list(zip(sent.form.getlist("locale"), sent.form.getlist("units"), strict=False))
    lines = [(locale.strip(), units.strip()) for locale, units in typed if locale.strip() or units.strip()]
    if not {"more", "find", "vendors_after"}.isdisjoint(sent.form):
        return _form(empty_form(form.values), lines)
    if form.ok:
        try:
            return _send(form.data, lines)
        except Invalid as problem:
            form.add(problem)
    return _form(form, lines, 422)


def _send(data: NewRequest, lines: list[tuple[str, str]]) -> Response:
    with db.transaction(current.scope()) as session:
        made = operations.send_request(
            session, current.actor(), name=data.name, vendor_org_id=data.vendor_org_id, task_type=data.task_type,
            classification=data.classification, overlap=data.overlap, quality_target=data.quality_percent / 100,
            lines=[{"locale": words.language_typed(locale), "units": _whole(units)} for locale, units in lines],
            deadline_at=end_of(data.deadline), currency=data.currency.upper(), about=data.about,
        )  # fmt: skip
    flash("good", _("Your request is sent. The vendor answers with a quote."))
    return see("marketplace.request", request_id=made.request_id)


def _whole(text: str) -> int | None:
    plain = "".join(text.split()).replace(",", "").replace(".", "")
    return int(plain) if plain.isdecimal() and len(plain) < 10 else None


def _form(form: Form[Any], lines: list[tuple[str, str]], status: int = 200) -> Response:
    named, after = sent.form.get("vendor_name", ""), sent.form.get("vendors_after") or None
    with db.reading(Scope.system("vendors to choose from")) as session:
        vendors, next_after = organizations(
            session, kind=OrgKind.VENDOR, named=named, after=None if "find" in sent.form else after, limit=VENDORS_SHOWN
        )
        chosen = organization_of(session, str(form.values.get("vendor_org_id") or ""))
    if chosen is not None and chosen.kind == OrgKind.VENDOR and chosen.id not in {vendor.id for vendor in vendors}:
        vendors = [chosen, *vendors]
    return page(
        "marketplace/request_new.html", status, form=form, errors=form.errors,
        vendors=[(vendor.id, vendor.name) for vendor in vendors], vendor_name=named, vendors_after=next_after,
        task_types=[(name, str(kind.title)) for name, kind in sorted(TYPES.items())],
        classifications=[(name, str(words)) for name, words in CLASSIFICATION_WORDS.items()],
        lines=[*lines, *[("", "")] * EMPTY_ROWS], words=words,
    )  # fmt: skip


@pages.get("/requests/<request_id>")
def request(request_id: str) -> Response:
    """A request with its quote."""
    return _page(request_id, {}, {})


@pages.post("/requests/<request_id>/quotes")
def make_quote(request_id: str) -> Response:
    """Answer with prices: fields `price.<locale>` and `valid_days`."""
    typed = {name: value.strip() for name, value in sent.form.items()}
    prices, errors = _prices(typed)
    days = typed.get("valid_days", "14")
    if not errors:
        try:
            with db.transaction(current.scope()) as session:
                operations.make_quote(
                    session, current.actor(), request_id, prices=prices,
                    valid_days=int(days) if days.isdecimal() and len(days) < 4 else 0,
                )  # fmt: skip
        except Invalid as problem:
            errors = {name.replace("prices.", "price."): text for name, text in problem.fields.items()}
    if errors:
        return _page(request_id, errors, typed, 422)
    flash("good", _("Your quote is sent."))
    return see("marketplace.request", request_id=request_id)


def _prices(typed: dict[str, str]) -> tuple[dict[str, int], dict[str, Message]]:
    prices: dict[str, int] = {}
    errors: dict[str, Message] = {}
    for name, value in typed.items():
        if name.startswith("price."):
            amount = read_amount(value)
            if isinstance(amount, Message):
                errors[name] = amount
            else:
                prices[name.removeprefix("price.")] = amount
    return prices, errors


@pages.post("/quotes/<quote_id>/accept")
def accept_quote(quote_id: str) -> Response:
    """Accept a quote; the project's page comes next."""
    form = read_form(Accepted)
    with db.transaction(current.scope()) as session:
        rights = form.data.rights if form.ok else []
        project_id = operations.accept_quote(session, current.actor(), quote_id, rights=rights)
    flash("good", _("The quote is accepted. Bring in units, label schema and guideline, then open the lanes."))
    return see("marketplace.project", project_id=project_id)


@pages.post("/quotes/<quote_id>/decline")
def decline_quote(quote_id: str) -> Response:
    """Decline a quote with a reason."""
    form = read_form(Declined)
    with db.reading(current.scope()) as session:
        quote = queries.quote_of(session, quote_id)
    if quote is None:
        raise not_found()
    try:
        with db.transaction(current.scope()) as session:
            operations.decline_quote(session, current.actor(), quote_id, form.data.reason if form.ok else "")
    except Invalid as problem:
        return _page(quote.request_id, dict(problem.fields), dict(sent.form), 422)
    flash("good", _("The quote is declined, and the vendor knows why."))
    return see("marketplace.request", request_id=quote.request_id)


def _page(request_id: str, errors: dict[str, Message], typed: dict[str, str], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        found = queries.request_of(session, request_id)
        versions = queries.quotes_of(session, request_id)
        if found is None:
            raise not_found()
        may_quote = current.actor().role == Role.VENDOR_MANAGER and found.state in ("sent", "quoted")
        outlook = operations.outlook(session, current.actor(), request_id) if may_quote else []
    rights = [(right, str(RIGHT_WORDS[right][0]), str(RIGHT_WORDS[right][1])) for right in ALL_RIGHTS]
    return page(
        "marketplace/request.html", status, asked=found, quote=found.quote, versions=versions, errors=errors,
        may_quote=may_quote, outlook=outlook,
        typed=typed, is_client=_is_client(), now=request_time(), step=_step(found), horizon=HORIZON,
        rights=rights, usual=usual_rights(found.classification),
        classification=CLASSIFICATION_WORDS.get(found.classification, found.classification),
        task_type=TYPES[found.task_type].title,
    )  # fmt: skip


def _step(request: RequestView) -> int:
    return {"sent": 1, "quoted": 1, "accepted": 2, "declined": 1}[request.state]


def _is_client() -> bool:
    return current.actor().org_kind == "client"
