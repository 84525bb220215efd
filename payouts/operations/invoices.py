"""Invoices: what a client owes a vendor for a release, numbered without gaps, and booked as it is issued.

An invoice is a row of the client's that the vendor numbers and books, so both acts run in the system's scope; whoever
accepts the release decided that it is due.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.changes import changed_rows
from kernel.db import now_of, scope_of
from kernel.errors import Conflict, Invalid, Misuse
from kernel.guard import not_found, require
from kernel.money import is_currency, payable_part
from kernel.policy import Actor
from payouts import ledger
from payouts.models import Invoice
from payouts.policy import Action, invoice_claim
from payouts.queries.invoices import invoice_of
from payouts.values import INVOICE, INVOICE_DUE, Book, Code, InvoiceLine, InvoiceView, Kind

RELEASE = "release"


def issue_invoice(
    session: Session, actor: Actor, *, client_org_id: str, vendor_org_id: str, project_id: str, cause_id: str,
    lines: Sequence[InvoiceLine | Mapping[str, Any]], currency: str, memo: dict[str, Any],
) -> InvoiceView:  # fmt: skip
    """Invoice a release, once; asked again for the same release, the first invoice returns. System scope.

    `lines` name locale, units and price; the total is their sum in whole minor units, what is left over is not asked.
    """
    if not scope_of(session).is_system:
        raise Misuse("an invoice is issued in the system's scope")
    before = session.scalar(
        select(Invoice.id).where(
            Invoice.org_id == client_org_id, Invoice.cause_kind == RELEASE, Invoice.cause_id == cause_id
        )
    )
    if before is not None:
        return _view(session, vendor_org_id, before)
    asked = [line if isinstance(line, InvoiceLine) else _line(line) for line in lines]
    total = payable_part(sum(line.micros for line in asked), currency) if is_currency(currency) else 0
    if total <= 0 or any(line.units <= 0 or line.price_micros <= 0 for line in asked):
        raise Invalid("invoice.invalid", _("There is nothing to be invoiced here."))
    now = now_of(session)
    row = {
        "id": ids.new_id(), "org_id": client_org_id, "vendor_org_id": vendor_org_id, "project_id": project_id,
        "number": _next_number(session, vendor_org_id), "cause_kind": RELEASE, "cause_id": cause_id,
        "currency": currency, "lines": [_kept(line) for line in asked], "total_micros": total, "memo": memo,
        "issued_at": now, "due_at": now + INVOICE_DUE,
    }  # fmt: skip
    session.execute(insert(Invoice), [row])
    invoice = _view(session, vendor_org_id, str(row["id"]))
    _book(session, invoice, Code.INVOICED, Kind.RECEIVABLE, Kind.REVENUE)
    _tell(session, actor, "invoice.issued", invoice)
    return invoice


def receive_invoice(session: Session, actor: Actor, invoice_id: str) -> InvoiceView:
    """The client has paid. System scope; only the vendor's finance may note it."""
    row = session.scalars(
        select(Invoice).where(Invoice.id == invoice_id).execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or row.vendor_org_id is None:
        raise not_found()
    require(session, actor, Action.INVOICE_SETTLE, invoice_claim(row.vendor_org_id, invoice_id))
    noted = session.execute(
        update(Invoice).where(Invoice.id == invoice_id, Invoice.paid_at.is_(None)).values(paid_at=now_of(session)),
        execution_options={"synchronize_session": False},
    )
    if changed_rows(noted) != 1:
        raise Conflict("invoice.paid", _("This invoice is paid already."))
    invoice = _view(session, row.vendor_org_id, invoice_id)
    _book(session, invoice, Code.RECEIVED, Kind.BANK, Kind.RECEIVABLE)
    _tell(session, actor, "invoice.received", invoice)
    return invoice


def _line(line: Mapping[str, Any]) -> InvoiceLine:
    try:
        return InvoiceLine(str(line["locale"]), int(line["units"]), int(line["price_micros"]))
    except (KeyError, TypeError, ValueError):
        raise Misuse("an invoice line names locale, units and price_micros") from None


def _kept(line: InvoiceLine) -> dict[str, Any]:
    return {
        "locale": line.locale, "units": line.units, "price_micros": line.price_micros, "micros": line.micros,
    }  # fmt: skip


def _next_number(session: Session, vendor_org_id: str) -> int:
    """One more than the last; when two take the same one, the unique constraint makes the second try again."""
    last = session.scalar(select(func.max(Invoice.number)).where(Invoice.vendor_org_id == vendor_org_id))
    return (last or 0) + 1


def _view(session: Session, org_id: str, invoice_id: str) -> InvoiceView:
    invoice = invoice_of(session, org_id, invoice_id)
    if invoice is None:
        raise not_found()
    return invoice


def _book(session: Session, invoice: InvoiceView, code: Code, debit: Kind, credit: Kind) -> None:
    def book(kind: Kind) -> Book:
        return Book(invoice.vendor_org_id, kind, invoice.client_org_id if kind is Kind.RECEIVABLE else "")

    ledger.post(
        session, cause=(INVOICE, invoice.id), code=code, debit=book(debit), credit=book(credit),
        micros=invoice.total_micros, currency=invoice.currency, memo={"invoice": invoice.number},
    )  # fmt: skip


def _tell(session: Session, actor: Actor, action: str, invoice: InvoiceView) -> None:
    details = {"number": invoice.number, "total": invoice.total_micros, "currency": invoice.currency}
    audit.record(session, actor, action, "invoice", invoice.id, org_id=invoice.vendor_org_id, details=details)
