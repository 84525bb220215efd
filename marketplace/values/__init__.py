"""The values of work."""
