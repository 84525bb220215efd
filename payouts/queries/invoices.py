"""Invoices, read from either side.

A vendor's invoice outlives its grant on the project, while a shared row does not show without one. So these reads are
made in the system's scope and say themselves whose invoices they may find.
"""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kernel.paging import Paging
from payouts.models import Invoice
from payouts.queries.people import organization_names
from payouts.values import InvoiceLine, InvoiceView

_NEWEST = Paging("invoices", Invoice.issued_at, Invoice.id, newest_first=True)
_COLUMNS = (
    Invoice.id, Invoice.number, Invoice.org_id, Invoice.vendor_org_id, Invoice.project_id, Invoice.cause_id,
    Invoice.currency, Invoice.lines, Invoice.total_micros, Invoice.memo, Invoice.issued_at, Invoice.due_at,
    Invoice.paid_at,
)  # fmt: skip


def _mine(org_id: str) -> Any:
    return or_(Invoice.org_id == org_id, Invoice.vendor_org_id == org_id)


def invoices(
    session: Session, org_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[InvoiceView], str | None]:
    """A page of the invoices that an organization issued or received, newest first, and the next one's cursor."""
    limit = max(1, min(limit, 200))
    found = select(*_COLUMNS).where(_mine(org_id), *_NEWEST.after(after)).order_by(*_NEWEST.order()).limit(limit + 1)
    rows, next_after = _NEWEST.cut(session.execute(found).all(), limit)
    return _views(session, rows), next_after


def invoice_of(session: Session, org_id: str, invoice_id: str) -> InvoiceView | None:
    """One invoice, for one of its two parties."""
    rows = session.execute(select(*_COLUMNS).where(Invoice.id == invoice_id, _mine(org_id))).all()
    return _views(session, rows)[0] if rows else None


def _views(session: Session, rows: Any) -> list[InvoiceView]:
    names = organization_names(session, {row.org_id for row in rows} | {row.vendor_org_id for row in rows})
    return [
        InvoiceView(
            id=row.id, number=row.number, client_org_id=row.org_id, vendor_org_id=row.vendor_org_id,
            client_name=names.get(row.org_id, ""), vendor_name=names.get(row.vendor_org_id, ""),
            project_id=row.project_id, cause_id=row.cause_id, currency=row.currency,
            lines=tuple(InvoiceLine(line["locale"], line["units"], line["price_micros"]) for line in row.lines),
            total_micros=row.total_micros, memo=row.memo, issued_at=row.issued_at, due_at=row.due_at,
            paid_at=row.paid_at,
        )
        for row in rows
    ]  # fmt: skip
