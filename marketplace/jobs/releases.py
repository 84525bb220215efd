"""Jobs of releases."""
