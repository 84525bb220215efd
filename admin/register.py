"""Joining the application: the frame around all pages, and what the operator and the auditor see."""

from flask import Flask

from admin import shell
from web.render import use_navigation
from web.views.door import use_homes


def register(app: Flask) -> None:
    """Add everything that running the installation needs."""
    use_navigation(shell.navigation)
    use_homes(shell.HOMES)
