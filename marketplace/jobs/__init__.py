"""The jobs of work."""
