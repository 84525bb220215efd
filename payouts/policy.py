"""Who may do what with money: the names of the actions, and the facts that a decision about each thing rests on."""

from enum import StrEnum

from kernel.policy import Actor, Resource
from payouts.models import Invoice, PayoutRun


class Action(StrEnum):
    """The actions of this package, as the matrix names them."""

    RATE_READ = "rate:read"
    RATE_SET = "rate:set"
    EARNING_OWN = "earning:own"
    METHOD_READ = "payout_method:read"
    METHOD_WRITE = "payout_method:write"
    RUN_READ = "payout:read"
    RUN_PREPARE = "payout:prepare"
    RUN_APPROVE = "payout:approve"
    RUN_EXPORT = "payout:export"
    RUN_SETTLE = "payout:settle"
    INVOICE_READ = "invoice:read"
    INVOICE_SETTLE = "invoice:settle"


def books_of(org_id: str | None, kind: str) -> Resource:
    """Something in the books of a vendor that nobody in particular owns."""
    return Resource(kind, org_id=org_id)


def person_resource(kind: str, org_id: str, annotator_id: str, account_id: str) -> Resource:
    """What belongs to one person at one vendor: their earnings, their method."""
    return Resource(kind, annotator_id, org_id=org_id, owner_account_id=account_id)


def run_resource(run: PayoutRun) -> Resource:
    """A run; its author is who prepared it, so that another person has to approve."""
    return Resource("payout_run", run.id, org_id=run.org_id, author_account_id=run.prepared_by)


def invoice_resource(actor: Actor, invoice: Invoice) -> Resource:
    """An invoice, seen from the side on which the actor stands: both parties own it, nobody else knows of it."""
    side = actor.org_id if actor.org_id in (invoice.org_id, invoice.vendor_org_id) else invoice.org_id
    return Resource("invoice", invoice.id, org_id=side)


def invoice_claim(vendor_org_id: str, invoice_id: str | None = None) -> Resource:
    """The claim behind an invoice, which is the vendor's alone: noting that it was paid."""
    return Resource("invoice", invoice_id, org_id=vendor_org_id)
