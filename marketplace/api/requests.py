"""The API of requests and quotes."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from i18n import _
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.money import from_text, to_text
from kernel.policy import Actor
from marketplace.api import api
from marketplace.api.terms import ClassificationName, CurrencyCode, QuoteState, RequestState, TaskTypeName
from marketplace.operations import requests as operations
from marketplace.queries import requests as queries
from marketplace.values.requests import QuoteLine, QuoteView, RequestView
from web.amounts import Amount
from web.forms import InModel, Instant, OutModel, PageQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class LineIn(InModel):
    """A language and how many units of it."""

    locale: str = Field(max_length=40)
    units: int


class RequestIn(InModel):
    """A request to a vendor."""

    name: str
    vendor_org_id: str
    task_type: TaskTypeName
    classification: ClassificationName
    lines: list[LineIn] = Field(max_length=200)
    overlap: int = 3
    quality_target: float = 0.9
    deadline_at: Instant
    currency: CurrencyCode = "EUR"
    about: str = ""


class QuoteIn(InModel):
    """The price of a unit for each language, as decimal texts; or in micro-units, of which a million make one."""

    prices: dict[str, Amount] = Field(default_factory=dict)
    prices_micros: dict[str, int] = Field(default_factory=dict)
    valid_days: int = 14


class AcceptIn(InModel):
    """What the vendor may do from now on; left out, all there is, but for reading the units of a restricted project."""

    rights: list[str] | None = None


class DeclineIn(InModel):
    """Why not; the vendor reads it."""

    reason: str


class MissingOut(OutModel):
    """What the quoted date needs."""

    code: str
    count: int
    locale: str


class QuoteLineOut(OutModel):
    """The answer for one language."""

    locale: str
    units: int
    verified: int
    units_a_day: float
    speed_source: str
    promised_a_day: float
    finish_at: datetime | None
    price: str
    price_micros: int
    amount: str
    micros: int
    missing: list[MissingOut]


class QuoteOut(OutModel):
    """A version of a quote."""

    id: str
    request_id: str
    project_id: str
    version: int
    state: QuoteState
    lines: list[QuoteLineOut]
    total: str
    total_micros: int
    currency: str
    valid_until: datetime
    made_at: datetime
    reason: str


class RequestLineOut(OutModel):
    """A language and how many units of it."""

    locale: str
    units: int


class RequestOut(OutModel):
    """A request with the quote that counts."""

    id: str
    project_id: str
    name: str
    state: RequestState
    vendor_org_id: str
    vendor_name: str
    client_name: str
    task_type: TaskTypeName
    classification: ClassificationName
    lines: list[RequestLineOut]
    overlap: int
    quality_target: float
    deadline_at: datetime
    currency: CurrencyCode
    about: str
    sent_at: datetime
    quote: QuoteOut | None


class RequestsOut(OutModel):
    """A page of requests; `next_after` asks for the next one."""

    items: list[RequestOut]
    next_after: str | None


class SentOut(OutModel):
    """A request that was sent."""

    request_id: str
    project_id: str


class AcceptedOut(OutModel):
    """The project that an accepted quote set up."""

    project_id: str


class DoneOut(OutModel):
    """It was done."""

    ok: bool = True


@api.get("/requests", query=PageQuery, returns=RequestsOut)
def requests(session: "Session", actor: Actor, query: PageQuery) -> RequestsOut:
    """List requests, newest first."""
    rows, after = queries.find_requests(session, after=query.after, limit=query.limit)
    return RequestsOut(items=[request_out(row) for row in rows], next_after=after)


@api.post("/requests", body=RequestIn, returns=SentOut, creates=True)
def send_request(session: "Session", actor: Actor, body: RequestIn) -> Any:
    """Ask a vendor for work."""
    return operations.send_request(session, actor, **body.model_dump())


@api.get("/requests/<request_id>", returns=RequestOut)
def request(session: "Session", actor: Actor, request_id: str) -> RequestOut:
    """A request with its quote."""
    found = queries.request_of(session, request_id)
    if found is None:
        raise not_found()
    return request_out(found)


@api.post("/requests/<request_id>/quotes", body=QuoteIn, returns=QuoteOut, creates=True)
def make_quote(session: "Session", actor: Actor, request_id: str, body: QuoteIn) -> QuoteOut:
    """Answer a request with prices."""
    both = body.prices.keys() & body.prices_micros.keys()
    if both:
        once = _("Name this price once, as a text or in micro-units.")
        raise Invalid("quote.prices", once, {f"prices.{locale}": once for locale in both})
    prices = {locale: from_text(price) for locale, price in body.prices.items()} | body.prices_micros
    made = operations.make_quote(session, actor, request_id, prices=prices, valid_days=body.valid_days)
    return quote_out(made)


@api.post("/quotes/<quote_id>/accept", body=AcceptIn, returns=AcceptedOut)
def accept_quote(session: "Session", actor: Actor, quote_id: str, body: AcceptIn) -> AcceptedOut:
    """Accept a quote."""
    return AcceptedOut(project_id=operations.accept_quote(session, actor, quote_id, rights=body.rights))


@api.post("/quotes/<quote_id>/decline", body=DeclineIn, returns=DoneOut)
def decline_quote(session: "Session", actor: Actor, quote_id: str, body: DeclineIn) -> DoneOut:
    """Decline a quote, with a reason."""
    operations.decline_quote(session, actor, quote_id, body.reason)
    return DoneOut()


def quote_out(quote: QuoteView) -> QuoteOut:
    """The quote as the API tells it."""
    names = set(QuoteOut.model_fields) - {"lines", "total"}
    lines = [_line_out(line) for line in quote.lines]
    return QuoteOut(**{name: getattr(quote, name) for name in names}, lines=lines, total=to_text(quote.total_micros))


def _line_out(line: QuoteLine) -> QuoteLineOut:
    names = set(QuoteLineOut.model_fields) - {"price", "amount", "missing"}
    missing = [MissingOut.model_validate(each) for each in line.missing]
    told = {name: getattr(line, name) for name in names}
    return QuoteLineOut(**told, missing=missing, price=to_text(line.price_micros), amount=to_text(line.micros))


def request_out(found: RequestView) -> RequestOut:
    """The request as the API tells it."""
    names = set(RequestOut.model_fields) - {"lines", "quote"}
    lines = [RequestLineOut(locale=line.locale, units=line.units) for line in found.lines]
    quote = quote_out(found.quote) if found.quote else None
    return RequestOut(**{name: getattr(found, name) for name in names}, lines=lines, quote=quote)
