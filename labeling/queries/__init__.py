"""Reads of labeling: label schemas, guidelines, items, and which versions are in force."""
