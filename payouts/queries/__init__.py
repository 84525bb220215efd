"""Reads of money: each returns finished values in the tenant of its session."""
