"""The queries of work."""
