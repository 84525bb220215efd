"""Files of money, written from plain values: the payments for the bank, statements for people."""
