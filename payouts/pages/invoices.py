"""Invoices on a screen, for the vendor that issued them and the client that received them."""

from flask import Response, request

from i18n import _
from kernel import db
from kernel.guard import not_found
from kernel.tenancy import Scope
from payouts.operations.invoices import receive_invoice
from payouts.pages.amounts import may
from payouts.pages.routes import pages
from payouts.policy import Action
from payouts.queries.invoices import invoice_of, invoices
from web import current
from web.render import flash, page, see
from web.sessions import request_time


def both_sides() -> Scope:
    """An invoice outlives the vendor's grant on the project; who may find it is said in the query."""
    return Scope.system("invoices of one party")


def own_org() -> str:
    """The organization whose invoices are asked for."""
    org_id = current.scope().org_id
    assert org_id is not None, "a tenant's scope has an organization"
    return org_id


@pages.get("/invoices")
def invoice_list() -> Response:
    """All invoices of my organization."""
    with db.reading(both_sides()) as session:
        found, after = invoices(session, own_org(), after=request.args.get("after") or None)
    return page("payouts/invoices.html", invoices=found, after=after, mine=own_org(), now=request_time())


@pages.get("/invoices/<invoice_id>")
def invoice(invoice_id: str) -> Response:
    """One invoice, to read or to print."""
    with db.reading(both_sides()) as session:
        found = invoice_of(session, own_org(), invoice_id)
    if found is None:
        raise not_found()
    is_vendor = found.vendor_org_id == own_org()
    return page(
        "payouts/invoice.html", invoice=found, now=request_time(),
        can_receive=is_vendor and found.paid_at is None and may(Action.INVOICE_SETTLE),
    )  # fmt: skip


@pages.post("/invoices/<invoice_id>/paid")
def receive(invoice_id: str) -> Response:
    """The client has paid."""
    db.current().run(both_sides(), lambda session: receive_invoice(session, current.actor(), invoice_id))
    flash("good", _("Noted as paid."))
    return see("payouts.invoice", invoice_id=invoice_id)
