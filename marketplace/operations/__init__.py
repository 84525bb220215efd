"""The operations of work."""
