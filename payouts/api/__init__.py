"""The API of money: what the pages do, under the same rules, with amounts as exact decimal texts."""

from payouts.api import invoices, own, rates, runs
from payouts.api.routes import api

__all__ = ["api", "invoices", "own", "rates", "runs"]
