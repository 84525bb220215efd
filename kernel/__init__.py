"""Plumbing that every package leans on, with no Flask in it and no business noun."""
