"""Money: rates, the ledger, earnings, payout runs, statements, invoices."""
