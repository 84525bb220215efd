"""Pages of money: a person's pay, the runs of finance, rates of the vendor, invoices of both sides."""

from payouts.pages import invoices, pay, rates, runs
from payouts.pages.routes import pages

__all__ = ["invoices", "pages", "pay", "rates", "runs"]
