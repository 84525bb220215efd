"""Invoices over the API, for both of their parties."""

from datetime import datetime
from typing import Any

from kernel.guard import not_found
from kernel.money import to_text
from kernel.policy import Actor
from kernel.tenancy import Scope
from payouts.api.routes import api
from payouts.operations.invoices import receive_invoice
from payouts.queries.invoices import invoice_of, invoices
from payouts.values import InvoiceView
from web import current
from web.forms import OutModel, PageQuery


class InvoiceLineOut(OutModel):
    """Units of one locale at one price."""

    locale: str
    units: int
    price: str
    amount: str


class InvoiceOut(OutModel):
    """An invoice."""

    id: str
    number: int
    vendor: str
    client: str
    project: str
    release_id: str
    currency: str
    lines: list[InvoiceLineOut]
    total: str
    issued_at: datetime
    due_at: datetime
    paid_at: datetime | None


class InvoicesOut(OutModel):
    """A page of invoices, newest first."""

    items: list[InvoiceOut]
    next_after: str | None


def _both_sides() -> Scope:
    return Scope.system("invoices of one party")


@api.get("/invoices", returns=InvoicesOut, query=PageQuery, scope=_both_sides)
def invoice_list(session: Any, actor: Actor, query: PageQuery) -> InvoicesOut:
    """Invoices that my organization issued or received, newest first."""
    org_id = current.scope().org_id or ""
    items, after = invoices(session, org_id, after=query.after, limit=query.limit)
    return InvoicesOut(items=[_invoice(item) for item in items], next_after=after)


@api.get("/invoices/<invoice_id>", returns=InvoiceOut, scope=_both_sides)
def invoice(session: Any, actor: Actor, invoice_id: str) -> InvoiceOut:
    """One invoice, for either of its parties."""
    found = invoice_of(session, current.scope().org_id or "", invoice_id)
    if found is None:
        raise not_found()
    return _invoice(found)


@api.post("/invoices/<invoice_id>/paid", returns=InvoiceOut, scope=_both_sides)
def receive_payment(session: Any, actor: Actor, invoice_id: str) -> InvoiceOut:
    """Note that the client has paid an invoice."""
    return _invoice(receive_invoice(session, actor, invoice_id))


def _invoice(item: InvoiceView) -> InvoiceOut:
    return InvoiceOut(
        id=item.id, number=item.number, vendor=item.vendor_name, client=item.client_name,
        project=str(item.memo.get("project", "")), release_id=item.cause_id, currency=item.currency,
        lines=[
            InvoiceLineOut(
                locale=line.locale, units=line.units, price=to_text(line.price_micros), amount=to_text(line.micros)
            )
            for line in item.lines
        ],
        total=to_text(item.total_micros), issued_at=item.issued_at, due_at=item.due_at, paid_at=item.paid_at,
    )  # fmt: skip
