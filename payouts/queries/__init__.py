"""Reads of money: each returns finished values in the tenant of its session."""

from payouts.queries.balances import balance_of
from payouts.queries.earnings import earnings_of
from payouts.queries.invoices import invoice_of, invoices
from payouts.queries.methods import method_of
from payouts.queries.people import Person, person_of, person_of_account
from payouts.queries.rates import current_rates, rate_history, rate_of
from payouts.queries.runs import line_of, lines_of, run_of, runs
from payouts.queries.statements import statement_of

__all__ = [
    "Person",
    "balance_of",
    "current_rates",
    "earnings_of",
    "invoice_of",
    "invoices",
    "line_of",
    "lines_of",
    "method_of",
    "person_of",
    "person_of_account",
    "rate_history",
    "rate_of",
    "run_of",
    "runs",
    "statement_of",
]
